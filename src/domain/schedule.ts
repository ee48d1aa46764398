/**
 * When to look for a replica. Two aims pull apart: know soon, and pay little (a HEAD a version is the floor when only
 * HEAD tells, and almost none is needed where the destination's own events land the versions).
 *
 * Pure; all times in milliseconds. docs/adr/0004-decide.md says why it is so.
 */
import type { LagSummary } from './snapshot.ts'

/** Below this many observed lags the percentiles say nothing. */
const ENOUGH = 20
/**
 * From this share on the destination's events are waited for. Low on purpose: a look before the event has travelled
 * takes its place, so a threshold that needed many events would never be reached from a first look that is too soon.
 */
const EVENTS_COME = 0.1
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

export interface FirstLook {
  /** Of the pair's last 24 hours. */
  readonly lag: LagSummary
  /** Share (0 to 1) of recently landed versions whose evidence was the destination's own event. */
  readonly eventShare: number
  readonly policy: {
    readonly firstLook: { readonly minMs: number; readonly maxMs: number }
    readonly lateAfterMs: number
  }
}

/**
 * How long after the source's event to look for the first time: between `firstLook.minMs` and `firstLook.maxMs`, and
 * never beyond half of `lateAfterMs`, so that a lost event is found before it counts as late.
 */
export function firstLookMs({ lag, eventShare, policy }: FirstLook): number {
  const { firstLook, lateAfterMs } = policy
  const most = Math.min(firstLook.maxMs, lateAfterMs / 2)
  const clamp = (ms: number): number => Math.round(Math.min(most, Math.max(firstLook.minMs, ms)))
  const guess = clamp(lateAfterMs / 30)
  const { count, upper, p50, p95, p99 } = lag
  if (count < ENOUGH || p50 === undefined || p95 === undefined || p99 === undefined) return guess

  // Lag is between event times, but the destination's event has to travel to us too, sometimes for a minute.
  const tail = tailOf(upper / count, p50, p95, p99)
  if (eventShare >= EVENTS_COME) return clamp(Math.max(3 * tail, tail + lateAfterMs / 15))
  if (upper * 2 <= count) return clamp(tail)

  // Only looks told: an observed lag is never shorter than our own first look, so following a percentile upwards would
  // run away. The gap between percentiles tells how many needed a second look instead, and the first look moves until
  // that is 1 to 5 %. A bucket rounds up by at most 19 %: less than 1.2 apart is the same look. It never moves below the
  // guess: a day's histogram can't tell a first look that was sooner lately from one that was too soon.
  if (p95 > p50 * 1.2) return clamp(Math.max(guess, p95))
  if (p99 > p50 * 1.2) return clamp(Math.max(guess, p50 / 1.09))
  return clamp(Math.max(guess, p50 * 0.75))
}

/**
 * The 99th percentile of the lags that events told. Lags that only a look told are as long as our own first look, and
 * sit above the others: a percentile that they reach is not of the replication. Then the tail is taken from the
 * percentiles below, as of a log-normal distribution (0.41: how far 99 % is beyond 95 %, seen from the median).
 */
function tailOf(lookShare: number, p50: number, p95: number, p99: number): number {
  if (lookShare <= 0.005) return p99
  if (lookShare <= 0.04) return p95 * (p95 / p50) ** 0.41
  return p50 * 4
}

export interface NextLook {
  /** Since the source's event. */
  readonly ageMs: number
  /** Looks made so far, this one included. */
  readonly looks: number
  readonly lateAfterMs: number
  readonly failAfterMs: number
  /** In [0, 1): spreads versions that were written together. */
  readonly random: number
}

/**
 * How long to wait before the next look at a version whose replica is absent. Grows with age and with looks; at most a
 * quarter of `lateAfterMs` before the version is late, later at most 15 minutes, after a day at most an hour. A look is
 * never put beyond the moment at which the version turns late or failed: those are counted on time.
 */
export function nextLookMs({ ageMs, looks, lateAfterMs, failAfterMs, random }: NextLook): number {
  const age = Math.max(0, ageMs)
  const least = Math.max(1, lateAfterMs / 300)
  // Replication lags are log-normal: a version that took this long takes about as long again. The second term is for
  // versions that are old already when we first see them (an outage of ours): their age says nothing about S3.
  const wanted = Math.min(age / 2, (lateAfterMs / 30) * 2 ** Math.min(30, Math.max(0, looks)))
  const most = age < lateAfterMs ? lateAfterMs / 4 : age < DAY ? 15 * MINUTE : 60 * MINUTE
  const jittered = Math.min(most, Math.max(least, wanted * (0.8 + 0.4 * random)))
  const milestone = age < lateAfterMs ? lateAfterMs : age < failAfterMs ? failAfterMs : Number.POSITIVE_INFINITY
  // Just after the milestone, spread a little: thousands written in one second would turn late in one second.
  const atMilestone = milestone - age + least * random
  return Math.ceil(jittered < atMilestone ? jittered : Math.min(most, atMilestone))
}
