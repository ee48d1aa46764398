/**
 * The ledger in memory, for tests of those who use one. Passes the same contract suite as the one in Redis
 * (test/contract/ledger.ts), with two simplifications: it never forgets an id, and an arrival waits for ever.
 */
import { emptySlot, type Happening, HISTORY_STEP_MS, type Slot } from '../../src/domain/history.ts'
import type { AuditSummary } from '../../src/domain/audit/report.ts'
import { lagBucket, summarise } from '../../src/domain/lag.ts'
import type { Arrival } from '../../src/domain/look.ts'
import type { Settlement } from '../../src/domain/settlement.ts'
import { NOTES, type PairSnapshot, SERVICE_COUNTERS, type ServiceGauge } from '../../src/domain/snapshot.ts'
import { EVIDENCE, type OpenState, type OpenVersion, type VersionId63, VERDICTS } from '../../src/domain/version.ts'
import type {
  AuditLedger,
  Booking,
  CanaryLedger,
  Ledger,
  LedgerIdentity,
  Matched,
  RepairLedger,
} from '../../src/ports.ts'
import { makeMemoryCanary } from './memory-canary.ts'
import { incidentsOf, makeMemoryRepair, makeRepairState, type RepairState } from './memory-repair.ts'

export interface MemoryLedgerOptions {
  /** Milliseconds since the epoch; `Date.now` where absent. */
  readonly now?: (() => number) | undefined
}

/** `score`: the next look, or the lease's end. `set`: which of the two sets of the protocol holds the version. */
export interface Entry {
  version: OpenVersion
  set: 'due' | 'parked'
  score: number
}

export interface MemoryLedger extends Ledger, RepairLedger, AuditLedger, CanaryLedger {
  /** What is open, for assertions. */
  open(pair: string): ReadonlyMap<VersionId63, Readonly<Entry>>
}

interface PairState {
  readonly open: Map<VersionId63, Entry>
  readonly seen: Set<VersionId63>
  readonly early: Map<VersionId63, Arrival>
  readonly late: Set<VersionId63>
  readonly counts: Map<string, number>
  readonly lags: { readonly at: number; readonly bucket: number; readonly upper: boolean }[]
  readonly did: { readonly at: number; readonly what: Happening; readonly count: number }[]
  newest: number | undefined
  readonly repair: RepairState
  audit?: AuditSummary
  auditLeft?: unknown
}

const DAY = 86_400_000

