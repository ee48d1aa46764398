/**
 * Takes a pair's due versions under a lease, finds out what became of them, and settles, until none is due.
 *
 * The job carries no version: a job that is lost, doubled or stalled costs time only (design: the ledger is the truth).
 */
import { isLandfallError } from '../domain/errors.ts'
import type { JobData } from '../domain/jobs.ts'
import { nextLookMs } from '../domain/schedule.ts'
import type { Fate } from '../domain/settlement.ts'
import type { OpenVersion } from '../domain/version.ts'
import type { Clock, Handler, Ledger, Log, Random, Settlement, Taken } from '../ports.ts'
import type { PairToSample, Sample } from './attributes.ts'
import { mapLimited } from './concurrency.ts'
import type { Investigate, PairToVerify } from './investigate.ts'

export interface VerifyNeeds {
  readonly pairs: readonly (PairToVerify & PairToSample)[]
  readonly ledger: Pick<Ledger, 'take' | 'settle'>
  readonly investigate: Investigate
  readonly sample: Sample
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly leaseMs: number
  /** Looks under way at once in this job. */
  readonly concurrency: number
}

/** Versions a `take` may hold: each must be looked at within the lease, or another worker takes it again. */
const BATCH_PER_CONCURRENCY = 4
const BATCH_MOST = 500

/** A job whose looks all failed rests so long: an outage of S3 is no reason to hammer it. */
const AFTER_TROUBLE_MS = 5_000

export function makeVerify(needs: VerifyNeeds): Handler<JobData['verify']> {
  const { ledger, investigate, sample, clock, random, log, leaseMs, concurrency } = needs
  const pairs = new Map(needs.pairs.map((pair) => [pair.name, pair]))
  /** By pair: what its looks fail with just now. One line when it begins, changes and ends. */
  const trouble = new Map<string, string>()
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
      tell(pair.name, troubles)
      const failed = [...troubles.values()].reduce((sum, { count }) => sum + count, 0)
      if (failed === taken.length && !signal.aborted) {
        return { kind: 'wait', ms: AFTER_TROUBLE_MS, why: 'every look failed' }
      }
    }
    return { kind: 'done' }
  }

  /** An outage must not drown its own cause: the versions stay open, and their number is in `status`. */
  function tell(pair: string, troubles: ReadonlyMap<string, { error: Error; count: number }>): void {
    const before = trouble.get(pair)
    const [kind, what] = [...troubles].toSorted(([, a], [, b]) => b.count - a.count)[0] ?? []
    if (kind === before) return
    if (kind === undefined || what === undefined) {
      trouble.delete(pair)
      log.info({ pair, was: before }, 'looks succeed again')
      return
    }
    trouble.set(pair, kind)
    const { error, count } = what
    log.warn(
      { pair, versions: count, error: error.message, ...nextStep(error) },
      'looks failed; the versions stay open',
    )
  }

  async function settle(
    pair: PairToVerify & PairToSample,
    { version, lease }: Taken,
    signal: AbortSignal,
    troubles: Map<string, { error: Error; count: number }>,
  ): Promise<Settlement> {
    try {
      const settlement = await investigate(pair, version, signal)
      if (settlement.to === 'close' && settlement.verdict === 'landed') sample(pair, version)
      return { ...settlement, lease }
    } catch (error) {
      if (!(error instanceof Error)) throw error
      if (!signal.aborted) {
        const kind = isLandfallError(error) ? error.code : error.message
        troubles.set(kind, { error, count: (troubles.get(kind)?.count ?? 0) + 1 })
      }
      if (signal.aborted) return { id: version.id, lease, ...untouched(version) }
      return { id: version.id, lease, ...unlearnt(pair, version) }
    }
  }

  /** Nothing was learnt: what is parked stays parked, and time alone makes a version late, and then failed. */
  function unlearnt(pair: PairToVerify, version: OpenVersion): Fate {
    const { lateAfterMs, failAfterMs, recheckAfterMs } = pair
    const ageMs = clock.now() - version.eventTime
    if (version.state === 'failed' || version.state === 'mismatched') {
      return { to: 'park', state: version.state, reason: version.reason ?? 'LookFailed', recheckInMs: recheckAfterMs }
    }
    if (ageMs >= failAfterMs) return { to: 'park', state: 'failed', reason: 'LookFailed', recheckInMs: recheckAfterMs }
    const againInMs = nextLookMs({ ageMs, looks: version.looks + 1, lateAfterMs, failAfterMs, random: random.next() })
    return { to: 'wait', state: ageMs >= lateAfterMs ? 'late' : 'waiting', againInMs }
  }
}

/** We stop: another worker may look at once. */
function untouched(version: OpenVersion): Fate {
  if (version.state === 'failed' || version.state === 'mismatched') {
    return { to: 'park', state: version.state, reason: version.reason ?? 'LookFailed', recheckInMs: 0 }
  }
  return { to: 'wait', state: version.state, againInMs: 0 }
}

function nextStep(error: Error): object {
  return isLandfallError(error) ? { code: error.code, next: error.hint } : {}
}
