/**
 * What an operator does with what failed: counts it by cause, lists it, orders its re-drive, asks for a probe, gives it up.
 * Works page by page, so that a hundred thousand failures need little memory; every order is kept in the record of acts.
 */
import { type DrivePolicy } from '../domain/redrive.ts'
import type { Cost } from '../domain/repair/cost.ts'
import { type Group, makeGroups, mayOrder } from '../domain/repair/groups.ts'
import { makeIdSet } from '../domain/repair/id-set.ts'
import { isOpen } from '../domain/repair/incident.ts'
import { isReason, isSelected, reasonOf, type Selection } from '../domain/repair/selection.ts'
import type { Discarded, Incident, Parked } from '../domain/repair/words.ts'
import { versionId63 } from '../domain/version.ts'
import type { Clock, Ledger, RepairLedger, Spent } from '../ports.ts'

export interface PairToList extends DrivePolicy {
  readonly name: string
  readonly redrive: DrivePolicy['redrive'] & { readonly hourly: Cost }
}

export interface FailuresNeeds {
  readonly pairs: readonly PairToList[]
  readonly ledger: Pick<Ledger, 'lease' | 'durable'> &
    Pick<
      RepairLedger,
      'parked' | 'find' | 'incidents' | 'saveIncident' | 'want' | 'discard' | 'record' | 'spend' | 'jobs'
    >
  readonly clock: Clock
  /** Of one call of the command, for leases. */
  readonly holder: string
  readonly pause: (ms: number) => Promise<void>
  /** Told how many failures were looked at so far. */
  readonly onProgress?: ((looked: number) => void) | undefined
}

export interface Listed {
  readonly pair: string
  readonly parked: Parked
}

export interface Overview {
  readonly groups: readonly Group[]
  /** By pair: its incidents, and what repair spent in this hour. */
  readonly pairs: ReadonlyMap<string, { readonly incidents: readonly Incident[]; readonly spent: Spent }>
}

export interface Failures {
  overview(selection: Selection): Promise<Overview>
  /** The oldest ones, and how many there are. */
  oldest(selection: Selection, limit: number): Promise<{ readonly versions: readonly Listed[]; readonly total: number }>
  /** Marks what a re-drive can drive, for the next one. Returns how many. */
  redrive(selection: Selection, by: string): Promise<number>
  /** Lets the probe of each open incident go now. Returns those it was done for, and pairs whose re-drive would not let go. */
  probe(
    selection: Selection,
    by: string,
  ): Promise<{ readonly probed: readonly Probed[]; readonly busy: readonly string[] }>
  /** Closes them as `discarded`. Returns how many. */
  discard(selection: Selection, order: { readonly by: string; readonly because: string }): Promise<number>
}

export interface Probed {
  readonly pair: string
  readonly incident: Incident
}

const PAGE = 500
/** As the worker names it (redrive.ts): what changes an incident holds it. */
const leaseOf = (pair: string): string => `redrive:${pair}`
const LEASE_MS = 10_000
const LEASE_TRIES = 20
const LEASE_WAIT_MS = 500

