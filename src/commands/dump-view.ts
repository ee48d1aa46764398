/** How dumps are shown: lines for people, plain records for programs. Keys are from outside, and shown inert. */
import { calendarOf } from '../domain/dump/calendar.ts'
import type { CatalogEntry, Held } from '../domain/dump/catalog.ts'
import { inert } from '../domain/inert.ts'
import { bytes, duration, plural, table } from './status-view.ts'

/** One line a dump, newest first. */
export function listLines(entries: readonly CatalogEntry[], now: number): string[] {
  const rows = entries.map((entry) => [
    minute(entry.at),
    entry.state,
    sizeOf(entry),
    replicaOf(entry),
    drilledOf(entry, now),
    lockOf(entry, now),
    entry.madeBy,
    inert(entry.key) + marksOf(entry),
  ])
  return table(['begun (UTC)', 'state', 'size', 'replica', 'drilled', 'locked', 'by', 'key'], rows).map((line) =>
    line.trimEnd(),
  )
}

export function calendarLines(entries: readonly CatalogEntry[], now: number): string[] {
  return [
    '          Mo Tu We Th Fr Sa Su',
    ...calendarOf(entries, { now }).map(({ week, days }) => `${week}   ${days.join('  ')}`.trimEnd()),
    'D drilled  V verified and replicated  v verified  u unverified  F failed  . none',
  ]
}

export function showLines(entry: CatalogEntry, now: number): string[] {
  const { manifest, verified, drill } = entry
  const facts: (readonly [string, string | undefined])[] = [
    ['key', inert(entry.key)],
    ['begun', minute(entry.at)],
    ['state', entry.state + marksOf(entry)],
    ['here', heldLine(entry.here)],
    ['replica', heldLine(entry.replica)],
    ['locked', lockOf(entry, now)],
    ['made by', entry.madeBy],
    [
      'source',
      manifest && `${inert(manifest.source.database)} at ${inert(manifest.source.host)}:${manifest.source.port}`,
    ],
    [
      'versions',
      manifest &&
        inert(
          `server ${manifest.serverVersion}, pg_dump ${manifest.pgDumpVersion}, Landfall ${manifest.landfallVersion}`,
        ),
    ],
    ['took', manifest && duration((Date.parse(manifest.endedAt) - Date.parse(manifest.startedAt)) / 1000)],
    ['form', `${entry.name.format}, ${entry.name.compression}, ${entry.name.encryption}`],
    ['plain', manifest && `${bytes(manifest.plain.bytes)}, SHA-256 ${manifest.plain.sha256}`],
    ['stored', manifest && `${bytes(manifest.stored.bytes)}, SHA-256 ${manifest.stored.sha256}`],
    [
      'rows',
      manifest?.rows &&
        `${manifest.rows.total} in ${plural(Object.keys(manifest.rows.tables).length, 'table')}, counted by ${manifest.rows.by}`,
    ],
    ['lacks', manifest && inert(manifest.lacks.join(', '))],
    ['verified', verified && `${verified.verdict} at ${verified.at}`],
    ...(verified?.checks ?? []).map(
      ({ check, result, detail }) => ['', inert(`${result}  ${check}: ${detail}`)] as const,
    ),
    [
      'drilled',
      drill &&
        `${drill.verdict} at ${drill.startedAt} from ${inert(drill.from.region)}, in ${duration(drill.restoreSeconds)}`,
    ],
    ...entry.faults.map((fault) => ['fault', inert(fault)] as const),
  ]
  return facts.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name.padEnd(9)} ${value}`]))
}

/** For `--json`: one record a dump, with what its documents say. */
export function entryJson(entry: CatalogEntry) {
  const { key, at, state, expired, madeBy, here, replica, manifest, verified, drill, lockedUntil, faults } = entry
  return {
    key,
    at: new Date(at).toISOString(),
    state,
    expired,
    madeBy,
    here: here === undefined ? null : heldJson(here),
    replica: replica === undefined ? null : heldJson(replica),
    lockedUntil: lockedUntil === undefined ? null : new Date(lockedUntil).toISOString(),
    manifest: manifest ?? null,
    verified: verified ?? null,
    drill: drill ?? null,
    faults,
  }
}

const heldJson = ({ storedAt, ...held }: Held) => ({ ...held, storedAt: new Date(storedAt).toISOString() })

export const minute = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')

function sizeOf({ here, replica, manifest }: CatalogEntry): string {
  const size = (here ?? replica)?.size ?? manifest?.stored.bytes
  return size === undefined ? '-' : bytes(size)
}

function replicaOf({ here, replica }: CatalogEntry): string {
  if (replica === undefined) return '-'
  if (here === undefined) return 'only there'
  return replica.hidden ? 'yes, hidden' : 'yes'
}

function drilledOf({ drill }: CatalogEntry, now: number): string {
  if (drill === undefined) return '-'
  const age = duration(Math.max(0, now - Date.parse(drill.startedAt)) / 1000)
  return drill.verdict === 'restored' ? `${age} ago` : `FAILED ${age} ago`
}

function lockOf({ lockedUntil }: CatalogEntry, now: number): string {
  return lockedUntil === undefined || lockedUntil <= now ? '-' : `until ${minute(lockedUntil).slice(0, 10)}`
}

function marksOf({ here, expired, faults }: CatalogEntry): string {
  const marks = [
    ...(expired ? ['expired'] : []),
    ...(here?.superseded === true ? ['overwritten'] : here?.hidden === true ? ['hidden by a delete marker'] : []),
    ...(faults.length > 0 ? [plural(faults.length, 'unreadable document')] : []),
  ]
  return marks.length === 0 ? '' : `  (${marks.join('; ')})`
}

function heldLine(held: Held | undefined): string | undefined {
  if (held === undefined) return undefined
  const hidden = held.superseded ? ', overwritten' : held.hidden ? ', behind a delete marker' : ''
  return `${bytes(held.size)}, version ${inert(held.versionId)}, written ${new Date(held.storedAt).toISOString()}${hidden}`
}
