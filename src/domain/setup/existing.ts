/** What replicating the objects from before a rule costs and takes: an estimate, and an upper bound of it. Pure. */
import { costOfJob, PRICES } from '../repair/cost.ts'

export interface ExistingCost {
  readonly versions: number
  readonly bytes: number
  readonly dollars: number
  readonly hours: number
}

/**
 * S3 promises no pace for batch replication. These are cautious guesses of ours: small objects go by number, large ones by bytes.
 */
const VERSIONS_PER_SECOND = 500
const BYTES_PER_SECOND = 125e6
/** "What does Amazon S3 replicate?": up to five GET and HEAD requests at the source for each object. */
const READS = 5

/** `versions` and `bytes`: all that the source holds, since a listing does not tell what is replicated already. */
export function costOfExisting({
  versions,
  bytes,
}: {
  readonly versions: number
  readonly bytes: number
}): ExistingCost {
  const each = PRICES.batchObject + PRICES.put + READS * PRICES.get
  const dollars = versions === 0 ? 0 : costOfJob('batch').dollars + versions * each + bytes * PRICES.transferredByte
  const seconds = Math.max(versions / VERSIONS_PER_SECOND, bytes / BYTES_PER_SECOND)
  return { versions, bytes, dollars, hours: seconds / 3600 }
}
