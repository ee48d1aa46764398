/**
 * What a re-drive costs, in versions, bytes and US dollars: an estimate for a budget, not a bill.
 *
 * Prices of eu-west-1 and eu-west-2, rounded up where the two differ. Storage of the replica is no cost of the re-drive:
 * it was due anyway.
 */
import type { Strategy, ToDrive } from './words.ts'

/** US dollars. Source of all: the page "Amazon S3 pricing" (tabs in brackets). */
export const PRICES = {
  /** A job of S3 Batch Operations (Management and insights). */
  batchJob: 0.25,
  /** An object of such a job, besides the requests: 1.00 a million (Management and insights). */
  batchObject: 1 / 1e6,
  /** PUT, COPY, POST or LIST: 0.0053 a thousand in eu-west-2 (Requests and data retrievals). */
  put: 0.0053 / 1000,
  /** GET, HEAD and all others: 0.00042 a thousand in eu-west-2 (Requests and data retrievals). */
  get: 0.00042 / 1000,
  /** A GB that leaves eu-west-1 for another region: 0.02 (Data transfer). S3 bills GB of 10^9 bytes or more, never less. */
  transferredByte: 0.02 / 1e9,
} as const

/** "What does Amazon S3 replicate?": replication makes up to five GET and HEAD requests at the source for each object. */
const REPLICATION_READS = 5
/** A copy looks at both sides before it writes, and is verified after it: HEADs and listings of one key. */
const COPY_LOOKS = 4
const MIB = 2 ** 20
/** Parts of a multipart copy; smaller objects are one request. */
const PART = 64 * MIB

export interface Cost {
  readonly versions: number
  readonly bytes: number
  readonly dollars: number
}

export const NO_COST: Cost = { versions: 0, bytes: 0, dollars: 0 }

/** What one version adds to a re-drive. A size that no event told counts as nothing: the report's sums say so. */
export function costOf(strategy: Strategy, version: Pick<ToDrive, 'size' | 'kind'>): Cost {
  const bytes = version.kind === 'marker' ? 0 : (version.size ?? 0)
  const transfer = bytes * PRICES.transferredByte
  const parts = Math.max(1, Math.ceil(bytes / PART))
  switch (strategy) {
    case 'batch':
      return { versions: 1, bytes, dollars: PRICES.batchObject + replication(transfer) }
    case 'copy':
      return { versions: 1, bytes, dollars: (COPY_LOOKS + parts) * PRICES.get + parts * PRICES.put + transfer }
    case 'retrigger':
      // The copy in place stays in its region; the new version is then replicated.
      return { versions: 1, bytes, dollars: COPY_LOOKS * PRICES.get + parts * PRICES.put + replication(transfer) }
  }
}

function replication(transfer: number): number {
  return PRICES.put + REPLICATION_READS * PRICES.get + transfer
}

/** What a re-drive costs before its first version: S3 Batch Operations bills each job. */
export function costOfJob(strategy: Strategy): Cost {
  return strategy === 'batch' ? { ...NO_COST, dollars: PRICES.batchJob } : NO_COST
}

export function addCosts(...costs: readonly Cost[]): Cost {
  return costs.reduce(
    (sum, cost) => ({
      versions: sum.versions + cost.versions,
      bytes: sum.bytes + cost.bytes,
      dollars: sum.dollars + cost.dollars,
    }),
    NO_COST,
  )
}

/** Whether an hour's budget has room. */
export function fits(cost: Cost, budget: Cost): boolean {
  return cost.versions <= budget.versions && cost.bytes <= budget.bytes && cost.dollars <= budget.dollars
}

/** The estimate of a whole re-drive: what is shown before anything dear is done. */
export function estimate(strategy: Strategy, versions: readonly Pick<ToDrive, 'size' | 'kind'>[]): Cost {
  if (versions.length === 0) return NO_COST
  // One by one: a call takes no hundred thousand arguments.
  return versions.reduce((sum, version) => addCosts(sum, costOf(strategy, version)), costOfJob(strategy))
}
