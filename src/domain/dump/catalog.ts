/**
 * The catalog of one dump: what its bucket, the replica's bucket and the documents beside the dumps tell. It is made
 * from listings and documents alone, never from Redis, so it survives everything but the buckets.
 *
 * A lifecycle rule of a versioned bucket hides a key behind a marker and keeps the version (S3 user guide, "Expiring
 * objects"): so versions are what is looked at, never keys.
 */
import type { DrillReport, DumpManifest, DumpVerified } from './manifest.ts'
import { type DumpName, manifestKey, parseDumpName, verifiedKey } from './name.ts'

/** One line of a listing of versions; the port's `ListedVersion` satisfies it. */
export interface VersionLine {
  readonly kind: 'object' | 'marker'
  readonly key: string
  readonly versionId: string
  readonly latest: boolean
  /** ms; of a replica: its source's. */
  readonly lastModified: number
  readonly size: number
  readonly etag?: string | undefined
}

/** Where a dump's keys are. `Dump` of the estate satisfies it. */
export interface DumpKeys {
  readonly stage: string
  readonly place: { readonly prefix: string }
}

/** One side's version of a dump. */
export interface Held {
  readonly versionId: string
  readonly size: number
  readonly etag?: string | undefined
  /** When the version was written, ms; of a replica: when its source was. */
  readonly storedAt: number
  /** Behind a delete marker: readable by its version id only. */
  readonly hidden: boolean
  /** A newer object was written over its key. */
  readonly superseded: boolean
}

export const DUMP_STATES = ['verified', 'failed', 'unverified'] as const
export type DumpState = (typeof DUMP_STATES)[number]

export interface CatalogEntry {
  readonly key: string
  readonly name: DumpName
  /** When the dump was begun by its name, ms. */
  readonly at: number
  /** In the dump's own bucket; absent: not there (any more). */
  readonly here?: Held | undefined
  readonly replica?: Held | undefined
  readonly madeBy: 'landfall' | 'others'
  readonly state: DumpState
  /** Neither bucket has its bytes: only documents or drills tell of it. */
  readonly expired: boolean
  readonly manifest?: DumpManifest | undefined
  readonly verified?: DumpVerified | undefined
  /** The newest drill of this very version. */
  readonly drill?: DrillReport | undefined
  /** Object Lock keeps it until then, ms; absent where there is no lock, or none that may be read. */
  readonly lockedUntil?: number | undefined
  /** Manifest and record versions beside it, in the dump's own bucket: they go when it goes. */
  readonly documents: readonly DocumentAt[]
  /** Documents that stand there and cannot be read: they count as absent. */
  readonly faults: readonly string[]
}

export interface DocumentAt {
  readonly key: string
  readonly versionId: string
}

/** What a document at a key and version id says; a text: why it cannot be read. */
export type Documents<Shape> = ReadonlyMap<string, Shape | string>

export interface CatalogParts {
  readonly dump: DumpKeys
  readonly here: readonly VersionLine[]
  readonly replica: readonly VersionLine[]
  readonly manifests: Documents<DumpManifest>
  readonly verified: Documents<DumpVerified>
  readonly drills: readonly DrillReport[]
  /** By `documentId` of the dump's own version: until when it is locked, ms. */
  readonly locks?: ReadonlyMap<string, number> | undefined
}

/** How `Documents` and locks are keyed: a version id never holds a space, a key may. */
export const documentId = ({ key, versionId }: DocumentAt): string => `${versionId} ${key}`

/** What one listing has to begin with: all of the dump's keys, and little else. */
export const catalogPrefix = ({ stage, place }: DumpKeys): string => `${place.prefix}${stage}-`

/** Undefined for what is no dump of this stage in this folder. */
export function dumpNameOf({ stage, place }: DumpKeys, key: string): DumpName | undefined {
  if (!key.startsWith(place.prefix)) return undefined
  const name = parseDumpName(key.slice(place.prefix.length))
  return name?.stage === stage ? name : undefined
}

/** Documents that a listing shows, to be read before the catalog is made. */
export function documentsIn(
  dump: DumpKeys,
  lines: readonly VersionLine[],
): { readonly manifests: readonly DocumentAt[]; readonly verified: readonly DocumentAt[] } {
  const objects = lines.filter(({ kind }) => kind === 'object')
  const beside = (suffix: (key: string) => string): DocumentAt[] => {
    const end = suffix('')
    return objects.filter(({ key }) => key.endsWith(end) && dumpNameOf(dump, key.slice(0, -end.length)) !== undefined)
  }
  return { manifests: beside(manifestKey), verified: beside(verifiedKey) }
}

/** Newest first; of one name the version that was written last goes first. */
export function catalogOf(parts: CatalogParts): readonly CatalogEntry[] {
  const here = heldBy(parts.dump, parts.here)
  const there = heldBy(parts.dump, parts.replica)
  const told = new Set([
    ...keysTold(parts.manifests),
    ...keysTold(parts.verified),
    ...parts.drills.map(({ key }) => key),
  ])
  const keys = new Set([...here.keys(), ...there.keys(), ...told])
  return [...keys]
    .flatMap((key) => entriesOf(parts, key, here.get(key) ?? [], [...(there.get(key) ?? [])]))
    .toSorted((one, other) => other.at - one.at || storedAt(other) - storedAt(one))
}

