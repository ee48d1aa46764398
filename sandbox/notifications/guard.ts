/**
 * What S3 asks of a notification's target before it takes the configuration. API reference, "PutBucketNotificationConfiguration".
 */
import type { NotificationTarget, Sender, SnsForOthers, SqsForOthers } from '../types.ts'
import { isEventPattern } from './matching.ts'

export interface Targets {
  readonly sqs: Pick<SqsForOthers, 'exists' | 'takes'>
  readonly sns: Pick<SnsForOthers, 'exists' | 'takes'>
}

/** What refuses this target, in S3's words; undefined where it is good. */
export function faultOf(
  target: NotificationTarget,
  { region, sender }: { readonly region: string; readonly sender: Sender },
  targets: Targets,
): string | undefined {
  const strange = target.events.find((event) => !isEventPattern(event))
  if (strange !== undefined) return `The event '${strange}' is not supported for notifications`
  // arn:aws:sqs:eu-west-1:111111111111:name
  if (target.arn.split(':')[3] !== region) {
    return 'The notification destination service region is not valid for the bucket location constraint'
  }
  return exists(target, targets) && takes(target, sender, targets)
    ? undefined
    : 'Unable to validate the following destination configurations'
}

function exists({ kind, arn }: NotificationTarget, { sqs, sns }: Targets): boolean {
  if (arn.endsWith('.fifo') || kind === 'function') return false // S3 takes no FIFO queue; this sandbox runs no functions
  return kind === 'queue' ? sqs.exists(arn) : sns.exists(arn)
}

/** S3 tries to write there, and says the same of a target whose policy lets it not in. */
function takes({ kind, arn }: NotificationTarget, sender: Sender, { sqs, sns }: Targets): boolean {
  return kind === 'queue' ? sqs.takes(arn, sender) : sns.takes(arn, sender)
}
