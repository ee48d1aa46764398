/**
 * Writes the open list (totals and the oldest versions of each pair) to S3 in eu-west-2, so that
 * `landfall status --from-snapshot` tells what is at risk with nothing else up.
 */
import type { Handler, SnapshotStore } from '../ports.ts'
import type { GatherStatus } from './status.ts'

/** Enough to begin a recovery with; the whole list can be a million lines. */
export const SNAPSHOT_HEAD = 1000

export interface SnapshotNeeds {
  readonly gather: GatherStatus
  readonly store: Pick<SnapshotStore, 'write'>
}

export function makeSnapshot({ gather, store }: SnapshotNeeds): Handler<object> {
  return async () => {
    await store.write(JSON.stringify(await gather({ head: SNAPSHOT_HEAD })))
    return { kind: 'done' }
  }
}
