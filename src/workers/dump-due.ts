/** Which dumps are to be verified: those of the last days of which nobody has found out whether they are good. */
import type { CatalogEntry } from '../domain/dump/catalog.ts'

const DAY_MS = 86_400_000
/** A bucket that is met for the first time has years of dumps; reading them all is a person's decision. */
const DAYS = 8
/** A dump of ours gets its manifest a moment after it is there; one whose manifest was lost is read without. */
const SETTLED_MS = 600_000

export interface Due {
  /** Newest first. */
  readonly unread: readonly CatalogEntry[]
  /** Verified, and their replica was not there yet. */
  readonly replicas: readonly CatalogEntry[]
}

export function dueForVerify(entries: readonly CatalogEntry[], now: number): Due {
  const recent = entries.filter(
    ({ here }) => here !== undefined && !here.superseded && now - here.storedAt < DAYS * DAY_MS,
  )
  return {
    unread: recent.filter(
      (entry) => entry.verified === undefined && (entry.manifest !== undefined || isSettled(entry, entries, now)),
    ),
    replicas: recent.filter(({ verified }) => verified?.replica === 'pending'),
  }
}

/** Where others make the dumps none has a manifest, and there is none to wait for. */
function isSettled({ here }: CatalogEntry, entries: readonly CatalogEntry[], now: number): boolean {
  return now - here!.storedAt >= SETTLED_MS || entries.every(({ madeBy }) => madeBy === 'others')
}
