/**
 * The dumps of a bucket, found by its versions: a lifecycle hides keys behind markers long before the versions are gone,
 * so a key alone finds nothing on its eighth day.
 */
import type { Dump } from '../config/estate-dumps.ts'
import { type DumpManifest, manifestSchema, type DumpVerified, verifiedSchema } from '../domain/dump/manifest.ts'
import { type DumpName, manifestKey, parseDumpName, verifiedKey } from '../domain/dump/name.ts'
import type { DumpStore, ListedVersion } from '../ports.ts'

export interface FoundDump {
  readonly key: string
  readonly name: DumpName
  /** The newest version of the key that has bytes. */
  readonly versionId: string
  readonly size: number
  readonly lastModified: number
  /** Whether a marker hides the key. */
  readonly hidden: boolean
}

export interface FoundDumps {
  /** Newest first, by the time in their names. */
  readonly dumps: readonly FoundDump[]
  /** Newest version of each document beside them, hidden ones too. */
  readonly documents: ReadonlyMap<string, string>
}

const DOCUMENTS = ['.manifest.json', '.verified.json']

/** What a key of this dump's is; undefined for every other object of the bucket. */
export function nameOfKey(dump: Pick<Dump, 'place' | 'stage'>, key: string): DumpName | undefined {
  if (!key.startsWith(dump.place.prefix)) return undefined
  const name = parseDumpName(key.slice(dump.place.prefix.length))
  return name?.stage === dump.stage ? name : undefined
}

/** All of them, or of one key. */
export async function findDumps(
  store: Pick<DumpStore, 'versions'>,
  dump: Pick<Dump, 'place' | 'stage'>,
  at: { readonly key?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<FoundDumps> {
  const dumps: FoundDump[] = []
  const documents = new Map<string, string>()
  const hidden = new Set<string>()
  const seen = new Set<string>()

  function take(version: ListedVersion): void {
    const { key, versionId, kind, latest } = version
    if (kind === 'marker') {
      if (latest) hidden.add(key)
      return
    }
    // Newest first: the first one with bytes.
    if (seen.has(key)) return
    seen.add(key)
    const name = nameOfKey(dump, key)
    if (name !== undefined) {
      const { size, lastModified } = version
      dumps.push({ key, name, versionId, size, lastModified, hidden: hidden.has(key) })
    } else if (DOCUMENTS.some((suffix) => key.endsWith(suffix))) documents.set(key, versionId)
  }

  let after: Awaited<ReturnType<DumpStore['versions']>>['next']
  do {
    const prefix = at.key ?? `${dump.place.prefix}${dump.stage}-`
    const page = await store.versions({ prefix, after, signal: at.signal })
    for (const version of page.versions) take(version)
    after = page.next
  } while (after !== undefined)
  return {
    dumps: dumps.toSorted((one, other) => other.name.at - one.name.at || (one.key < other.key ? 1 : -1)),
    documents,
  }
}

/** Undefined where there is none; a string says why what is there cannot be read. */
export async function manifestOf(
  store: Pick<DumpStore, 'getDocument'>,
  found: FoundDumps,
  key: string,
): Promise<DumpManifest | string | undefined> {
  const text = await documentOf(store, found, manifestKey(key))
  if (text === undefined) return undefined
  const parsed = manifestSchema.safeParse(fromJson(text))
  if (!parsed.success) return 'its manifest is not one that this version of Landfall reads'
  return parsed.data.key === key ? parsed.data : 'its manifest is of another key'
}

/** Undefined where there is none that can be read. */
export async function verifiedOf(
  store: Pick<DumpStore, 'getDocument'>,
  found: FoundDumps,
  key: string,
): Promise<DumpVerified | undefined> {
  const text = await documentOf(store, found, verifiedKey(key))
  return text === undefined ? undefined : verifiedSchema.safeParse(fromJson(text)).data
}

/** The newest dump before `at` that was verified and whose sizes are known. */
export async function lastVerified(
  store: Pick<DumpStore, 'getDocument'>,
  found: FoundDumps,
  at: number,
): Promise<DumpVerified | undefined> {
  for (const { key, name } of found.dumps) {
    if (name.at >= at || !found.documents.has(verifiedKey(key))) continue
    const record = await verifiedOf(store, found, key)
    if (record?.verdict === 'verified' && record.stored !== undefined) return record
  }
  return undefined
}

async function documentOf(
  store: Pick<DumpStore, 'getDocument'>,
  { documents }: FoundDumps,
  key: string,
): Promise<string | undefined> {
  const versionId = documents.get(key)
  return versionId === undefined ? undefined : store.getDocument({ key, versionId })
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
