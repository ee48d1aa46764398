/**
 * Which targets of a bucket's notification configuration an event goes to. Pure.
 *
 * S3 user guide, "Event notification types and destinations" and "Configuring event notifications using object key name
 * filtering".
 */
import type { NotificationConfiguration, NotificationTarget } from '../types.ts'

/** The event types that S3 takes in a configuration; each family also as `s3:Family:*`. */
export const EVENT_TYPES: readonly string[] = [
  's3:ObjectCreated:Put',
  's3:ObjectCreated:Post',
  's3:ObjectCreated:Copy',
  's3:ObjectCreated:CompleteMultipartUpload',
  's3:ObjectRemoved:Delete',
  's3:ObjectRemoved:DeleteMarkerCreated',
  's3:ObjectRestore:Post',
  's3:ObjectRestore:Completed',
  's3:ObjectRestore:Delete',
  's3:ReducedRedundancyLostObject',
  's3:Replication:OperationFailedReplication',
  's3:Replication:OperationMissedThreshold',
  's3:Replication:OperationReplicatedAfterThreshold',
  's3:Replication:OperationNotTracked',
  's3:LifecycleExpiration:Delete',
  's3:LifecycleExpiration:DeleteMarkerCreated',
  's3:LifecycleTransition',
  's3:IntelligentTiering',
  's3:ObjectTagging:Put',
  's3:ObjectTagging:Delete',
  's3:ObjectAcl:Put',
]

/** The pattern (`s3:ObjectCreated:*`) covers the event type (`s3:ObjectCreated:Put`). */
export function covers(pattern: string, type: string): boolean {
  return pattern === type || (pattern.endsWith(':*') && type.startsWith(pattern.slice(0, -1)))
}

/** S3 knows this event type, or this family of them. */
export function isEventPattern(pattern: string): boolean {
  return EVENT_TYPES.some((type) => covers(pattern, type))
}

/** `eventName` is without the `s3:` prefix, as events carry it. */
export function matches(target: NotificationTarget, eventName: string, key: string): boolean {
  return (
    key.startsWith(target.prefix) &&
    key.endsWith(target.suffix) &&
    target.events.some((pattern) => covers(pattern, `s3:${eventName}`))
  )
}

/**
 * Two targets that one event could reach: S3 refuses such a configuration, whether or not they are the same queue.
 * Prefixes overlap where one begins with the other, suffixes where one ends with the other.
 */
export function overlap(
  config: NotificationConfiguration,
): readonly [NotificationTarget, NotificationTarget] | undefined {
  for (const [index, a] of config.targets.entries()) {
    const b = config.targets.slice(index + 1).find((other) => shareEvents(a, other) && shareKeys(a, other))
    if (b !== undefined) return [a, b]
  }
  return undefined
}

function shareEvents(a: NotificationTarget, b: NotificationTarget): boolean {
  return a.events.some((left) => b.events.some((right) => covers(left, right) || covers(right, left)))
}

function shareKeys(a: NotificationTarget, b: NotificationTarget): boolean {
  return (
    (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix)) &&
    (a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix))
  )
}
