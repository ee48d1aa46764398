/**
 * The ledger as a few lines of arithmetic: what must be true after any history of steps.
 *
 * Time is reduced to `ready` (due now or not), so that histories need no waiting. Where the ledger may choose (which of
 * the due versions a take gives), the model checks the choice and follows it.
 */
import type { PairSnapshot, Settlement, Taken } from '../../../src/ports.ts'
import type { Parked } from '../../../src/domain/repair/words.ts'
import type { OpenState, VersionId63 } from '../../../src/domain/version.ts'
import { booking, idOf } from '../../support/versions.ts'

export interface ModelEntry {
  readonly n: number
  state: OpenState
  ready: boolean
  /** Of the last take; undefined once a settlement or a nudge ended it. */
  lease: number | undefined
  looks: number
  reason: string | undefined
  tried: ModelTried | undefined
  wanted: boolean
}

export interface ModelTried {
  readonly attempts: number
  readonly forgiven: number
  readonly token: string | undefined
  readonly outcome: string | undefined
}

export interface Model {
  readonly open: Map<VersionId63, ModelEntry>
  readonly seen: Set<VersionId63>
  readonly early: Set<VersionId63>
  readonly late: Set<VersionId63>
  readonly leases: Set<string>
  received: number
  reopened: number
  duplicates: number
  closed: number
  lateEver: number
}

export function makeModel(): Model {
  return {
    open: new Map(),
    seen: new Set(),
    early: new Set(),
    late: new Set(),
    leases: new Set(),
    received: 0,
    reopened: 0,
    duplicates: 0,
    closed: 0,
    lateEver: 0,
  }
}

export function bookModel(
  model: Model,
  ns: readonly number[],
  ready: boolean,
): { received: number; arrived: string[] } {
  const before = model.received
  const arrived: string[] = []
  for (const n of ns) {
    const id = idOf(n)
    if (model.seen.has(id)) {
      model.duplicates += 1
      continue
    }
    model.received += 1
    openModel(model, n, ready)
    if (model.early.delete(id)) arrived.push(id)
  }
  return { received: model.received - before, arrived }
}

export function reopenModel(model: Model, ns: readonly number[], ready: boolean): number {
  const before = model.reopened
  for (const n of ns) {
    if (model.open.has(idOf(n))) continue
    model.reopened += 1
    model.early.delete(idOf(n))
    openModel(model, n, ready)
  }
  return model.reopened - before
}

function openModel(model: Model, n: number, ready: boolean): void {
  const entry: ModelEntry = {
    n,
    state: 'waiting',
    ready,
    lease: undefined,
    looks: 0,
    reason: undefined,
    tried: undefined,
    wanted: false,
  }
  model.open.set(idOf(n), entry)
  model.seen.add(idOf(n))
}

export function arriveModel(model: Model, ns: readonly number[]): { matched: string[]; early: number; known: number } {
  const ids = ns.map(idOf)
  const matched = ids.filter((id) => model.open.has(id))
  const others = ids.filter((id) => !model.open.has(id))
  const early = others.filter((id) => !model.seen.has(id))
  for (const id of early) model.early.add(id)
  return { matched, early: early.length, known: others.length - early.length }
}

/** Throws where a take gave what it must not give. */
export function takeModel(model: Model, taken: readonly Taken[], max: number, leaseMs: number): void {
  const ready = [...model.open.values()].filter((entry) => entry.ready)
  same(taken.length, Math.min(max, ready.length), 'how many were taken')
  for (const { version, lease } of taken) {
    const entry = model.open.get(version.id)
    if (entry === undefined || !entry.ready) throw new Error(`took ${version.id}, which is not due`)
    const name = `${version.id} ${lease}`
    if (model.leases.has(name)) throw new Error(`gave the lease ${name} twice`)
    model.leases.add(name)
    const { state, looks, reason, n } = entry
    same(
      { state: version.state, looks: version.looks, reason: version.reason, size: version.size, key: version.key },
      { state, looks, reason, size: n, key: booking(n).version.key },
      'what was taken',
    )
    entry.lease = lease
    entry.ready = leaseMs < 0
  }
}

export function settleModel(model: Model, settlement: Settlement): { closed: number; stale: number } {
  const entry = model.open.get(settlement.id)
  if (entry === undefined) return { closed: 0, stale: 1 }
  if (settlement.to === 'close') {
    model.open.delete(settlement.id)
    model.late.delete(settlement.id)
    model.closed += 1
    return { closed: 1, stale: 0 }
  }
  if (settlement.lease !== undefined && settlement.lease !== entry.lease) return { closed: 0, stale: 1 }
  if (settlement.state === 'late' && !model.late.has(settlement.id)) {
    model.late.add(settlement.id)
    model.lateEver += 1
  }
  entry.state = settlement.state
  entry.ready = (settlement.to === 'wait' ? settlement.againInMs : settlement.recheckInMs) < 0
  entry.lease = undefined
  if (settlement.lease !== undefined) entry.looks += 1
  if (settlement.reason !== undefined) entry.reason = settlement.reason
  return { closed: 0, stale: 0 }
}

