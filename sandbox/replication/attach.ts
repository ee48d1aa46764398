import type { BucketChange, World } from '../types.ts'
import { makeReplication, type Replication } from './engine.ts'

/** Lets the buckets of this world replicate; S3's own word about it goes the way of the other notifications. */
export function attachReplication(
  world: World,
  notifications: { readonly raise: (change: BucketChange) => void },
): Replication {
  return makeReplication({ ...world, guard: world.iam.guard, raise: notifications.raise })
}
