/**
 * What becomes of a pair's incidents: whether their probes landed, which version is the next probe, and when they are over.
 */
import { logName } from '../../domain/trace.ts'
import { failureOf } from '../../domain/failures.ts'
import { assess, type Because, REFUSAL_OF } from '../../domain/redrive.ts'
import { isOpen, isProbeDue, mended, probeBegun, probeLost, probeOrdered } from '../../domain/repair/incident.ts'
import { type Held, type Planned, type Probe, probeOf } from '../../domain/repair/plan.ts'
import { type Incident, type Parked, STRATEGIES, type Strategy, type ToDrive } from '../../domain/repair/words.ts'
import type { Order } from './batch.ts'
import { raise, type RedriveNeeds, type Turn, WHO } from './needs.ts'

export interface ProbeRunner {
  /** Whether this hour's budget has room for it. */
  affords(turn: Turn, strategy: Strategy, probe: ToDrive): Promise<boolean>
  drive(turn: Turn, strategy: Strategy, order: Order): Promise<void>
}

export interface Incidents {
  /** Looks at the probes that were made. True: something landed, so that a plan is wanted now. */
  review(turn: Turn): Promise<boolean>
  /** A person's order makes its version the probe of the incident that holds it. */
  order(turn: Turn, wanted: readonly Parked[]): Promise<void>
  /** Drives the probes that are due, of versions that are known. True: one is due, and a plan has to find its version. */
  probe(turn: Turn, run: ProbeRunner): Promise<boolean>
  /** What a whole look through the parked versions says of them: opened, counted, over. */
  update(turn: Turn, planned: Planned): Promise<void>
}

