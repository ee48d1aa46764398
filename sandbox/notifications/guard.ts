/**
 * What S3 asks of a notification's target before it takes the configuration. API reference, "PutBucketNotificationConfiguration".
 */
import type { NotificationTarget, SnsForOthers, SqsForOthers } from '../types.ts'
import { isEventPattern } from './matching.ts'

export interface Targets {
  readonly sqs: Pick<SqsForOthers, 'exists'>
  readonly sns: Pick<SnsForOthers, 'exists'>
}

/** What refuses this target, in S3's words; undefined where it is good. */
export function faultOf(target: NotificationTarget, region: string, targets: Targets): string | undefined {
  const strange = target.events.find((event) => !isEventPattern(event))
  if (strange !== undefined) return `The event '${strange}' is not supported for notifications`
  // arn:aws:sqs:eu-west-1:111111111111:name
  if (target.arn.split(':')[3] !== region) {
    return 'The notification destination service region is not valid for the bucket location constraint'
  }
  return exists(target, targets) ? undefined : 'Unable to validate the following destination configurations'
}

function exists({ kind, arn }: NotificationTarget, { sqs, sns }: Targets): boolean {
  if (arn.endsWith('.fifo') || kind === 'function') return false // S3 takes no FIFO queue; this sandbox runs no functions
  return kind === 'queue' ? sqs.exists(arn) : sns.exists(arn)
}
