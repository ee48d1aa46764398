/**
 * S3's notifications: each change of a bucket goes to the targets of its configuration that want it, at least once
 * and in no order, as faults on order have it.
 */
import { type Agenda, makeAgenda } from '../agenda.ts'
import type {
  BucketChange,
  Faults,
  NotificationTarget,
  S3ForOthers,
  Sender,
  SnsForOthers,
  SqsForOthers,
  WorldCore,
} from '../types.ts'
import { makeNotificationCounter, type NotificationCounts } from './counts.ts'
import { s3Event, testEvent } from './document.ts'
import { makeDroppedVersions } from './dropped.ts'
import { eventBridgeEvent } from './eventbridge.ts'
import { faultOf } from './guard.ts'
import { matches } from './matching.ts'

export interface NotificationNeeds extends Pick<WorldCore, 'clock' | 'random' | 'faults'> {
  readonly s3: S3ForOthers
  readonly sqs: SqsForOthers
  readonly sns: SnsForOthers
  readonly agenda?: Agenda | undefined
}

export interface Notifications {
  /** For changes that the store knows nothing of: S3's own word about a replication. */
  raise(change: BucketChange): void
  /** Where EventBridge's events of buckets in this region go (a rule with one target, so to say); undefined: nowhere. */
  bridge(region: string, queueArn: string | undefined): void
  counts(): Readonly<Record<string, NotificationCounts>>
  /** Versions of which an event was dropped on order, the latest 100,000. */
  dropped(): readonly string[]
}

/** A double comes at once as often as seconds later: up to so many ms. */
const DOUBLE_WITHIN_MS = 3000

export function makeNotifications(needs: NotificationNeeds): Notifications {
  const { s3, sqs, sns, clock, random, faults } = needs
  const agenda = needs.agenda ?? makeAgenda(clock)
  const counter = makeNotificationCounter()
  const bridges = new Map<string, string>()
  const dropped = makeDroppedVersions()

  s3.onChange(raise)
  s3.checkTarget((target, bucket) => faultOf(target, { region: bucket.region, sender: senderOf(bucket) }, { sqs, sns }))
  s3.onNotificationTest(({ target, ...test }) => hand(target, testEvent(test), senderOf(s3.bucket(test.bucket)!)))

  function raise(change: BucketChange): void {
    const bucket = s3.bucket(change.bucket)
    if (bucket?.notification === undefined) return
    for (const target of bucket.notification.targets) {
      if (!matches(target, change.eventName, change.version.key)) continue
      const body = s3Event(change, { ...bucket, configurationId: target.id })
      send(change, () => hand(target, body, senderOf(bucket)))
    }
    const queue = bucket.notification.eventBridge ? bridges.get(change.region) : undefined
    const envelope = queue === undefined ? undefined : eventBridgeEvent(change, bucket.account, random)
    if (queue !== undefined && envelope !== undefined)
      send(change, () => sqs.send(queue, envelope, ruleOf(change.region, bucket.account)))
  }

  /** False: the target is gone. */
  function hand({ kind, arn }: NotificationTarget, body: string, from: Sender): boolean {
    return kind === 'topic' ? sns.publish(arn, body, from, 'Amazon S3 Notification') : sqs.send(arn, body, from)
  }

  function send(change: BucketChange, deliver: () => boolean): void {
    const { bucket, eventName, version } = change
    const fault = faultFor(bucket, faults.current.notifications)
    if (fault === undefined) return now(bucket, deliver)
    const chance = (stream: string): number =>
      random.of(`notification.${stream}`, `${bucket}/${version.versionId}/${version.sequencer}/${eventName}`)
    const draw = {
      drop: chance('drop'),
      duplicate: chance('duplicate'),
      delay: chance('delay'),
      again: chance('again'),
    }
    if (draw.drop < (fault.drop ?? 0)) {
      counter.of(bucket).dropped += 1
      dropped.add(version.versionId)
      return
    }
    const delayMs = Math.floor(draw.delay * (fault.reorderMs ?? 0))
    later(bucket, delayMs, deliver)
    if (draw.duplicate < (fault.duplicate ?? 0)) {
      counter.of(bucket).duplicated += 1
      later(bucket, delayMs + Math.floor(Math.max(0, draw.again - 0.5) * 2 * DOUBLE_WITHIN_MS), deliver)
    }
  }

  function later(bucket: string, delayMs: number, deliver: () => boolean): void {
    if (delayMs === 0) return now(bucket, deliver)
    counter.of(bucket).delayed += 1
    agenda.at(clock.now() + delayMs, () => {
      counter.of(bucket).delayed -= 1
      now(bucket, deliver)
    })
  }

  function now(bucket: string, deliver: () => boolean): void {
    if (deliver()) counter.of(bucket).sent += 1
    else counter.of(bucket).undeliverable += 1
  }

  return {
    raise,
    bridge(region, queueArn) {
      if (queueArn === undefined) bridges.delete(region)
      else bridges.set(region, queueArn)
    },
    counts: () => counter.rows(),
    dropped: () => dropped.list(),
  }
}

function senderOf({ name, account }: { readonly name: string; readonly account: string }): Sender {
  return { service: 's3.amazonaws.com', arn: `arn:aws:s3:::${name}`, account }
}

/** EventBridge's rule, which the sandbox has one of for each region. */
function ruleOf(region: string, account: string): Sender {
  return { service: 'events.amazonaws.com', arn: `arn:aws:events:${region}:${account}:rule/sandbox`, account }
}

/** The first that names this bucket, or no bucket. */
function faultFor(
  bucket: string,
  list: Faults['notifications'],
): NonNullable<Faults['notifications']>[number] | undefined {
  return list?.find((fault) => fault.bucket === undefined || fault.bucket === bucket)
}