export function makeMemoryLedger(options: MemoryLedgerOptions = {}): MemoryLedger {
  const now = options.now ?? Date.now
  const pairs = new Map<string, PairState>()
  const service = new Map<string, number>()
  const newest = new Map<string, number>()
  const canaries = makeMemoryCanary(now)
  const gauges: Partial<Record<ServiceGauge, number>> = {}
  const leases = new Map<string, { readonly holder: string; readonly until: number }>()
  let takes = 0
  let identity: LedgerIdentity | undefined

  function of(pair: string): PairState {
    let state = pairs.get(pair)
    if (state === undefined) {
      state = {
        open: new Map(),
        seen: new Set(),
        early: new Map(),
        late: new Set(),
        counts: new Map(),
        lags: [],
        did: [],
        newest: undefined,
        repair: makeRepairState(),
      }
      pairs.set(pair, state)
    }
    return state
  }

  function open(state: PairState, { version, dueInMs }: Booking): OpenVersion {
    const opened: OpenVersion = { ...version, state: 'waiting', looks: 0 }
    state.open.set(version.id, { version: opened, set: 'due', score: now() + dueInMs })
    state.seen.add(version.id)
    state.newest = Math.max(state.newest ?? 0, version.eventTime)
    return opened
  }

  function ready(state: PairState, set: Entry['set']): Entry[] {
    return [...state.open.values()]
      .filter((entry) => entry.set === set && entry.score <= now())
      .sort((a, b) => a.score - b.score)
  }

  return {
    open: (pair) => of(pair).open,

    async book(pair, bookings) {
      const state = of(pair)
      const arrived: Matched[] = []
      let received = 0
      for (const booking of bookings) {
        const { id } = booking.version
        if (state.seen.has(id)) continue
        received += 1
        const version = open(state, booking)
        const arrival = state.early.get(id)
        if (arrival !== undefined) arrived.push({ version, arrival })
        state.early.delete(id)
      }
      add(state.counts, 'received', received)
      state.did.push({ at: now(), what: 'received', count: received })
      add(state.counts, 'duplicate', bookings.length - received)
      return { received, duplicates: bookings.length - received, arrived }
    },

    async reopen(pair, bookings) {
      const state = of(pair)
      let reopened = 0
      for (const booking of bookings) {
        const entry = state.open.get(booking.version.id)
        if (entry !== undefined) {
          const { etag: _etag, ...rest } = entry.version
          entry.version = rest
          continue
        }
        reopened += 1
        open(state, booking)
        state.early.delete(booking.version.id)
      }
      add(state.counts, 'reopened', reopened)
      state.did.push({ at: now(), what: 'reopened', count: reopened })
      return reopened
    },

    async reconcile(pair, bookings) {
      const state = of(pair)
      const counts = { received: 0, reopened: 0, open: 0 }
      for (const booking of bookings) {
        const { id } = booking.version
        if (state.open.has(id)) counts.open += 1
        else {
          counts[state.seen.has(id) ? 'reopened' : 'received'] += 1
          open(state, booking)
          state.early.delete(id)
        }
      }
      add(state.counts, 'received', counts.received)
      add(state.counts, 'reopened', counts.reopened)
      return counts
    },

    async saveAudit(summary) {
      of(summary.pair).audit = summary
    },

    lastAudit: async (pair) => of(pair).audit,

    async saveAuditLeft(pair, left) {
      of(pair).auditLeft = left
    },

    auditLeft: async (pair) => of(pair).auditLeft,

    async arrive(pair, arrivals) {
      const state = of(pair)
      const matched: Matched[] = []
      let early = 0
      let known = 0
      for (const arrival of arrivals) {
        const entry = state.open.get(arrival.id)
        if (entry !== undefined) matched.push({ version: entry.version, arrival })
        else if (state.seen.has(arrival.id)) known += 1
        else {
          early += 1
          state.early.set(arrival.id, arrival)
        }
      }
      return { matched, early, known }
    },

    early: async (pair, ids) => ids.flatMap((id) => of(pair).early.get(id) ?? []),

    async nudge(pair, items) {
      let nudged = 0
      for (const { id, reason } of items) {
        const entry = of(pair).open.get(id)
        if (entry === undefined) continue
        nudged += 1
        entry.score = Math.floor(Math.min(entry.score, now()))
        if (reason !== undefined) entry.version = { ...entry.version, reason }
      }
      return nudged
    },

    async take(pair, { max, leaseMs }) {
      const state = of(pair)
      takes += 1
      const lease = now() + leaseMs + ((takes % 1000) + 0.5) / 1000
      const looks = ready(state, 'due')
      const rechecks = ready(state, 'parked')
      const again = Math.min(rechecks.length, Math.max(Math.floor(max / 8), max - looks.length))
      return [...rechecks.slice(0, again), ...looks.slice(0, max - again)].map((entry) => {
        entry.score = lease
        return { version: entry.version, lease }
      })
    },

    async settle(pair, settlements) {
      const state = of(pair)
      let closed = 0
      let stale = 0
      for (const settlement of settlements) {
        const entry = state.open.get(settlement.id)
        if (settlement.to === 'close' && entry !== undefined) {
          close(state, settlement, now())
          closed += 1
        } else if (settlement.to !== 'close' && entry !== undefined && holds(entry, settlement.lease)) {
          keep(state, entry, settlement, now())
        } else stale += 1
      }
      return { closed, stale }
    },

    async known(pair, ids) {
      return new Set(ids.filter((id) => of(pair).seen.has(id)))
    },

    async purge(pair, purges) {
      const state = of(pair)
      const news = purges.filter(({ id }) => !state.seen.has(id) && state.seen.add(id))
      add(state.counts, 'purged', news.length)
      add(state.counts, 'tampering', news.filter(({ byStranger }) => byStranger).length)
      return new Set(news.map(({ id }) => id))
    },

    async note(pair, counts) {
      for (const [field, by] of Object.entries(counts)) add(of(pair).counts, `note:${field}`, by)
    },

    async due(names) {
      const count = (pair: string): number => [...of(pair).open.values()].filter(({ score }) => score <= now()).length
      return new Map(names.map((pair) => [pair, count(pair)]))
    },

    async snapshot(pair, { lags = true } = {}) {
      const canary = canaries.of(pair)
      const snapshot = { ...snapshotOf(pair, of(pair), now()), ...(canary && { canary }) }
      return lags ? snapshot : { ...snapshot, lag: summarise(new Map(), 0) }
    },

    async history(pair, { step, fromMs, toMs }) {
      const slotMs = HISTORY_STEP_MS[step]
      const slots = new Map<number, Slot>()
      const slotAt = (time: number): Slot | undefined => {
        const at = Math.floor(time / slotMs) * slotMs
        if (at < fromMs || at >= toMs) return undefined
        const slot = slots.get(at) ?? emptySlot()
        slots.set(at, slot)
        return slot
      }
      for (const { at, bucket, upper } of of(pair).lags) {
        const slot = slotAt(at)
        slot?.hist.set(bucket, (slot.hist.get(bucket) ?? 0) + 1)
        if (slot !== undefined && upper) slot.upper += 1
      }
      for (const { at, what, count } of of(pair).did) {
        const slot = count > 0 ? slotAt(at) : undefined
        if (slot !== undefined) slot.did[what] += count
      }
      return [...slots].map(([at, slot]) => ({ at, ...slot })).sort((a, b) => a.at - b.at)
    },

    async lagHistogram(pair, { fromMs, toMs }) {
      const hist = new Map<number, number>()
      for (const { at, bucket } of of(pair).lags) {
        const minute = Math.floor(at / 60_000) * 60_000
        if (minute >= fromMs && minute < toMs) hist.set(bucket, (hist.get(bucket) ?? 0) + 1)
      }
      return hist
    },

    async oldest(pair, limit) {
      return [...of(pair).open.values()]
        .map(({ version }) => version)
        .sort((a, b) => a.eventTime - b.eventTime || (a.id < b.id ? -1 : 1))
        .slice(0, limit)
    },

    async count(counts) {
      for (const [name, by] of Object.entries(counts)) add(service, name, by)
    },

    counters: async () => ({ ...record(SERVICE_COUNTERS, service), ...gauges }),

    async setGauges(values) {
      Object.assign(gauges, values)
    },

    async sawEvents(seen) {
      for (const [queue, time] of seen) newest.set(queue, Math.max(time, newest.get(queue) ?? 0))
    },

    newestEvents: async () => new Map(newest),

    async lease(name, holder, ms) {
      const current = leases.get(name)
      if (current !== undefined && current.holder !== holder && current.until > now()) return false
      leases.set(name, { holder, until: now() + ms })
      return true
    },

    async identity(candidate?: string) {
      if (candidate !== undefined) identity ??= { id: candidate, since: now() }
      return identity!
    },

    async follow(before) {
      identity = { ...identity!, before }
    },

    canaryWritten: async (pair, versionId) => canaries.canaryWritten(pair, versionId),
    canaryStep: async (event) => canaries.canaryStep(event),
    canary: async (pair) => canaries.canary(pair),

    ...makeMemoryRepair({
      of,
      now,
      discard: (pair, id) => close(of(pair), { id, to: 'close', verdict: 'discarded', evidence: 'person' }, now()),
    }),

    durable: async () => {},

    health: async () => ({ durability: 'sync', how: 'in memory', mayForgetSeconds: 0, version: 'memory' }),
  }
}

