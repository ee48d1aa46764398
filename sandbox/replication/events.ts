/**
 * What S3 itself says about a version's replication: the four `s3:Replication:*` events.
 *
 * S3 user guide, "Receiving replication failure events with Amazon S3 Event Notifications". Values are strings, as in
 * AWS' own model of the event.
 */
import type { ReplicationRule } from '../types.ts'

export type Notice = 'Failed' | 'MissedThreshold' | 'ReplicatedAfterThreshold' | 'NotTracked'

export const EVENT_NAMES: Readonly<Record<Notice, string>> = {
  Failed: 'Replication:OperationFailedReplication',
  MissedThreshold: 'Replication:OperationMissedThreshold',
  ReplicatedAfterThreshold: 'Replication:OperationReplicatedAfterThreshold',
  NotTracked: 'Replication:OperationNotTracked',
}

export type Operation =
  | 'OBJECT_PUT'
  | 'OBJECT_DELETE'
  | 'OBJECT_PUT_TAGGING'
  | 'OBJECT_PUT_RETENTION'
  | 'OBJECT_PUT_LEGAL_HOLD'

/** What is done to a replica that is there. */
export const FOLLOWING: ReadonlySet<Operation> = new Set<Operation>([
  'OBJECT_PUT_TAGGING',
  'OBJECT_PUT_RETENTION',
  'OBJECT_PUT_LEGAL_HOLD',
])

export interface NoticeFacts {
  readonly rule: ReplicationRule
  readonly operation: Operation
  /** When the source's request was made, ms. */
  readonly requestTime: number
  /** Now, ms. */
  readonly now: number
  readonly failureReason?: string | undefined
}

/** Failures are told only where the rule has metrics, which only a V2 rule can have. */
export function tellsFailures(rule: ReplicationRule): boolean {
  return rule.schema === 'V2' && rule.metrics
}

/** The threshold is watched only under Replication Time Control, which brings metrics with it. */
export function tellsThreshold(rule: ReplicationRule): boolean {
  return tellsFailures(rule) && rule.timeControlMinutes !== undefined
}

export function replicationEventData(notice: Notice, facts: NoticeFacts): Readonly<Record<string, string>> {
  const { rule, requestTime } = facts
  const common = {
    replicationRuleId: rule.id,
    destinationBucket: `arn:aws:s3:::${rule.destination.bucket}`,
    s3Operation: facts.operation,
    requestTime: new Date(requestTime).toISOString(),
  }
  const threshold = String(rule.timeControlMinutes ?? 15)
  switch (notice) {
    case 'Failed':
      return { ...common, failureReason: facts.failureReason ?? '' }
    case 'MissedThreshold':
      return { ...common, threshold }
    case 'ReplicatedAfterThreshold':
      return { ...common, threshold, replicationTime: String(Math.ceil((facts.now - requestTime) / 1000)) }
    case 'NotTracked':
      return common
  }
}
