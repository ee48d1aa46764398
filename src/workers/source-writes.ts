/** S3's own count of writes beside ours, for pairs that name its metrics; asked for beside the report, which never waits for it. */
import { isLandfallError } from '../domain/errors.ts'
import type { SourceWrites } from '../domain/snapshot.ts'
import type { Clock, Log } from '../ports.ts'

export interface PairToCount {
  readonly name: string
  readonly source: { readonly bucket: string; readonly region: string; readonly account: string }
  readonly alarms: { readonly requestsFilter?: string | undefined }
}

/** What is known of the pair by now. Never rejects, never waits. */
export type AskSourceWrites = (pair: string) => SourceWrites | undefined

const MINUTE_MS = 60_000
/** S3 publishes minutes late: what is younger than this is not complete. */
const LAG_MS = 5 * MINUTE_MS
const WINDOW_MS = 15 * MINUTE_MS
/** Each metric that is asked for is paid. */
const EVERY_MS = 5 * MINUTE_MS
/** Older than this it says nothing about now. */
const STALE_MS = 15 * MINUTE_MS

export function makeSourceWrites(needs: {
  readonly pairs: readonly PairToCount[]
  readonly count: (of: {
    readonly bucket: PairToCount['source']
    readonly filter: string
    readonly fromMs: number
    readonly toMs: number
  }) => Promise<number | undefined>
  readonly clock: Clock
  readonly log: Log
}): AskSourceWrites {
  const { count, clock, log } = needs
  const pairs = new Map(needs.pairs.map((pair) => [pair.name, pair]))
  const known = new Map<string, SourceWrites>()
  const askedAt = new Map<string, number>()
  /** Told of once. */
  const silent = new Set<string>()

  async function ask({ name, source }: PairToCount, filter: string, now: number): Promise<void> {
    // GetMetricData rounds down to the minute: a write from before `fromMs` would be counted, and its event be too old.
    const toMs = Math.floor((now - LAG_MS) / MINUTE_MS) * MINUTE_MS
    const fromMs = toMs - WINDOW_MS
    try {
      const writes = await count({ bucket: source, filter, fromMs, toMs })
      if (writes === undefined) known.delete(name)
      else known.set(name, { count: writes, fromMs })
      if (silent.delete(name)) log.info({ pair: name }, "S3's own count of writes is read again")
    } catch (error) {
      known.delete(name)
      if (silent.has(name)) return
      silent.add(name)
      const next = isLandfallError(error) ? error.hint : undefined
      log.warn({ pair: name, err: error, next }, "S3's own count of writes cannot be read; its alarm rests")
    }
  }

  return (name) => {
    const pair = pairs.get(name)
    const filter = pair?.alarms.requestsFilter
    if (pair === undefined || filter === undefined) return undefined
    const now = clock.now()
    if (now - (askedAt.get(name) ?? -Infinity) >= EVERY_MS) {
      askedAt.set(name, now)
      void ask(pair, filter, now)
    }
    const writes = known.get(name)
    return writes !== undefined && now - writes.fromMs <= LAG_MS + WINDOW_MS + STALE_MS ? writes : undefined
  }
}
