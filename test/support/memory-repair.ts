/** Repair's part of the ledger in memory (memory-ledger.ts). */
import type { Act, Discarded, Incident, Parked, RedriveJob, Tried, Wanted } from '../../src/domain/repair/words.ts'
import type { VersionId63 } from '../../src/domain/version.ts'
import type { RepairLedger, Spent } from '../../src/ports.ts'
import type { Entry } from './memory-ledger.ts'

/** All that repair keeps of one pair. */
export interface RepairState {
  readonly tried: Map<VersionId63, Tried>
  readonly wanted: Map<VersionId63, Wanted>
  readonly jobs: Map<string, RedriveJob>
  readonly incidents: Map<string, Incident>
  readonly discarded: Map<VersionId63, Discarded>
  readonly spent: Map<number, Spent>
}

export function makeRepairState(): RepairState {
  return {
    tried: new Map(),
    wanted: new Map(),
    jobs: new Map(),
    incidents: new Map(),
    discarded: new Map(),
    spent: new Map(),
  }
}

export interface MemoryRepairNeeds {
  readonly of: (pair: string) => { readonly open: ReadonlyMap<VersionId63, Entry>; readonly repair: RepairState }
  /** Closes an open version as `discarded`. */
  readonly discard: (pair: string, id: VersionId63) => void
  readonly now: () => number
}

const HOUR = 3_600_000

export function makeMemoryRepair({ of, discard, now }: MemoryRepairNeeds): Omit<RepairLedger, 'reconcile'> {
  const acts: Act[] = []

  function parkedOf(pair: string, { version, score }: Entry): Parked {
    const { repair } = of(pair)
    const tried = repair.tried.get(version.id)
    const wanted = repair.wanted.get(version.id)
    const due = score <= now() || !Number.isInteger(score)
    return { version, due, ...(tried && { tried }), ...(wanted && { wanted }) }
  }

  function failed(pair: string, ids: readonly VersionId63[]): Entry[] {
    return ids.flatMap((id) => {
      const entry = of(pair).open.get(id)
      return entry?.version.state === 'failed' ? [entry] : []
    })
  }

  /** Stable while versions come and go: the cursor is the last id given. */
  function walk(
    found: readonly Parked[],
    { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  ): { versions: Parked[]; cursor?: string } {
    const rest = found
      .filter(({ version }) => cursor === undefined || version.id > cursor)
      .sort((a, b) => (a.version.id < b.version.id ? -1 : 1))
    const versions = rest.slice(0, limit)
    return { versions, ...(rest.length > limit ? { cursor: versions.at(-1)!.version.id } : {}) }
  }

  return {
    async find(pair, ids) {
      return ids.flatMap((id) => {
        const entry = of(pair).open.get(id)
        return entry === undefined ? [] : [parkedOf(pair, entry)]
      })
    },

    async parked(pair, page) {
      const entries = [...of(pair).open.values()].filter(({ set }) => set === 'parked')
      return walk(
        entries.map((entry) => parkedOf(pair, entry)),
        page,
      )
    },

    async wanted(pair, page) {
      const { open, repair } = of(pair)
      return walk(
        [...repair.wanted.keys()].map((id) => parkedOf(pair, open.get(id)!)),
        page,
      )
    },

    async claim(pair, { token, strategy, ids }) {
      const { tried, wanted } = of(pair).repair
      const claimed = new Set<VersionId63>()
      for (const { version } of failed(pair, ids)) {
        const last = tried.get(version.id)
        if (last?.token !== undefined && last.token !== token) continue
        claimed.add(version.id)
        if (last?.token === token) continue
        wanted.delete(version.id)
        tried.set(version.id, {
          attempts: (last?.attempts ?? 0) + 1,
          forgiven: last?.forgiven ?? 0,
          strategy,
          at: now(),
          token,
          ...(last?.replicaId === undefined ? {} : { replicaId: last.replicaId }),
        })
      }
      return claimed
    },

    async unclaim(pair, token, items) {
      const { open, repair } = of(pair)
      let ended = 0
      for (const { id, outcome, replicaId } of items) {
        const last = repair.tried.get(id)
        if (last?.token !== token) continue
        const { token: _token, ...rest } = last
        repair.tried.set(id, {
          ...rest,
          ...(outcome === undefined ? {} : { outcome }),
          ...(replicaId === undefined ? {} : { replicaId }),
        })
        const entry = open.get(id)!
        entry.score = Math.floor(Math.min(entry.score, now()))
        ended += 1
      }
      return ended
    },

    async inHand(pair, token) {
      const { open, repair } = of(pair)
      return [...repair.tried].flatMap(([id, tried]) => (tried.token === token ? [parkedOf(pair, open.get(id)!)] : []))
    },

    async want(pair, { by, ids }) {
      const { tried, wanted } = of(pair).repair
      let marked = 0
      for (const { version } of failed(pair, ids)) {
        const last = tried.get(version.id)
        if (last?.token !== undefined) continue
        wanted.set(version.id, { at: now(), by })
        if (last !== undefined) tried.set(version.id, { ...last, forgiven: last.attempts })
        marked += 1
      }
      return marked
    },

    async saveJob(pair, job) {
      of(pair).repair.jobs.set(job.token, job)
    },

    async endJob(pair, token) {
      of(pair).repair.jobs.delete(token)
    },

    async jobs(pair) {
      return [...of(pair).repair.jobs.values()].sort((a, b) => a.createdAt - b.createdAt)
    },

    async incidents(pair) {
      return incidentsOf(of(pair).repair)
    },

    async saveIncident(pair, incident) {
      const { incidents } = of(pair).repair
      const isNew = !incidents.has(incident.reason)
      incidents.set(incident.reason, incident)
      return isNew
    },

    async endIncident(pair, reason) {
      return of(pair).repair.incidents.delete(reason)
    },

    async spend(pair, spent) {
      const hour = Math.floor(now() / HOUR)
      const before = of(pair).repair.spent.get(hour)
      const sum = {
        versions: (before?.versions ?? 0) + spent.versions,
        bytes: (before?.bytes ?? 0) + spent.bytes,
        dollars: (before?.dollars ?? 0) + spent.dollars,
      }
      of(pair).repair.spent.set(hour, sum)
      return sum
    },

    async discard(pair, discarded) {
      const { open, repair } = of(pair)
      let closed = 0
      for (const one of discarded) {
        const state = open.get(one.id)?.version.state
        if (state !== 'failed' && state !== 'mismatched') continue
        discard(pair, one.id)
        repair.discarded.set(one.id, { ...one, at: now() })
        closed += 1
      }
      return closed
    },

    async discarded(pair, ids) {
      return ids.flatMap((id) => of(pair).repair.discarded.get(id) ?? [])
    },

    async record(act) {
      acts.unshift({ at: now(), ...act })
    },

    async acts(limit) {
      return acts.slice(0, limit)
    },
  }
}

/** Oldest first. */
export function incidentsOf({ incidents }: RepairState): Incident[] {
  return [...incidents.values()].sort((a, b) => a.since - b.since || (a.reason < b.reason ? -1 : 1))
}