export function makeIncidents(needs: Pick<RedriveNeeds, 'ledger' | 'clock' | 'log'>): Incidents {
  const { ledger, clock, log } = needs

  return {
    async review(turn) {
      let landed = false
      for (const incident of await ledger.incidents(turn.pair.name)) {
        if (!isOpen(incident) || incident.probe === undefined) continue
        await turn.keep()
        if (await reviewOne(turn, incident)) landed = true
      }
      return landed
    },

    async order({ pair }, wanted) {
      for (const incident of await ledger.incidents(pair.name)) {
        const one = wanted.find(
          ({ version, tried }) => version.reason === incident.reason && tried?.token === undefined,
        )
        if (one?.wanted === undefined) continue
        const ordered = { id: one.version.id, at: one.wanted.at }
        const next = probeOrdered(incident, ordered, clock.now(), pair.redrive.probe)
        if (next !== undefined) await ledger.saveIncident(pair.name, next)
      }
    },

    async probe(turn, run) {
      let unknown = false
      for (const incident of await ledger.incidents(turn.pair.name)) {
        if (!isProbeDue(incident, clock.now())) continue
        const found = await nextProbe(turn, incident)
        if (found === 'busy') continue
        if (found === undefined) {
          if (incident.probe !== undefined) await ledger.saveIncident(turn.pair.name, probeLost(incident))
          unknown = true
        } else await begin(turn, incident, found, run)
      }
      return unknown
    },

    async update(turn, planned) {
      const { held } = planned
      const standing = new Map((await ledger.incidents(turn.pair.name)).map((incident) => [incident.reason, incident]))
      for (const [reason, one] of held) await hold(turn, standing.get(reason), reason, one)
      for (const incident of standing.values()) {
        if (held.has(incident.reason)) continue
        await maybeOver(turn, incident, planned)
      }
    },
  }

  /** True when the probe landed. */
  async function reviewOne({ pair }: Turn, incident: Incident): Promise<boolean> {
    const { reason } = incident
    if (await isUnderWay(pair.name, reason)) return false
    const own = failureOf(reason).by === 'landfall'
    const [found] = await ledger.find(pair.name, [incident.probe!])
    if (found?.tried?.token !== undefined) return false
    if (found !== undefined && (found.version.reason === reason || strategiesOf(reason).length > 0)) return false
    // Landfall's own grant is mended when a look tells more than before; a probe that nothing drove proves nothing.
    const told = found !== undefined || reason.startsWith('LookRefused')
    const landed = own ? told && incident.probes > 0 : found === undefined && incident.answered === true
    if (!landed) {
      await ledger.saveIncident(pair.name, probeLost(incident))
      return false
    }
    const count = incident.versions ?? 0
    log.info(
      { pair: pair.name, reason, versions: count, probes: incident.probes },
      'a probe landed; what was held is driven',
    )
    await ledger.record({ who: WHO, what: 'incident ended', pair: pair.name, count, reason })
    await ledger.saveIncident(pair.name, mended(incident, clock.now()))
    return true
  }

  /**
   * Most probes that land are closed by their replica's own event, minutes before S3 ends the job and reports on it: only the
   * report tells that it was the probe's re-drive that worked.
   */
  async function isUnderWay(pair: string, reason: string): Promise<boolean> {
    return (await ledger.jobs(pair)).some(({ probeOf }) => probeOf === reason)
  }

  /** The same version as long as it serves: each probe costs it an attempt, and the others are to keep theirs. */
  async function nextProbe(
    { pair }: Turn,
    incident: Incident,
  ): Promise<(Probe & Pick<Order, 'by'>) | 'busy' | undefined> {
    if (incident.probe === undefined) return undefined
    if (await isUnderWay(pair.name, incident.reason)) return 'busy'
    const [found] = await ledger.find(pair.name, [incident.probe])
    // In hand, or about to be looked at: it may still serve, and the others are to keep their attempts.
    if (found?.tried?.token !== undefined || found?.due === true) return 'busy'
    if (found === undefined || found.version.state !== 'failed') return undefined
    const incidents = new Map((await ledger.incidents(pair.name)).map((one) => [one.reason, one]))
    const assessment = assess(found, { policy: pair, incidents })
    // A person's order goes through what holds it, and is the probe all the same.
    const ordered =
      assessment.kind === 'drive' && found.wanted !== undefined && found.version.reason === incident.reason
    if (ordered) return { ...probeOf(found, assessment.strategy), by: found.wanted.by }
    if (assessment.kind !== 'hold' || assessment.cause !== incident.reason) return undefined
    return probeOf(found, assessment.strategy)
  }

  async function begin(
    turn: Turn,
    incident: Incident,
    { toDrive, strategy, by }: Probe & Pick<Order, 'by'>,
    run: ProbeRunner,
  ): Promise<void> {
    const { pair } = turn
    const { reason } = incident
    if (strategy !== undefined && !(await run.affords(turn, strategy, toDrive))) return
    await ledger.saveIncident(pair.name, probeBegun(incident, toDrive.id, clock.now(), pair.redrive.probe))
    log.info({ pair: pair.name, reason, ...logName(toDrive), strategy }, 'probe begun')
    if (strategy !== undefined) await run.drive(turn, strategy, { versions: [toDrive], by, probeOf: reason })
    else await ledger.nudge(pair.name, [{ id: toDrive.id }])
  }

  async function hold({ pair }: Turn, incident: Incident | undefined, reason: string, one: Held): Promise<void> {
    const probe = one.probe.toDrive.id
    const { versions } = one
    if (incident === undefined || (!isOpen(incident) && one.again)) {
      await raise(needs, pair, { reason, versions, probe })
      return
    }
    const next = { ...incident, versions, probe: incident.probe ?? probe }
    if (next.versions !== incident.versions || next.probe !== incident.probe) await ledger.saveIncident(pair.name, next)
  }

  /** Drained, or none of its versions is parked any more. */
  async function maybeOver({ pair }: Turn, incident: Incident, planned: Planned): Promise<void> {
    const { reason } = incident
    if ((planned.left.get(reason) ?? 0) > 0) return
    if (isOpen(incident)) {
      // Its probe may be in hand just now, or be about to land.
      const [found] = incident.probe === undefined ? [] : await ledger.find(pair.name, [incident.probe])
      if (found !== undefined || incident.answered === true) return
      if (mayUse(strategiesOf(reason), planned)) return
    }
    if (!(await ledger.endIncident(pair.name, reason))) return
    log.info({ pair: pair.name, reason }, 'an incident is over')
    if (isOpen(incident)) {
      await ledger.record({ who: WHO, what: 'incident ended', pair: pair.name, count: 0, reason })
    }
  }
}

/** Those whose own incident it is. */
function strategiesOf(reason: string): readonly Strategy[] {
  return STRATEGIES.filter((strategy) => REFUSAL_OF[strategy] === reason)
}

/** Whether anything is parked that one of these may drive yet: then the first that works ends their incident. */
function mayUse(strategies: readonly Strategy[], { held, resting }: Planned): boolean {
  if (strategies.length === 0) return false
  const later: readonly Because[] = ['look first', 'in hand', 'budget', 'next time']
  return (
    [...held.values()].some(({ probe: { strategy } }) => strategy !== undefined && strategies.includes(strategy)) ||
    later.some((because) => resting.has(because))
  )
}