function holds(entry: Entry, lease: number | undefined): boolean {
  return lease === undefined || entry.score === lease
}

function keep(state: PairState, entry: Entry, settlement: Settlement & { to: 'wait' | 'park' }, now: number): void {
  const { id, lease, state: next, absentAt, reason } = settlement
  if (next === 'late' && !state.late.has(id)) add(state.counts, 'lateEver', 1)
  if (next === 'late' && !state.late.has(id)) state.did.push({ at: now, what: 'late', count: 1 })
  if (next === 'late') state.late.add(id)
  if (next === 'failed' && entry.version.state !== 'failed') state.did.push({ at: now, what: 'failed', count: 1 })
  entry.set = settlement.to === 'wait' ? 'due' : 'parked'
  entry.score = now + (settlement.to === 'wait' ? settlement.againInMs : settlement.recheckInMs)
  entry.version = {
    ...entry.version,
    state: next,
    looks: entry.version.looks + (lease === undefined ? 0 : 1),
    ...(absentAt === undefined ? {} : { absentAt }),
    ...(reason === undefined ? {} : { reason }),
  }
}

function close(state: PairState, settlement: Settlement & { to: 'close' }, now: number): void {
  const { id, verdict, evidence, lag, notes } = settlement
  state.open.delete(id)
  state.late.delete(id)
  state.repair.tried.delete(id)
  state.repair.wanted.delete(id)
  add(state.counts, `v:${verdict}`, 1)
  state.did.push({ at: now, what: verdict, count: 1 })
  add(state.counts, `e:${evidence}`, 1)
  for (const note of notes ?? []) add(state.counts, `note:${note}`, 1)
  if (lag !== undefined) state.lags.push({ at: now, bucket: lagBucket(lag.ms), upper: lag.bound === 'upper' })
}