/** When the newest bytes of it were written, ms; 0 where there are none. */
export const storedAt = ({ here, replica }: Pick<CatalogEntry, 'here' | 'replica'>): number =>
  (here ?? replica)?.storedAt ?? 0

function keysTold(documents: Documents<unknown>): string[] {
  return [...documents.keys()].map((id) => {
    const key = id.slice(id.indexOf(' ') + 1)
    const end = [manifestKey(''), verifiedKey('')].find((suffix) => key.endsWith(suffix))
    return end === undefined ? key : key.slice(0, -end.length)
  })
}

function heldBy(dump: DumpKeys, lines: readonly VersionLine[]): ReadonlyMap<string, readonly Held[]> {
  const ours = lines.filter(({ key }) => dumpNameOf(dump, key) !== undefined)
  const held = new Map<string, readonly Held[]>()
  for (const [key, versions] of Map.groupBy(ours, (line) => line.key)) {
    const hidden = versions.some(({ kind, latest }) => kind === 'marker' && latest)
    const objects = versions.filter(({ kind }) => kind === 'object')
    held.set(
      key,
      objects.map(({ versionId, size, etag, lastModified }, index) => ({
        versionId,
        size,
        etag,
        storedAt: lastModified,
        hidden: hidden || index > 0,
        superseded: index > 0,
      })),
    )
  }
  return held
}

function entriesOf(parts: CatalogParts, key: string, here: readonly Held[], there: Held[]): CatalogEntry[] {
  const name = dumpNameOf(parts.dump, key)
  if (name === undefined) return []
  const sides: { here?: Held; replica?: Held }[] = here.map((held) => {
    const found = there.findIndex((replica) => isReplica(held, replica))
    return found < 0 ? { here: held } : { here: held, replica: there.splice(found, 1)[0]! }
  })
  for (const replica of there) sides.push({ replica })
  // Bytes are gone, and what was found out about them is not.
  if (sides.length === 0) sides.push({})
  return sides.map((side) => entryOf(parts, key, name, side, sides.length === 1))
}

/** S3 replication keeps the version id; other tools keep the bytes at best. */
function isReplica(held: Held, replica: Held): boolean {
  if (replica.versionId === held.versionId && held.versionId !== 'null') return replica.size === held.size
  return replica.size === held.size && held.etag !== undefined && replica.etag === held.etag
}

function entryOf(
  parts: CatalogParts,
  key: string,
  name: DumpName,
  { here, replica }: { readonly here?: Held; readonly replica?: Held },
  alone: boolean,
): CatalogEntry {
  const versionId = (here ?? replica)?.versionId
  // A document that names no version is about the only one there is, and about none of several.
  const isOf = (named: string | undefined): boolean =>
    versionId === undefined || named === versionId || (named === undefined && alone)
  const manifests = read(parts.manifests, manifestKey(key))
  const records = read(parts.verified, verifiedKey(key))
  const manifest = manifests.good.findLast((one) => one.key === key && isOf(one.stored.versionId))
  const verified = newest(
    records.good.filter((one) => one.key === key && isOf(one.versionId)),
    ({ at }) => at,
  )
  const drill = newest(
    parts.drills.filter((one) => one.key === key && isOf(one.versionId)),
    ({ startedAt }) => startedAt,
  )
  const lockedUntil = here === undefined ? undefined : parts.locks?.get(documentId({ key, versionId: here.versionId }))
  return {
    key,
    name,
    at: name.at,
    ...(here && { here }),
    ...(replica && { replica }),
    madeBy: manifest === undefined ? 'others' : 'landfall',
    state: verified?.verdict ?? 'unverified',
    expired: here === undefined && replica === undefined,
    ...(manifest && { manifest }),
    ...(verified && { verified }),
    ...(drill && { drill }),
    ...(lockedUntil !== undefined && { lockedUntil }),
    documents: alone
      ? parts.here
          .filter((line) => line.kind === 'object' && [manifestKey(key), verifiedKey(key)].includes(line.key))
          .map((line) => ({ key: line.key, versionId: line.versionId }))
      : [],
    faults: [...manifests.faults, ...records.faults],
  }
}

function read<Shape>(documents: Documents<Shape>, key: string): { good: Shape[]; faults: string[] } {
  const good: Shape[] = []
  const faults: string[] = []
  for (const [id, document] of documents) {
    if (id.slice(id.indexOf(' ') + 1) !== key) continue
    if (typeof document === 'string') faults.push(document)
    else good.push(document)
  }
  return { good, faults }
}

function newest<Item>(items: readonly Item[], at: (item: Item) => string): Item | undefined {
  return items.toSorted((one, other) => Date.parse(at(one)) - Date.parse(at(other))).at(-1)
}
