/**
 * Random histories of a ledger: some workers, a few versions, every step of the protocol, crashes and stale leases
 * included. After each step the ledger must agree with the model and keep the invariants.
 */
import type { Arbitrary } from 'fast-check'
import type { OpenState } from '../../../src/domain/version.ts'
import type { Ledger, RepairLedger, Settlement, Taken } from '../../../src/ports.ts'
import { fc } from '../../support/fc.ts'
import { arrival, booking, idOf } from '../../support/versions.ts'
import { checkAttempts, checkBirths, checkInvariants, type Inside } from './inside.ts'
import {
  arriveModel,
  bookModel,
  claimModel,
  compareSnapshot,
  compareTried,
  discardModel,
  makeModel,
  type Model,
  nudgeModel,
  reopenModel,
  same,
  settleModel,
  takeModel,
  unclaimModel,
  wantModel,
} from './model.ts'

const VERSIONS = 6
const ALL = Array.from({ length: VERSIONS }, (_, n) => idOf(n)).sort((a, b) => (a < b ? -1 : 1))
const WORKERS = 3

/** Due at once, or not while the test runs; negative so that the same millisecond counts. */
const SOON = -1_000
const LATER = 3_600_000

type Fate = { readonly to: OpenState | 'closed'; readonly soon: boolean; readonly reason: boolean }

interface Pick {
  readonly which: number
  readonly fate: Fate
}

export type Step =
  | { readonly do: 'book' | 'reopen'; readonly ns: readonly number[]; readonly soon: boolean }
  | { readonly do: 'arrive' | 'nudge' | 'want' | 'discard'; readonly ns: readonly number[] }
  | { readonly do: 'claim'; readonly token: string; readonly ns: readonly number[] }
  /** By whatever token: most are stale. */
  | { readonly do: 'unclaim'; readonly token: string; readonly ns: readonly number[]; readonly outcome: string }
  /** `crash`: the lease is over at once, so that others take the same versions while this worker still holds them. */
  | { readonly do: 'take'; readonly worker: number; readonly max: number; readonly crash: boolean }
  /** Of what this worker took (however long ago), in one call; the same version may come twice. */
  | { readonly do: 'settle'; readonly worker: number; readonly picks: readonly Pick[] }
  /** Without a lease, as intake does. */
  | { readonly do: 'decide'; readonly n: number; readonly fate: Fate }

const n = fc.nat(VERSIONS - 1)
const ns = fc.array(n, { minLength: 1, maxLength: 5 })
const worker = fc.nat(WORKERS - 1)
const fate = fc.record<Fate>({
  to: fc.constantFrom<Fate['to']>('waiting', 'late', 'late', 'mismatched', 'failed', 'closed', 'closed'),
  soon: fc.boolean(),
  reason: fc.boolean(),
})

/** Two re-drives: what one has in hand the other must not touch. */
export const TOKENS = ['a', 'b'] as const
const token = fc.constantFrom(...TOKENS)

const picks = fc.array(fc.record({ which: fc.nat(8), fate }), { minLength: 1, maxLength: 3 })

const opening = fc.record({ do: fc.constantFrom('book' as const, 'book', 'book', 'reopen'), ns, soon: fc.boolean() })
const taking = fc.record({
  do: fc.constant('take' as const),
  worker,
  max: fc.integer({ min: 1, max: VERSIONS }),
  crash: fc.boolean(),
})
const settling = fc.record({ do: fc.constant('settle' as const), worker, picks })
const deciding = (to: Arbitrary<Fate>): Arbitrary<Step> =>
  fc.record({ do: fc.constant('decide' as const), n, fate: to })
const failing = fc.record<Fate>({ to: fc.constant('failed'), soon: fc.boolean(), reason: fc.boolean() })

const verifying: Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: opening },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('arrive' as const), ns }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('nudge' as const), ns }) },
  { weight: 4, arbitrary: taking },
  { weight: 6, arbitrary: settling },
  { weight: 2, arbitrary: deciding(fate) },
)

/** Many versions fail, so that there is something to drive again. */
const repairing: Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: opening },
  { weight: 1, arbitrary: taking },
  { weight: 1, arbitrary: settling },
  { weight: 2, arbitrary: deciding(fate) },
  { weight: 4, arbitrary: deciding(failing) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim' as const), token, ns }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('unclaim' as const), token, ns, outcome: fc.constantFrom('x|%', 'ok') }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('want' as const), ns }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('discard' as const), ns }) },
)

const historyOf = (step: Arbitrary<Step>): Arbitrary<readonly Step[]> =>
  fc.array(step, { minLength: 1, maxLength: 40, size: 'max' })

export const histories = historyOf(fc.oneof(verifying, repairing))
/** Either half alone meets its own slips sooner. */
export const HISTORIES = { verification: historyOf(verifying), repair: historyOf(repairing) } as const

export type Repairing = Ledger & RepairLedger

export interface Stage {
  readonly ledger: Repairing
  readonly pair: string
  /** For a ledger that can be looked into. */
  readonly look?: (() => Promise<Inside>) | undefined
}

