/**
 * Takes a pair's due versions under a lease, finds out what became of them, and settles, until none is due.
 *
 * The job carries no version: a job that is lost, doubled or stalled costs time only (design: the ledger is the truth).
 */
import { isLandfallError } from '../domain/errors.ts'
import type { JobData } from '../domain/jobs.ts'
import type { Fate } from '../domain/settlement.ts'
import type { OpenVersion } from '../domain/version.ts'
import type { Clock, Handler, Ledger, Log, Settlement, Taken } from '../ports.ts'
import { mapLimited } from './concurrency.ts'
import type { Investigate, PairToVerify } from './investigate.ts'

export interface VerifyNeeds {
  readonly pairs: readonly PairToVerify[]
  readonly ledger: Pick<Ledger, 'take' | 'settle'>
  readonly investigate: Investigate
  readonly clock: Clock
  readonly log: Log
  readonly leaseMs: number
  /** Looks under way at once in this job. */
  readonly concurrency: number
}

/** Versions a `take` may hold: each must be looked at within the lease, or another worker takes it again. */
const BATCH_PER_CONCURRENCY = 4
const BATCH_MOST = 500

/** A version whose look failed comes back after this; an outage of S3 is no verdict, and no reason to hammer. */
const AFTER_TROUBLE_MS = 5_000

export function makeVerify(needs: VerifyNeeds): Handler<JobData['verify']> {
  const { ledger, investigate, clock, log, leaseMs, concurrency } = needs
  const pairs = new Map(needs.pairs.map((pair) => [pair.name, pair]))
  const max = Math.min(BATCH_MOST, concurrency * BATCH_PER_CONCURRENCY)

  return async (data, signal) => {
    const pair = pairs.get(data.pair)
    // A job of an older configuration: the pair is gone, and with it the wish to verify it.
    if (pair === undefined) return { kind: 'done' }
    while (!signal.aborted) {
      const taken = await ledger.take(pair.name, { max, leaseMs })
      if (taken.length === 0) return { kind: 'done' }
      const troubles = new Map<string, { error: Error; count: number }>()
      const settlements = await mapLimited(taken, concurrency, async (one) => settle(pair, one, signal, troubles))
      const { stale } = await ledger.settle(pair.name, settlements)
      if (stale > 0) log.debug({ pair: pair.name, stale }, 'leases ran out before their versions were settled')
      for (const { error, count } of troubles.values()) {
        // One line for a batch, not one for each version: an outage must not drown its own cause.
        log.warn(
          { pair: pair.name, versions: count, err: error, ...nextStep(error) },
          'looks failed; the versions stay open',
        )
      }
      const failed = [...troubles.values()].reduce((sum, { count }) => sum + count, 0)
      if (failed === taken.length && !signal.aborted) {
        return { kind: 'wait', ms: AFTER_TROUBLE_MS, why: 'every look failed' }
      }
    }
    return { kind: 'done' }
  }

  async function settle(
    pair: PairToVerify,
    { version, lease }: Taken,
    signal: AbortSignal,
    troubles: Map<string, { error: Error; count: number }>,
  ): Promise<Settlement> {
    try {
      const settlement = await investigate(pair, version, signal)
      log.debug({ pair: pair.name, key: version.key, versionId: version.versionId, ...settlement }, 'settled')
      return { ...settlement, lease }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      if (!signal.aborted) {
        const kind = isLandfallError(error) ? error.code : error.message
        troubles.set(kind, { error, count: (troubles.get(kind)?.count ?? 0) + 1 })
      }
      return { id: version.id, lease, ...unlearnt(pair, version, clock.now(), signal.aborted ? 0 : AFTER_TROUBLE_MS) }
    }
  }
}

/** Nothing was learnt: what is parked stays parked, and time alone makes a version late. */
function unlearnt(pair: PairToVerify, version: OpenVersion, now: number, againInMs: number): Fate {
  if (version.state === 'failed' || version.state === 'mismatched') {
    return { to: 'park', state: version.state, reason: version.reason ?? 'LookFailed', recheckInMs: againInMs }
  }
  const late = version.state === 'late' || now - version.eventTime >= pair.lateAfterMs
  return { to: 'wait', state: late ? 'late' : 'waiting', againInMs }
}

function nextStep(error: Error): object {
  return isLandfallError(error) ? { code: error.code, next: error.hint } : {}
}
