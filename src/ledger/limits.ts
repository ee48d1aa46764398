/** The ledger's fixed numbers. Those of `seen` are a format: changing them makes old shards unreadable (docs/ledger.md). */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Ids a script call handles at most: a call of 500 blocks Redis for a few milliseconds. */
export const IDS_PER_CALL = 500

/** Minutes or hours of the history that a script call reads: two hashes each. */
export const SLOTS_PER_CALL = 240

export interface Limits {
  /** How long an arrival waits for its version to be booked. */
  readonly earlyMs: number
  /** Arrivals kept per pair (about 300 bytes each): the oldest go first. */
  readonly earlyMax: number
  /** A duplicate is known for one to two generations; SQS keeps a message for at most 14 days. */
  readonly generationMs: number
  /**
   * Ids per shard of `seen` on average, when a shard is split. A set of integers stays 8 bytes an id up to Redis'
   * default `set-max-intset-entries` of 512; shards not yet split hold up to twice this, and six deviations more.
   */
  readonly shardLoad: number
  readonly lagMinutesMs: number
  readonly lagHoursMs: number
}

export const LIMITS: Limits = {
  earlyMs: HOUR,
  earlyMax: 100_000,
  generationMs: 14 * DAY,
  shardLoad: 160,
  // An hour more than a day, so that the last 24 hours are whole while their first hour runs out.
  lagMinutesMs: DAY + HOUR,
  lagHoursMs: 8 * DAY,
}
