/** Readers of the catalogs of all dumps of an estate: which bucket is where. */
import { replicaPlace } from '../config/dump-places.ts'
import type { BucketPlace, Estate } from '../config/estate.ts'
import type { Dump } from '../config/estate-dumps.ts'
import type { DumpStore } from '../ports.ts'
import type { Aws } from './clients.ts'
import { makeDumpStore } from './dump-store.ts'

export interface DumpSides {
  readonly dump: Dump
  readonly here: DumpStore
  readonly replica?: DumpStore | undefined
  /** Reports of drills: beside the snapshot, in the region that Landfall lives in. */
  readonly drills?: { readonly store: DumpStore; readonly prefix: string } | undefined
}

export function dumpSides(estate: Estate, aws: Pick<Aws, 's3' | 's3Bulk' | 'renew'>, dump: Dump): DumpSides {
  const storeOf = (place: BucketPlace): DumpStore => makeDumpStore({ estate, aws, place })
  const replica = replicaPlace(estate, dump)
  const { snapshot } = estate.service
  return {
    dump,
    here: storeOf(dump.place),
    ...(replica && { replica: storeOf(replica) }),
    ...(snapshot && { drills: { store: storeOf(snapshot), prefix: `${snapshot.prefix}drills/${dump.name}/` } }),
  }
}