export function nudgeModel(model: Model, ns: readonly number[]): number {
  const open = ns.flatMap((n) => model.open.get(idOf(n)) ?? [])
  for (const entry of open) {
    entry.ready = true
    entry.lease = undefined
  }
  return open.length
}

/** Which of them the token has in hand afterwards. */
export function claimModel(model: Model, token: string, ns: readonly number[]): VersionId63[] {
  return ns.map(idOf).filter((id) => {
    const entry = model.open.get(id)
    if (entry?.state !== 'failed') return false
    const { tried } = entry
    if (tried?.token !== undefined) return tried.token === token
    const attempts = (tried?.attempts ?? 0) + 1
    entry.tried = { attempts, forgiven: tried?.forgiven ?? 0, token, outcome: undefined }
    entry.wanted = false
    return true
  })
}

export function unclaimModel(model: Model, token: string, ns: readonly number[], outcome: string): number {
  const ended = ns.filter((n) => {
    const entry = model.open.get(idOf(n))
    if (entry?.tried?.token !== token) return false
    entry.tried = { ...entry.tried, token: undefined, outcome }
    entry.ready = true
    entry.lease = undefined
    return true
  })
  return ended.length
}

export function wantModel(model: Model, ns: readonly number[]): number {
  const marked = ns.filter((n) => {
    const entry = model.open.get(idOf(n))
    if (entry?.state !== 'failed' || entry.tried?.token !== undefined) return false
    entry.wanted = true
    if (entry.tried !== undefined) entry.tried = { ...entry.tried, forgiven: entry.tried.attempts }
    return true
  })
  return marked.length
}

export function discardModel(model: Model, ns: readonly number[]): number {
  const parked = ns.filter((n) => ['failed', 'mismatched'].includes(model.open.get(idOf(n))?.state ?? ''))
  const closed = parked.filter((n) => model.open.delete(idOf(n)))
  for (const n of closed) model.late.delete(idOf(n))
  model.closed += closed.length
  return closed.length
}

/** Throws where the ledger remembers something else of what was tried. */
export function compareTried(model: Model, found: readonly Parked[]): void {
  const story = (id: VersionId63, tried: ModelTried | undefined, wanted: boolean) => [
    id,
    tried && [tried.attempts, tried.forgiven, tried.token ?? '', tried.outcome ?? ''],
    wanted,
  ]
  const is = found.map(({ version, tried, wanted }) =>
    story(version.id, tried && { ...tried, token: tried.token, outcome: tried.outcome }, wanted !== undefined),
  )
  const byId = (a: VersionId63, b: VersionId63): number => (a < b ? -1 : 1)
  const should = [...model.open.keys()].sort(byId).map((id) => {
    const { tried, wanted } = model.open.get(id)!
    return story(id, tried, wanted)
  })
  same(is, should, 'what was tried')
}

/** Throws where a snapshot tells another story than the model. */
export function compareSnapshot(model: Model, snapshot: PairSnapshot): void {
  const open: Record<OpenState, number> = { waiting: 0, late: 0, mismatched: 0, failed: 0 }
  let bytes = 0
  for (const { state, n } of model.open.values()) {
    open[state] += 1
    bytes += n
  }
  const total = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)
  const { received, reopened, duplicates, early, lateEver, bytesAtRisk } = snapshot
  const closed = total(snapshot.closed)
  const oldest = model.open.size === 0 ? undefined : Math.min(...[...model.open.values()].map(({ n }) => n))
  same(
    {
      received,
      reopened,
      duplicates,
      early,
      lateEver,
      bytesAtRisk,
      closed,
      open: snapshot.open,
      oldest: snapshot.oldest,
    },
    {
      received: model.received,
      reopened: model.reopened,
      duplicates: model.duplicates,
      early: model.early.size,
      lateEver: model.lateEver,
      bytesAtRisk: bytes,
      closed: model.closed,
      open,
      oldest: oldest === undefined ? undefined : booking(oldest).version.eventTime,
    },
    'snapshot',
  )
  same(total(snapshot.evidence), model.closed, 'one piece of evidence a verdict')
}

export function same(is: unknown, wanted: unknown, what: string): void {
  const [left, right] = [JSON.stringify(is), JSON.stringify(wanted)]
  if (left !== right) throw new Error(`${what}: is ${left}, should be ${right}`)
}
