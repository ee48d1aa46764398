/**
 * Which dumps `landfall dump prune` keeps: grandfather, father, son, by whole UTC days, ISO weeks, months and years, on
 * top of what the bucket's lifecycle does. Pure; in doubt a dump is kept, and every answer says why.
 */
import type { DumpState } from './catalog.ts'

export interface Retained {
  /** Unique among them. */
  readonly id: string
  /** When the dump was begun, ms. */
  readonly at: number
  readonly state: DumpState
  /** Object Lock, ms. */
  readonly lockedUntil?: number | undefined
  /** Its lock could not be read: kept. */
  readonly lockUnknown?: boolean | undefined
}

export interface RetentionCounts {
  readonly last: number
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
  readonly yearly: number
}

export interface RetentionPlan {
  /** Newest first, both. */
  readonly kept: readonly { readonly dump: Retained; readonly why: readonly string[] }[]
  readonly pruned: readonly Retained[]
  /** Why nothing may be pruned at all now, whatever the counts say. */
  readonly refused?: string | undefined
}

/** A name from a clock that runs ahead is no fresh dump. */
const AHEAD_MS = 3_600_000

export function planRetention(needs: {
  readonly dumps: readonly Retained[]
  readonly retention: RetentionCounts
  /** Older than that, the newest dump is stale. */
  readonly freshMs: number
  readonly now: number
}): RetentionPlan {
  const { retention, freshMs, now } = needs
  const dumps = needs.dumps.toSorted((one, other) => other.at - one.at || (one.id < other.id ? 1 : -1))
  const why = new Map<string, string[]>(dumps.map(({ id }) => [id, []]))
  const keep = (dump: Retained, reason: string): void => void why.get(dump.id)!.push(reason)

  const past = dumps.filter(({ at }) => at <= now + AHEAD_MS)
  const good = past.filter(({ state }) => state === 'verified')
  const newestGood = good[0]
  const refused = refusal(past, newestGood, { freshMs, now })

  for (const dump of dumps) {
    if (dump.at > now + AHEAD_MS) keep(dump, 'its name lies in the future')
    if (dump.lockedUntil !== undefined && dump.lockedUntil > now) {
      keep(dump, `locked until ${new Date(dump.lockedUntil).toISOString()}`)
    }
    if (dump.lockUnknown === true) keep(dump, 'its lock could not be read')
    // Nothing that is newer than the last verified one was replaced by anything.
    if (newestGood !== undefined && dump.at > newestGood.at) keep(dump, 'newer than the last verified')
  }
  if (newestGood !== undefined) keep(newestGood, 'the last verified')

  for (const [index, dump] of good.slice(0, retention.last).entries()) keep(dump, `last ${index + 1}`)
  // While the last ones are kept, so is what failed among them: somebody may want to know why.
  const oldestLast = good[Math.min(retention.last, good.length) - 1]
  for (const dump of past) {
    if (
      dump.state !== 'verified' &&
      oldestLast !== undefined &&
      dump.at >= oldestLast.at &&
      why.get(dump.id)!.length === 0
    )
      keep(dump, `${dump.state}, among the last`)
  }

  for (const [period, of] of PERIODS) {
    let left = retention[period]
    for (const [label, members] of Map.groupBy(past, ({ at }) => of(at))) {
      if (left <= 0) break
      // A verified one stands for its period; where there is none, an unverified one is better than nothing.
      const stands =
        members.find(({ state }) => state === 'verified') ?? members.find(({ state }) => state === 'unverified')
      if (stands === undefined) continue
      keep(stands, `${period} ${label}`)
      left -= 1
    }
  }
  if (refused !== undefined) for (const dump of dumps) if (why.get(dump.id)!.length === 0) keep(dump, refused)

  return {
    kept: dumps.flatMap((dump) => (why.get(dump.id)!.length > 0 ? [{ dump, why: why.get(dump.id)! }] : [])),
    pruned: dumps.filter(({ id }) => why.get(id)!.length === 0),
    ...(refused !== undefined && { refused }),
  }
}

function refusal(
  past: readonly Retained[],
  newestGood: Retained | undefined,
  { freshMs, now }: { readonly freshMs: number; readonly now: number },
): string | undefined {
  if (past.length === 0) return undefined
  if (newestGood === undefined) return 'no dump is verified'
  if (now - past[0]!.at > freshMs) return 'the newest dump is stale'
  // What comes in is not verified any more: the old ones may be the only good ones.
  return now - newestGood.at > freshMs ? 'the newest verified dump is stale' : undefined
}

type Period = 'daily' | 'weekly' | 'monthly' | 'yearly'

const PERIODS: readonly (readonly [Period, (at: number) => string])[] = [
  ['daily', (at) => new Date(at).toISOString().slice(0, 10)],
  ['weekly', isoWeek],
  ['monthly', (at) => new Date(at).toISOString().slice(0, 7)],
  ['yearly', (at) => new Date(at).toISOString().slice(0, 4)],
]

const DAY_MS = 86_400_000

/** `2026-W53`: weeks begin on Monday, and belong to the year that their Thursday is in (ISO 8601). */
export function isoWeek(at: number): string {
  const day = Math.floor(at / DAY_MS)
  // 1 January 1970 was a Thursday: day 0.
  const thursday = day - ((((day + 3) % 7) + 7) % 7) + 3
  const year = new Date(thursday * DAY_MS).getUTCFullYear()
  const first = Math.floor(Date.UTC(year, 0, 1) / DAY_MS)
  return `${year}-W${String(Math.floor((thursday - first) / 7) + 1).padStart(2, '0')}`
}
