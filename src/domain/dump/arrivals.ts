/** Which events tell of dumps that are to be verified: a dump or its manifest, in its own bucket or in its replica's. */
import type { BucketEvent } from '../events/event.ts'
import { dumpNameOf, type DumpKeys } from './catalog.ts'
import { manifestKey } from './name.ts'

export interface DumpRoute extends DumpKeys {
  readonly name: string
  /** Its own, and its replica's. */
  readonly buckets: readonly string[]
}

const MANIFEST = manifestKey('')

/** Names of the dumps; each once. */
export function dumpsIn(routes: readonly DumpRoute[], events: readonly BucketEvent[]): readonly string[] {
  const found = new Set<string>()
  for (const { kind, bucket, key } of events) {
    if (kind !== 'created') continue
    const bare = key.endsWith(MANIFEST) ? key.slice(0, -MANIFEST.length) : key
    for (const route of routes) {
      if (route.buckets.includes(bucket) && dumpNameOf(route, bare) !== undefined) found.add(route.name)
    }
  }
  return [...found]
}
