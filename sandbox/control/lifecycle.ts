import { ServiceError } from '../http/errors.ts'
import { jsonReply, readJson } from '../http/json.ts'
import { type LifecycleCounts, runLifecycle } from '../s3/lifecycle/run.ts'
import type { ControlAction } from './service.ts'

/**
 * Carries out the lifecycle rules of a bucket, or of all: `{"bucket": "documents", "asOf": "2027-01-01T00:00:00Z"}`, both
 * optional, `asOf` also as ms since the epoch. Answers with what was done, by bucket that has rules.
 */
export const postLifecycle: ControlAction = async (call, { world, store }) => {
  const { bucket, asOf, ...rest } = await readJson(call)
  const strange = Object.keys(rest)[0]
  if (strange !== undefined) throw new ServiceError('InvalidRequest', `${strange}: expected bucket or asOf`)
  const now = asOf === undefined ? world.clock.now() : timeOf(asOf)
  if (bucket !== undefined && (typeof bucket !== 'string' || !store.buckets.has(bucket))) {
    throw new ServiceError('NoSuchBucket', 'bucket: expected the name of a bucket that exists', 404)
  }
  const counts: Record<string, LifecycleCounts> = {}
  for (const [name, found] of store.buckets) {
    if ((bucket !== undefined && name !== bucket) || !found.documents.has('lifecycle')) continue
    counts[name] = runLifecycle(store, found, now, world.random.text('s3/lifecycle', 16).toUpperCase())
  }
  return jsonReply(200, counts)
}

function timeOf(asOf: unknown): number {
  const ms = typeof asOf === 'number' ? asOf : typeof asOf === 'string' ? Date.parse(asOf) : NaN
  if (Number.isFinite(ms)) return ms
  throw new ServiceError('InvalidRequest', 'asOf: expected a time, as ISO 8601 or ms since the epoch')
}
