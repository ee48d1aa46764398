/** Any history keeps the ledger's invariants: one worker after the other, and several at once. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { connectLedger, type LedgerConnection } from '../../../src/ledger/connection.ts'
import { makeLedger } from '../../../src/ledger/ledger.ts'
import { LIMITS } from '../../../src/ledger/limits.ts'
import { makeScripts } from '../../../src/ledger/scripts.ts'
import type { Ledger, Taken } from '../../../src/ports.ts'
import { fc } from '../../support/fc.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { arrival, booking, idOf } from '../../support/versions.ts'
import { discardedOf, fateOf, histories, play, type Repairing, settlementsOf, type Step, TOKENS } from './history.ts'
import { checkInvariants, lookInside } from './inside.ts'

// Shards of two ids, so that even a few versions are spread by splitting.
const scripts = makeScripts({ ...LIMITS, shardLoad: 2 })
const prefix = randomPrefix()
const connections: LedgerConnection[] = []
const ledgers: Repairing[] = []

beforeAll(async () => {
  for (let worker = 0; worker < 3; worker += 1) {
    const connection = await connectLedger(inject('redisUrl'))
    connections.push(connection)
    ledgers.push(makeLedger({ connection, clock: Date, durability: 'window', prefix, scripts }))
  }
})

afterAll(() => {
  for (const connection of connections) connection.disconnect()
})

describe('the ledger keeps its invariants', () => {
  it('after every step of any history', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (steps) => {
        const pair = randomPrefix()
        await play({ ledger: ledgers[0]!, pair, look: () => lookInside(connections[0]!, prefix, pair, TOKENS) }, steps)
      }),
      { numRuns: runs(150) },
    )
  })

  it('with several workers at once, in every snapshot taken meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(histories, histories, histories), async (scripts) => {
        const pair = randomPrefix()
        let done = false
        const watching = watch(ledgers[0]!, pair, () => done)
        const sums = await Promise.all(scripts.map((steps, worker) => work(ledgers[worker]!, pair, steps)))
        done = true
        await watching
        checkInvariants(await lookInside(connections[0]!, prefix, pair, TOKENS))
        const { received, reopened, closed } = await ledgers[0]!.snapshot(pair)
        const total = (of: (sum: Sums) => number): number => sums.reduce((all, sum) => all + of(sum), 0)
        expect(received).toBe(total((sum) => sum.received))
        expect(reopened).toBe(total((sum) => sum.reopened))
        expect(closed.landed + closed.gone + closed.discarded).toBe(total((sum) => sum.closed))
      }),
      { numRuns: runs(60) },
    )
  })
})

/** `FC_RUNS=n` plays more of them. */
function runs(usual: number): number {
  return Number(process.env['FC_RUNS'] ?? usual)
}

interface Sums {
  received: number
  reopened: number
  closed: number
}

async function watch(ledger: Ledger, pair: string, done: () => boolean): Promise<void> {
  while (!done()) {
    const { received, reopened, closed, open } = await ledger.snapshot(pair)
    const total = [...Object.values(closed), ...Object.values(open)].reduce((a, b) => a + b, 0)
    expect(received + reopened).toBe(total)
  }
}

/** Does its steps as fast as it can, and adds up what the ledger says it did. */
async function work(ledger: Repairing, pair: string, steps: readonly Step[]): Promise<Sums> {
  const sums: Sums = { received: 0, reopened: 0, closed: 0 }
  const held: Taken[] = []
  for (const step of steps) {
    switch (step.do) {
      case 'book': {
        const { received } = await ledger.book(
          pair,
          step.ns.map((n) => booking(n)),
        )
        sums.received += received
        break
      }
      case 'reopen': {
        const reopened = await ledger.reopen(
          pair,
          step.ns.map((n) => booking(n)),
        )
        sums.reopened += reopened
        break
      }
      case 'arrive':
        await ledger.arrive(
          pair,
          step.ns.map((n) => arrival(n)),
        )
        break
      case 'nudge':
        await ledger.nudge(
          pair,
          step.ns.map((n) => ({ id: idOf(n) })),
        )
        break
      case 'take': {
        const taken = await ledger.take(pair, { max: step.max, leaseMs: step.crash ? -1_000 : 60_000 })
        held.push(...taken)
        break
      }
      case 'settle': {
        const { closed } = await ledger.settle(pair, settlementsOf(held, step.picks))
        sums.closed += closed
        break
      }
      case 'decide': {
        const { closed } = await ledger.settle(pair, [{ id: idOf(step.n), ...fateOf(step.fate) }])
        sums.closed += closed
        break
      }
      case 'claim':
        await ledger.claim(pair, { token: step.token, strategy: 'batch', ids: step.ns.map(idOf) })
        break
      case 'unclaim':
        await ledger.unclaim(
          pair,
          step.token,
          step.ns.map((n) => ({ id: idOf(n), outcome: step.outcome })),
        )
        break
      case 'want':
        await ledger.want(pair, { by: 'ann@host', ids: step.ns.map(idOf) })
        break
      case 'discard': {
        const closed = await ledger.discard(pair, step.ns.map(discardedOf))
        sums.closed += closed
        break
      }
    }
  }
  return sums
}
