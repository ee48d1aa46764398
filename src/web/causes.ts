/**
 * What failed, by cause, for the page: pair by pair, counted again only where something changed, and never for more than
 * a twentieth of the time, since a hundred thousand failures take the ledger a second to read.
 */
import { failureOf } from '../domain/failures.ts'
import { type Because, REST } from '../domain/redrive.ts'
import type { Group } from '../domain/repair/groups.ts'
import type { Selection } from '../domain/repair/selection.ts'
import type { Clock } from '../ports.ts'
import type { FailureGroup, FailuresView, PairRow } from './api.ts'

export interface CausesNeeds {
  /** By cause, of the selected pairs (workers/failures.ts). */
  readonly overview: (selection: Selection) => Promise<{ readonly groups: readonly Group[] }>
  readonly clock: Clock
}

export interface Causes {
  /** Counts what changed, as far as its time allows. True when something did. */
  update(rows: readonly PairRow[]): Promise<boolean>
  /** The next `update` counts this pair, whatever it looks like. */
  touched(pair: string): void
  groups(): readonly FailureGroup[]
  /** The largest `limit` groups from `offset` on. */
  view(page: { readonly offset: number; readonly limit: number; readonly pair?: string | undefined }): FailuresView
}

interface Counted {
  readonly mark: string
  readonly at: number
  readonly groups: readonly FailureGroup[]
}

/** Counting may take one part in so many of the time. */
const SHARE = 20
/** And so long at a time. */
const MOST_MS = 1_000
/** Orders and looks change groups without changing a count: so old they may be. */
const STALE_MS = 10_000

export function makeCauses({ overview, clock }: CausesNeeds): Causes {
  const counted = new Map<string, Counted>()
  const touched = new Set<string>()
  let at = 0
  let restUntil = 0
  let sorted: readonly FailureGroup[] | undefined

  const isDue = (row: PairRow): boolean => {
    const before = counted.get(row.pair)
    if (touched.has(row.pair)) return true
    if (before === undefined || before.mark !== markOf(row)) return before !== undefined || failing(row) > 0
    return failing(row) > 0 && clock.now() - before.at > STALE_MS
  }

  return {
    async update(rows) {
      const due = rows.filter(isDue)
      const began = clock.now()
      if (began < restUntil) return false
      at = began
      let changed = false
      // The longest uncounted first: one pair that changes all the time must not keep the others out. Those that never
      // were are counted in one go: a list without them would say that nothing failed there.
      for (const row of due.toSorted((a, b) => (counted.get(a.pair)?.at ?? 0) - (counted.get(b.pair)?.at ?? 0))) {
        const before = counted.get(row.pair)
        if (before !== undefined && clock.now() - began > MOST_MS) break
        touched.delete(row.pair)
        const groups = failing(row) === 0 ? [] : (await overview({ pairs: [row.pair] })).groups.map(asFailureGroup)
        const text = JSON.stringify(groups)
        changed ||= text !== JSON.stringify(before?.groups ?? [])
        counted.set(row.pair, { mark: markOf(row), at: clock.now(), groups })
        restUntil = clock.now() + (clock.now() - began) * (SHARE - 1)
      }
      if (changed) sorted = undefined
      return changed
    },
    touched(pair) {
      touched.add(pair)
      restUntil = 0
    },
    groups: all,
    view({ offset, limit, pair }) {
      const groups = pair === undefined ? all() : all().filter((group) => group.pair === pair)
      return {
        at,
        versions: groups.reduce((sum, { versions }) => sum + versions, 0),
        groups: groups.slice(offset, offset + limit),
        more: Math.max(0, groups.length - offset - limit),
      }
    },
  }

  function all(): readonly FailureGroup[] {
    sorted ??= [...counted.values()]
      .flatMap(({ groups }) => groups)
      .sort((a, b) => b.versions - a.versions || (a.pair + a.reason < b.pair + b.reason ? -1 : 1))
    return sorted
  }
}

function asFailureGroup(group: Group): FailureGroup {
  const rests = (Object.entries(group.left) as [Because, number][]).map(([because, versions]) => {
    return { versions, why: REST[because] }
  })
  return { ...group, by: failureOf(group.reason).by, rests }
}

function failing({ open }: PairRow): number {
  return open.failed + open.mismatched
}

/** Changes when what failed does. */
function markOf({ open, redrives, incidents }: PairRow): string {
  const inHand = redrives.map(({ token, state }) => `${token}${state}`).join()
  const held = incidents.map(({ reason, probes, mendedAt }) => `${reason}${probes}${mendedAt ?? ''}`).join()
  return `${open.failed} ${open.mismatched} ${inHand} ${held}`
}
