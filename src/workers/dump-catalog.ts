/**
 * Reads the catalog of one dump from its buckets: one listing a side, and the small documents beside the dumps. Versions
 * never change, so what was read of one is kept, and a catalog that is read every few minutes costs its listings.
 */
import type { z } from 'zod'
import {
  type CatalogEntry,
  catalogOf,
  catalogPrefix,
  type DocumentAt,
  documentId,
  documentsIn,
  type DumpKeys,
  dumpNameOf,
} from '../domain/dump/catalog.ts'
import {
  type DrillReport,
  drillSchema,
  type DumpManifest,
  type DumpVerified,
  manifestSchema,
  verifiedSchema,
} from '../domain/dump/manifest.ts'
import type { DumpStore, ListedVersion } from '../ports.ts'
import { mapLimited } from './concurrency.ts'

type Side = Pick<DumpStore, 'versions' | 'getDocument' | 'head'>

export interface ReadCatalogNeeds {
  readonly dump: DumpKeys & { readonly lock?: { readonly days: number } | undefined }
  /** The dump's own bucket; absent: as if its region were gone. */
  readonly here?: Side | undefined
  /** The bucket that its pair replicates to. */
  readonly replica?: Side | undefined
  /** Where drills leave their reports. */
  readonly drills?: { readonly store: Pick<DumpStore, 'versions' | 'getDocument'>; readonly prefix: string } | undefined
}

export interface ReadOptions {
  /** Asks S3 for the lock of each version of the dump's own bucket: a request each. */
  readonly locks?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface CatalogReader {
  /** Newest first. Throws `LandfallError`. */
  read(options?: ReadOptions): Promise<readonly CatalogEntry[]>
}

const AT_ONCE = 16
const DAY_MS = 86_400_000

export function makeCatalogReader({ dump, here, replica, drills }: ReadCatalogNeeds): CatalogReader {
  const manifests = makeDocuments<DumpManifest>(manifestSchema)
  const records = makeDocuments<DumpVerified>(verifiedSchema)
  const reports = makeDocuments<DrillReport>(drillSchema)

  async function listed(side: Side | undefined, signal: AbortSignal | undefined): Promise<readonly ListedVersion[]> {
    return side === undefined ? [] : allVersions(side, catalogPrefix(dump), signal)
  }

  async function drillReports(signal: AbortSignal | undefined): Promise<DrillReport[]> {
    if (drills === undefined) return []
    const lines = await allVersions(drills.store, drills.prefix, signal)
    const wanted = lines.filter(({ kind, latest, key }) => kind === 'object' && latest && key.endsWith('.json'))
    const found = await reports.read([{ store: drills.store, wanted }])
    return [...found.values()].filter((report) => typeof report !== 'string')
  }

  return {
    async read({ locks = false, signal } = {}) {
      const [ours, theirs, drilled] = await Promise.all([
        listed(here, signal),
        listed(replica, signal),
        drillReports(signal),
      ])
      const [own, copied] = [documentsIn(dump, ours), documentsIn(dump, theirs)]
      const from = (of: 'manifests' | 'verified') => [
        ...(here === undefined ? [] : [{ store: here, wanted: own[of] }]),
        ...(replica === undefined ? [] : [{ store: replica, wanted: copied[of] }]),
      ]
      const [manifestsRead, verifiedRead, lockedUntil] = await Promise.all([
        manifests.read(from('manifests')),
        records.read(from('verified')),
        locks && here !== undefined ? locksOf(here, ours) : undefined,
      ])
      return catalogOf({
        dump,
        here: ours,
        replica: theirs,
        manifests: manifestsRead,
        verified: verifiedRead,
        drills: drilled,
        locks: lockedUntil,
      })
    },
  }

  /** S3 shows a lock only to who may read retentions: what the configuration locks counts as locked in any case. */
  async function locksOf(store: Side, lines: readonly ListedVersion[]): Promise<ReadonlyMap<string, number>> {
    const dumps = lines.filter(({ kind, key }) => kind === 'object' && dumpNameOf(dump, key) !== undefined)
    const locks = await mapLimited(dumps, AT_ONCE, async (line): Promise<[string, number] | undefined> => {
      const { lock } = (await store.head(line)) ?? {}
      const until = lock?.until ?? (dump.lock === undefined ? undefined : line.lastModified + dump.lock.days * DAY_MS)
      return until === undefined ? undefined : [documentId(line), until]
    })
    return new Map(locks.filter((lock) => lock !== undefined))
  }
}

export async function allVersions(
  store: Pick<DumpStore, 'versions'>,
  prefix: string,
  signal?: AbortSignal,
): Promise<readonly ListedVersion[]> {
  const all: ListedVersion[] = []
  let after: Awaited<ReturnType<DumpStore['versions']>>['next']
  do {
    const page = await store.versions({ prefix, after, signal })
    all.push(...page.versions)
    after = page.next
  } while (after !== undefined)
  return all
}

interface Wanted {
  readonly store: Pick<DumpStore, 'getDocument'>
  readonly wanted: readonly DocumentAt[]
}

/** What stands in documents of one shape; a text where it cannot be read as that. */
function makeDocuments<Shape>(schema: z.ZodType<Shape>) {
  let known = new Map<string, Shape | string>()

  async function readOne(store: Wanted['store'], at: DocumentAt): Promise<Shape | string | undefined> {
    const text = await store.getDocument(at)
    return text === undefined ? undefined : parsed(schema, text, at.key)
  }

  return {
    /** The first place that lists a document is asked for it; replicas keep the version id. */
    async read(places: readonly Wanted[]): Promise<ReadonlyMap<string, Shape | string>> {
      const wanted = new Map(
        places
          .toReversed()
          .flatMap(({ store, wanted }) => wanted.map((at) => [documentId(at), { store, at }] as const)),
      )
      const found = await mapLimited([...wanted], AT_ONCE, async ([id, { store, at }]) => {
        const document = known.get(id) ?? (await readOne(store, at))
        return document === undefined ? undefined : ([id, document] as const)
      })
      known = new Map(found.filter((one) => one !== undefined))
      return known
    },
  }
}

function parsed<Shape>(schema: z.ZodType<Shape>, text: string, key: string): Shape | string {
  try {
    const read = schema.safeParse(JSON.parse(text))
    return read.success ? read.data : `${key} is no such document: ${read.error.issues[0]?.message ?? 'unknown shape'}`
  } catch {
    return `${key} is no JSON`
  }
}
