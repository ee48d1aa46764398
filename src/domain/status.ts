/**
 * What `landfall status` says, the snapshot in S3 keeps, and the page shows: one document, made in one place.
 */
import type { DumpHealth } from './dump/health.ts'
import { atRisk } from './metrics.ts'
import type { LedgerHealth, LedgerIdentity, PairSnapshot, QueueDepth, ServiceCounts } from './snapshot.ts'
import { type OpenVersion, VERDICTS } from './version.ts'

/** Version of the document's shape; readers refuse a newer major. */
export const STATUS_FORMAT = 1

export interface Equation {
  readonly received: number
  readonly reopened: number
  readonly closed: number
  readonly open: number
  /** received + reopened = closed + open */
  readonly holds: boolean
}

export interface PairStatus extends PairSnapshot {
  readonly atRisk: number
  readonly oldestSeconds: number
  readonly equation: Equation
  /** The oldest open versions, oldest first: the head of the open list. */
  readonly head: readonly OpenVersion[]
}

export interface QueueStatus {
  readonly queue: string
  /** Seconds since the newest event that came by this queue happened; undefined: none was ever seen. */
  readonly newestEventAge?: number | undefined
  readonly depth?: QueueDepth | undefined
}

export interface StatusReport {
  readonly format: typeof STATUS_FORMAT
  /** ISO 8601, UTC. */
  readonly at: string
  readonly estate: string
  readonly equation: Equation
  readonly atRisk: { readonly versions: number; readonly bytes: number; readonly oldestSeconds: number }
  readonly pairs: readonly PairStatus[]
  readonly queues: readonly QueueStatus[]
  /** Those whose buckets answered; absent where the estate has none. */
  readonly dumps?: readonly DumpHealth[] | undefined
  readonly counters: ServiceCounts
  readonly ledger: LedgerHealth
  /** Absent until the first snapshot was written. */
  readonly identity?: LedgerIdentity | undefined
}

export function equationOf(pair: Pick<PairSnapshot, 'received' | 'reopened' | 'closed' | 'open'>): Equation {
  const closed = VERDICTS.reduce((sum, verdict) => sum + pair.closed[verdict], 0)
  const open = pair.open.waiting + pair.open.late + pair.open.mismatched + pair.open.failed
  return balance({ received: pair.received, reopened: pair.reopened, closed, open })
}

function balance(sides: Omit<Equation, 'holds'>): Equation {
  return { ...sides, holds: sides.received + sides.reopened === sides.closed + sides.open }
}

export interface StatusParts {
  readonly now: number
  readonly estate: string
  readonly pairs: readonly { readonly snapshot: PairSnapshot; readonly head: readonly OpenVersion[] }[]
  readonly queues: readonly string[]
  readonly newestEvents: ReadonlyMap<string, number>
  readonly depths?: readonly QueueDepth[] | undefined
  readonly dumps?: readonly DumpHealth[] | undefined
  readonly counters: ServiceCounts
  readonly ledger: LedgerHealth
  readonly identity?: LedgerIdentity | undefined
}

export function statusReport(parts: StatusParts): StatusReport {
  const ageOf = (since: number | undefined): number | undefined =>
    since === undefined ? undefined : Math.max(0, (parts.now - since) / 1000)
  const pairs = parts.pairs.map(({ snapshot, head }): PairStatus => ({
    ...snapshot,
    atRisk: atRisk(snapshot),
    oldestSeconds: ageOf(snapshot.oldest) ?? 0,
    equation: equationOf(snapshot),
    head,
  }))
  const sum = (of: (pair: PairStatus) => number): number => pairs.reduce((total, pair) => total + of(pair), 0)
  const total = balance({
    received: sum((pair) => pair.received),
    reopened: sum((pair) => pair.reopened),
    closed: sum((pair) => pair.equation.closed),
    open: sum((pair) => pair.equation.open),
  })
  return {
    format: STATUS_FORMAT,
    at: new Date(parts.now).toISOString(),
    estate: parts.estate,
    // Two pairs that are off by the same amount in opposite directions must not look right together.
    equation: { ...total, holds: total.holds && pairs.every((pair) => pair.equation.holds) },
    atRisk: {
      versions: sum((pair) => pair.atRisk),
      bytes: sum((pair) => pair.bytesAtRisk),
      oldestSeconds: Math.max(0, ...pairs.map((pair) => pair.oldestSeconds)),
    },
    pairs,
    queues: parts.queues.map((queue) => ({
      queue,
      newestEventAge: ageOf(parts.newestEvents.get(queue)),
      depth: parts.depths?.find((depth) => depth.queue === queue),
    })),
    ...(parts.dumps && { dumps: parts.dumps }),
    counters: parts.counters,
    ledger: parts.ledger,
    ...(parts.identity && { identity: parts.identity }),
  }
}
