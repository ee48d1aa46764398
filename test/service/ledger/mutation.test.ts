/** Every broken script is caught by the histories that the real ones pass (invariants.test.ts). */
import { describe, expect, inject, it } from 'vitest'
import { connectLedger } from '../../../src/ledger/connection.ts'
import { makeLedger } from '../../../src/ledger/ledger.ts'
import { LIMITS } from '../../../src/ledger/limits.ts'
import { makeScripts } from '../../../src/ledger/scripts.ts'
import { fc } from '../../support/fc.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { HISTORIES, play, TOKENS } from './history.ts'
import { lookInside } from './inside.ts'
import { halfOf, MUTANTS, mutate } from './mutants.ts'

const scripts = makeScripts({ ...LIMITS, shardLoad: 2 })

/** All at once; a busy machine gives each a share. */
const TIMEOUT = 120_000

describe('the histories catch', () => {
  it.concurrent.each(MUTANTS)('$breaks: $slip', { timeout: TIMEOUT }, async (mutant) => {
    const prefix = randomPrefix()
    // A connection of its own, since a connection knows one script by each name.
    const connection = await connectLedger(inject('redisUrl'))
    try {
      const broken = mutate(scripts, mutant)
      const ledger = makeLedger({ connection, clock: Date, durability: 'window', prefix, scripts: broken })
      const property = fc.asyncProperty(HISTORIES[halfOf(mutant)], async (steps) => {
        const pair = randomPrefix()
        await play({ ledger, pair, look: () => lookInside(connection, prefix, pair, TOKENS) }, steps)
      })
      const { failed, numRuns, seed } = await fc.check(property, { numRuns: 1_000, endOnFailure: true })
      expect(failed, `survived ${numRuns} histories, seed ${seed}`).toBe(true)
    } finally {
      connection.disconnect()
    }
  })
})