export function makeFailures(needs: FailuresNeeds): Failures {
  const { ledger, clock, onProgress } = needs
  const policies = new Map(needs.pairs.map((pair) => [pair.name, pair]))

  const chosen = ({ pairs }: Selection): readonly PairToList[] =>
    needs.pairs.filter(({ name }) => pairs === undefined || pairs.includes(name))

  /** Each selected parked version once, page by page. */
  async function* walk(selection: Selection): AsyncGenerator<{ pair: string; page: readonly Parked[] }> {
    let looked = 0
    for (const { name } of chosen(selection)) {
      const seen = makeIdSet()
      for await (const page of pagesOf(name, selection)) {
        looked += page.length
        onProgress?.(looked)
        const now = clock.now()
        const selected = page.filter(({ version }) => seen.add(version.id) && isSelected(selection, version, now))
        if (selected.length > 0) yield { pair: name, page: selected }
      }
    }
  }

  async function* pagesOf(pair: string, { key, versionId }: Selection): AsyncGenerator<readonly Parked[]> {
    if (key !== undefined && versionId !== undefined && versionId !== 'null') {
      const found = await ledger.find(pair, [versionId63({ key, versionId })])
      yield found.filter(({ version }) => version.state === 'failed' || version.state === 'mismatched')
      return
    }
    let cursor: string | undefined
    do {
      const { versions, cursor: next } = await ledger.parked(pair, { cursor, limit: PAGE })
      yield versions
      cursor = next
    } while (cursor !== undefined)
  }

  async function incidentsOf(selection: Selection): Promise<Map<string, Map<string, Incident>>> {
    const all = await Promise.all(
      chosen(selection).map(async ({ name }) => {
        const incidents = await ledger.incidents(name)
        return [name, new Map(incidents.map((incident) => [incident.reason, incident]))] as const
      }),
    )
    return new Map(all)
  }

  /** What a command did is on disk, with who did it, before it says so. */
  async function record(act: Parameters<RepairLedger['record']>[0]): Promise<void> {
    await ledger.record(act)
    await ledger.durable()
  }

  /** Runs under the lease of the pair's re-drive, which changes incidents too. False when that would not let go. */
  async function undisturbed(pair: string, work: () => Promise<void>): Promise<boolean> {
    for (let n = 0; n < LEASE_TRIES; n += 1) {
      if (await ledger.lease(leaseOf(pair), needs.holder, LEASE_MS)) {
        await work()
        await ledger.lease(leaseOf(pair), needs.holder, 1)
        return true
      }
      await needs.pause(LEASE_WAIT_MS)
    }
    return false
  }

  return {
    async overview(selection) {
      const incidents = await incidentsOf(selection)
      const groups = makeGroups({
        policy: (pair) => policies.get(pair)!,
        incidents: (pair) => incidents.get(pair)!,
      })
      for await (const { pair, page } of walk(selection)) for (const parked of page) groups.add(pair, parked)
      const pairs = await Promise.all(
        chosen(selection).map(async ({ name }) => {
          const spent = await ledger.spend(name, { versions: 0, bytes: 0, dollars: 0 })
          return [name, { incidents: [...incidents.get(name)!.values()], spent }] as const
        }),
      )
      return { groups: groups.read(), pairs: new Map(pairs) }
    },

    async oldest(selection, limit) {
      let kept: Listed[] = []
      let total = 0
      const cut = (): void => {
        kept = kept.sort((a, b) => a.parked.version.eventTime - b.parked.version.eventTime).slice(0, limit)
      }
      for await (const { pair, page } of walk(selection)) {
        total += page.length
        for (const parked of page) kept.push({ pair, parked })
        if (kept.length > 2 * limit + PAGE) cut()
      }
      cut()
      return { versions: kept, total }
    },

    async redrive(selection, by) {
      const incidents = await incidentsOf(selection)
      const marked = new Map<string, number>()
      try {
        for await (const { pair, page } of walk(selection)) {
          const situation = { policy: policies.get(pair)!, incidents: incidents.get(pair)! }
          const ids = page.filter((parked) => mayOrder(parked, situation)).map(({ version }) => version.id)
          add(marked, pair, ids.length === 0 ? 0 : await ledger.want(pair, { by, ids }))
        }
      } finally {
        for (const [pair, count] of marked)
          await record({ who: by, what: 'redrive', pair, count, selection: { ...selection } })
      }
      return sum(marked)
    },

    async probe(selection, by) {
      const probed: Probed[] = []
      const busy: string[] = []
      for (const [pair, incidents] of await incidentsOf(selection)) {
        if (![...incidents.values()].some((incident) => isMeant(incident, selection))) continue
        const done = await undisturbed(pair, async () => {
          for (const incident of await ledger.incidents(pair)) {
            if (!isMeant(incident, selection)) continue
            const next = { ...incident, nextProbeAt: clock.now() }
            await ledger.saveIncident(pair, next)
            probed.push({ pair, incident: next })
            await record({ who: by, what: 'redrive', pair, count: 1, reason: `probe of ${incident.reason}` })
          }
        })
        if (!done) busy.push(pair)
      }
      return { probed, busy }
    },

    async discard(selection, { by, because }) {
      const closed = new Map<string, number>()
      try {
        for await (const { pair, page } of walk(selection)) {
          const discarded = page.map(({ version }): Omit<Discarded, 'at'> => {
            const { id, key, versionId } = version
            return { id, key, versionId, who: by, reason: because, failure: reasonOf(version) }
          })
          add(closed, pair, await ledger.discard(pair, discarded))
        }
      } finally {
        for (const [pair, count] of closed) {
          await record({ who: by, what: 'discard', pair, count, reason: because, selection: { ...selection } })
        }
      }
      return sum(closed)
    },
  }
}

/** What was done before something broke off is recorded as well: pairs of which nothing was done are not. */
function add(counts: Map<string, number>, pair: string, count: number): void {
  if (count > 0) counts.set(pair, (counts.get(pair) ?? 0) + count)
}

/** Whether the selection means this cause: keys and ages narrow versions, and no cause. */
export function isMeant(incident: Incident, { reason }: Selection): boolean {
  return isOpen(incident) && (reason === undefined || isReason(incident.reason, reason))
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}