function snapshotOf(pair: string, state: PairState, now: number): PairSnapshot {
  const versions = [...state.open.values()].map(({ version }) => version)
  const inState = (wanted: OpenState): number => versions.filter(({ state }) => state === wanted).length
  const count = (field: string): number => state.counts.get(field) ?? 0
  const lags = state.lags.filter(({ at }) => at > now - DAY)
  const hist = new Map<number, number>()
  for (const { bucket } of lags) hist.set(bucket, (hist.get(bucket) ?? 0) + 1)
  return {
    pair,
    received: count('received'),
    reopened: count('reopened'),
    duplicates: count('duplicate'),
    unannounced: 0,
    early: state.early.size,
    closed: record(VERDICTS, state.counts, 'v:'),
    open: {
      waiting: inState('waiting'),
      late: inState('late'),
      mismatched: inState('mismatched'),
      failed: inState('failed'),
    },
    evidence: record(EVIDENCE, state.counts, 'e:'),
    notes: record(NOTES, state.counts, 'note:'),
    purged: count('purged'),
    tampering: count('tampering'),
    lateEver: count('lateEver'),
    bytesAtRisk: versions.reduce((sum, { size }) => sum + (size ?? 0), 0),
    ...(versions.length === 0 ? {} : { oldest: Math.min(...versions.map(({ eventTime }) => eventTime)) }),
    ...(state.newest === undefined ? {} : { newestEvent: state.newest }),
    ...(state.audit === undefined ? {} : { audit: state.audit }),
    lag: summarise(hist, lags.filter(({ upper }) => upper).length),
    incidents: incidentsOf(state.repair),
  }
}

function add(counts: Map<string, number>, field: string, by: number | undefined): void {
  counts.set(field, (counts.get(field) ?? 0) + (by ?? 0))
}

function record<Name extends string>(
  names: readonly Name[],
  counts: ReadonlyMap<string, number>,
  prefix = '',
): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, counts.get(prefix + name) ?? 0])) as Record<Name, number>
}
