/** How one dump stands, out of its catalog: the ground of its metrics and of its line in `status`. Pure. */
import { calendarOf, type DayLetter } from './calendar.ts'
import { type CatalogEntry, type DumpState, storedAt } from './catalog.ts'

export interface DumpHealth {
  readonly dump: string
  /** When the newest dump was begun, ms; absent: there is none. */
  readonly newest?: number | undefined
  readonly newestState?: DumpState | undefined
  readonly newestVerified?: number | undefined
  /** When the newest drill that restored one began, ms. */
  readonly newestDrilled?: number | undefined
  /** Of the newest dump, as it is stored. */
  readonly bytes?: number | undefined
  /** Its size over that of the one before. */
  readonly sizeRatio?: number | undefined
  /** Of the last week: neither verified nor failed. */
  readonly unverified: number
  /** Of the last week. */
  readonly failed: number
  /** When the oldest dump of the last week was written that the replica's bucket lacks, ms; absent: it has them all. */
  readonly unreplicatedSince?: number | undefined
  /** Whether a replica is expected at all. */
  readonly replicated: boolean
  /** The last 30 days, oldest first; absent: there is none, and was none in them. */
  readonly days?: DumpDays | undefined
}

export interface DumpDays {
  /** When the last of these days began (UTC), ms: of a bucket that does not answer any more it is not today. */
  readonly last: number
  readonly letters: readonly DayLetter[]
}

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS

export function dumpHealthOf(
  dump: string,
  entries: readonly CatalogEntry[],
  { now, replicated }: { readonly now: number; readonly replicated: boolean },
): DumpHealth {
  // What was overwritten is no dump of its own any more; what a clock dates ahead would be the newest for ever.
  const past = entries.filter(({ at, here }) => at <= now + 3_600_000 && here?.superseded !== true)
  const there = past.filter(({ expired }) => !expired).toSorted((one, other) => other.at - one.at)
  const week = there.filter(({ at }) => now - at <= WEEK_MS)
  const [last, before] = there
  const [bytes, bytesBefore] = [sizeOf(last), sizeOf(before)]
  const drills = past.flatMap(({ drill }) => (drill?.verdict === 'restored' ? [Date.parse(drill.startedAt)] : []))
  const missing = week.filter(({ here, replica }) => here !== undefined && replica === undefined).map(storedAt)
  const verified = there.find(({ state }) => state === 'verified')
  return {
    dump,
    ...(last && { newest: last.at, newestState: last.state }),
    ...(verified && { newestVerified: verified.at }),
    ...(drills.length > 0 && { newestDrilled: Math.max(...drills) }),
    ...(bytes !== undefined && { bytes }),
    ...(bytes !== undefined && bytesBefore !== undefined && bytesBefore > 0 && { sizeRatio: bytes / bytesBefore }),
    unverified: week.filter(({ state }) => state === 'unverified').length,
    failed: week.filter(({ state }) => state === 'failed').length,
    ...(replicated && missing.length > 0 && { unreplicatedSince: Math.min(...missing) }),
    replicated,
    ...daysOf(past, now),
  }
}

function daysOf(entries: readonly CatalogEntry[], now: number): { readonly days?: DumpDays } {
  const letters = calendarOf(entries, { now }).flatMap(({ days }) => days.filter((day) => day !== ' '))
  if (letters.every((letter) => letter === '.')) return {}
  return { days: { last: Math.floor(now / DAY_MS) * DAY_MS, letters } }
}

function sizeOf(entry: CatalogEntry | undefined): number | undefined {
  return (entry?.here ?? entry?.replica)?.size
}
