/** What every alarm is put together from. */
import type { PairLimits, Thresholds } from './causes.ts'

interface Place {
  readonly bucket: string
  readonly region: string
}

/** The part of the estate that alarms are made of. */
export interface AlarmEstate {
  readonly name: string
  readonly pairs: readonly {
    readonly name: string
    readonly source: Place
    readonly destination: Place
    readonly lateAfterMs: number
    readonly auditEveryMs?: number | undefined
    readonly alarms: PairLimits
  }[]
  readonly queues: readonly { readonly name: string; readonly region: string }[]
  readonly dumps: readonly {
    readonly name: string
    readonly place: Place
    readonly pair?: string | undefined
    readonly freshMs: number
    readonly drill: { readonly everyMs: number }
    readonly bounds: { readonly smallest: number; readonly largest: number }
  }[]
  readonly service: {
    readonly metrics: { readonly everyMs: number }
    readonly doctor: { readonly canaryEveryMs?: number | undefined }
    readonly alarms: {
      readonly prefix: string
      readonly topics: readonly string[]
      readonly estateTopics: readonly string[]
      readonly runbook?: string | undefined
      readonly thresholds: Thresholds
      readonly budget: Budget
    }
  }
}

/** What every alarm of one subject (a pair, a queue, the service) has in common. */
export interface Subject {
  /** Of the names: `landfall-documents-production-`. */
  readonly stem: string
  /** Begins the text: the pair and its buckets. */
  readonly what: string
  readonly dimensions: Readonly<Record<string, string>>
}

/** Of an alarm's text. */
const MOST_TEXT = 1024

/** A period in which nothing is published would be missing data. */
export function periodOf(estate: AlarmEstate, leastSeconds: number): number {
  return Math.max(leastSeconds, Math.ceil(estate.service.metrics.everyMs / 60_000) * 60)
}

/** The cause with its bucket, the next command, and the way to the runbook. */
export function describe(
  estate: AlarmEstate,
  { cause, next }: { readonly cause: string; readonly next: string },
  says: string,
): string {
  const { runbook } = estate.service.alarms
  const link = runbook === undefined ? `docs/alarms.md#${cause}` : `${runbook}#${cause}`
  return `${says} Next: ${next}. Runbook: ${link}`.slice(0, MOST_TEXT)
}

/** A composite alarm's word for it. */
export const alarmed = (name: string): string => `ALARM("${name}")`

export interface Budget {
  /** Share of versions that must land within `late`, above 0 and below 1. */
  readonly objective: number
  /** Late versions in the long window below which nothing burns. */
  readonly least: number
}
