/** The last days of a catalog at one glance: a letter a day, a line an ISO week. Pure. */
import type { CatalogEntry } from './catalog.ts'
import { isoWeek } from './retention.ts'

/** - `D` drilled · `V` verified and replicated · `v` verified · `u` unverified · `F` failed, and nothing better · `.` none */
export const DAY_LETTERS = ['D', 'V', 'v', 'u', 'F', '.'] as const
export type DayLetter = (typeof DAY_LETTERS)[number]

const DAY_MS = 86_400_000

/** The best of a day's dumps. */
export function letterOf(entries: readonly Pick<CatalogEntry, 'state' | 'replica' | 'drill' | 'expired'>[]): DayLetter {
  const there = entries.filter(({ expired }) => !expired)
  const some = (test: (entry: (typeof there)[number]) => boolean): boolean => there.some(test)
  if (some(({ drill }) => drill?.verdict === 'restored')) return 'D'
  if (some(({ state, replica }) => state === 'verified' && replica !== undefined)) return 'V'
  if (some(({ state }) => state === 'verified')) return 'v'
  if (some(({ state }) => state === 'unverified')) return 'u'
  return there.length > 0 ? 'F' : '.'
}

/** `days` days up to today, UTC; a blank where a week has days outside of them. */
export function calendarOf(
  entries: readonly CatalogEntry[],
  { now, days = 30 }: { readonly now: number; readonly days?: number },
): readonly { readonly week: string; readonly days: readonly (DayLetter | ' ')[] }[] {
  const today = Math.floor(now / DAY_MS)
  const byDay = Map.groupBy(entries, ({ at }) => Math.floor(at / DAY_MS))
  const first = today - days + 1
  const weeks: { week: string; days: (DayLetter | ' ')[] }[] = []
  // Day 0 was a Thursday.
  for (let monday = first - ((first + 3) % 7); monday <= today; monday += 7) {
    const letters = Array.from({ length: 7 }, (_, offset) => {
      const day = monday + offset
      return day < first || day > today ? ' ' : letterOf(byDay.get(day) ?? [])
    })
    weeks.push({ week: isoWeek(monday * DAY_MS), days: letters })
  }
  return weeks
}
