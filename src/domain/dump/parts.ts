/**
 * How a dump is cut into parts. Its size is not known before it ends, so parts are made to fit ten times what is
 * expected, within what memory allows.
 *
 * Source: Amazon S3 user guide, "Amazon S3 multipart upload limits" (5 MiB to 5 GiB, 10,000 parts).
 */
export const MOST_PARTS = 10_000

const MIB = 2 ** 20
/** Below 8 MiB the requests cost more than the bytes. */
const SMALLEST = 8 * MIB
const LARGEST = 64 * MIB
const SPARE = 10
/** Of all parts that are in memory at one time. */
const MEMORY = 48 * MIB
const MOST_AT_ONCE = 4

export interface PartPlan {
  /** Bytes; the last part may be smaller. */
  readonly size: number
  /** Parts under way at one time; one more is being filled. */
  readonly concurrency: number
  /** What fits in all. */
  readonly most: number
}

export function planParts(expectedBytes: number): PartPlan {
  const fit = Math.ceil((expectedBytes * SPARE) / MOST_PARTS / MIB) * MIB
  const size = Math.min(LARGEST, Math.max(SMALLEST, fit))
  const concurrency = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(MEMORY / size) - 1))
  return { size, concurrency, most: size * MOST_PARTS }
}