/** Throws at the first step after which ledger and model differ, or an invariant is broken. */
export async function play(stage: Stage, steps: readonly Step[]): Promise<void> {
  const { ledger, pair, look } = stage
  const model = makeModel()
  const held: Taken[][] = Array.from({ length: WORKERS }, () => [])
  let before = await look?.()
  for (const step of steps) {
    await act(ledger, pair, model, held, step)
    // Together: one round trip, where nobody else writes.
    const [after, snapshot, found] = await Promise.all([look?.(), ledger.snapshot(pair), ledger.find(pair, ALL)])
    if (before !== undefined && after !== undefined) {
      checkInvariants(after)
      checkAttempts(before, after)
      checkBirths(before, after, new Set(step.do === 'book' || step.do === 'reopen' ? step.ns.map(idOf) : []))
    }
    compareSnapshot(model, snapshot)
    compareTried(model, found)
    before = after
  }
  const ready = [...model.open.values()].filter((entry) => entry.ready).length
  same((await ledger.due([pair])).get(pair), ready, 'how many are due')
}

async function act(ledger: Repairing, pair: string, model: Model, held: Taken[][], step: Step): Promise<void> {
  switch (step.do) {
    case 'book': {
      const { received, duplicates, arrived } = await ledger.book(pair, bookingsOf(step))
      const wanted = bookModel(model, step.ns, step.soon)
      const was = { received, duplicates, arrived: arrived.map(({ version }) => version.id) }
      same(was, { received: wanted.received, duplicates: step.ns.length - received, arrived: wanted.arrived }, 'book')
      return
    }
    case 'reopen':
      same(await ledger.reopen(pair, bookingsOf(step)), reopenModel(model, step.ns, step.soon), 'reopen')
      return
    case 'arrive': {
      const { matched, early, known } = await ledger.arrive(
        pair,
        step.ns.map((n) => arrival(n)),
      )
      const was = { matched: matched.map(({ version }) => version.id), early, known }
      same(was, arriveModel(model, step.ns), 'arrive')
      return
    }
    case 'nudge': {
      const items = step.ns.map((n) => ({ id: idOf(n) }))
      same(await ledger.nudge(pair, items), nudgeModel(model, step.ns), 'nudge')
      return
    }
    case 'take': {
      const leaseMs = step.crash ? SOON : LATER
      const taken = await ledger.take(pair, { max: step.max, leaseMs })
      takeModel(model, taken, step.max, leaseMs)
      held[step.worker]!.push(...taken)
      return
    }
    case 'settle': {
      await settle(ledger, pair, model, settlementsOf(held[step.worker]!, step.picks))
      return
    }
    case 'decide':
      await settle(ledger, pair, model, [{ id: idOf(step.n), ...fateOf(step.fate) }])
      return
    case 'claim': {
      const claimed = await ledger.claim(pair, { token: step.token, strategy: 'batch', ids: step.ns.map(idOf) })
      same([...claimed], [...new Set(claimModel(model, step.token, step.ns))], 'claim')
      return
    }
    case 'unclaim': {
      const { token, ns, outcome } = step
      const items = ns.map((n) => ({ id: idOf(n), outcome }))
      same(await ledger.unclaim(pair, token, items), unclaimModel(model, token, ns, outcome), 'unclaim')
      return
    }
    case 'want':
      same(await ledger.want(pair, { by: 'ann@host', ids: step.ns.map(idOf) }), wantModel(model, step.ns), 'want')
      return
    case 'discard':
      same(await ledger.discard(pair, step.ns.map(discardedOf)), discardModel(model, step.ns), 'discard')
  }
}

async function settle(ledger: Ledger, pair: string, model: Model, settlements: readonly Settlement[]): Promise<void> {
  const is = await ledger.settle(pair, settlements)
  const each = settlements.map((settlement) => settleModel(model, settlement))
  const sum = (of: 'closed' | 'stale'): number => each.reduce((total, one) => total + one[of], 0)
  same(is, { closed: sum('closed'), stale: sum('stale') }, 'settle')
}

export function settlementsOf(held: readonly Taken[], picks: readonly Pick[]): Settlement[] {
  if (held.length === 0) return []
  return picks.map(({ which, fate }) => {
    const { version, lease } = held[which % held.length]!
    return { id: version.id, lease, ...fateOf(fate) }
  })
}

export function discardedOf(n: number) {
  const { id, key, versionId } = booking(n).version
  return { id, key, versionId, who: 'ann@host', reason: 'a test' }
}

function bookingsOf({ ns, soon }: { readonly ns: readonly number[]; readonly soon: boolean }) {
  return ns.map((n) => booking(n, { dueInMs: soon ? SOON : LATER }))
}

export function fateOf({ to, soon, reason }: Fate) {
  const ms = soon ? SOON : LATER
  const why = reason ? { reason: `${to}|because` } : {}
  switch (to) {
    case 'waiting':
    case 'late':
      return { to: 'wait', state: to, againInMs: ms, ...why } as const
    case 'mismatched':
    case 'failed':
      return { to: 'park', state: to, recheckInMs: ms, reason: `${to}|because` } as const
    case 'closed':
      return { to: 'close', verdict: soon ? 'landed' : 'gone', evidence: reason ? 'event' : 'head' } as const
  }
}
