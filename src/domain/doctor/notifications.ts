/**
 * Whether what happens in a bucket reaches an intake queue: straight, by a topic that the queue subscribes to, or by
 * EventBridge, whose rules are not looked at.
 *
 * Sources: Amazon S3 user guide, "Event notification types and destinations", "EventBridge event message structure";
 * Amazon SNS developer guide, "Message filtering".
 */
import type { Observed, Seen, SeenNotifications, SeenTarget, SeenTopic } from '../setup/observed.ts'
import { bucketsOf, bucketSubject, type UsedBucket } from './buckets.ts'
import type { CheckId } from './checks.ts'
import { type CheckedEstate, queueArnOf } from './estate.ts'
import {
  fail,
  type Finding,
  initApply,
  judge,
  type Mend,
  pass,
  run,
  some,
  type Subject,
  unknown,
  unsure,
  warn,
} from './finding.ts'

interface Family {
  readonly id: CheckId
  readonly types: readonly string[]
  /** Documented among EventBridge's events of S3. */
  readonly byEventBridge: boolean
}

const CREATED: Family = {
  id: 'notifications.created',
  types: ['Put', 'Post', 'Copy', 'CompleteMultipartUpload'].map((name) => `s3:ObjectCreated:${name}`),
  byEventBridge: true,
}
const REMOVED: Family = {
  id: 'notifications.removed',
  types: ['s3:ObjectRemoved:Delete', 's3:ObjectRemoved:DeleteMarkerCreated'],
  byEventBridge: true,
}
const LIFECYCLE: Family = {
  id: 'notifications.lifecycle',
  types: ['s3:LifecycleExpiration:Delete', 's3:LifecycleExpiration:DeleteMarkerCreated'],
  byEventBridge: true,
}
const REPLICATION: Family = {
  id: 'notifications.replication',
  types: ['s3:Replication:OperationFailedReplication'],
  byEventBridge: false,
}
const TIMED = ['MissedThreshold', 'ReplicatedAfterThreshold', 'NotTracked'].map(
  (name) => `s3:Replication:Operation${name}`,
)

export function checkNotifications(estate: CheckedEstate, observed: Observed): readonly Finding[] {
  const watched = bucketsOf(estate).filter(({ uses }) => uses.has('source') || uses.has('destination'))
  return watched.flatMap((used) => {
    const seen = observed.buckets.get(used.place.bucket)
    if (seen === undefined || seen.stands.is !== 'there') return []
    const subject = bucketSubject(used)
    return judge(seen.notifications, CREATED.id, subject, (value) =>
      familiesOf(used, observed).map((family) =>
        reach({ estate, observed, used, subject, seen: value ?? NONE }, family),
      ),
    )
  })
}

const NONE: SeenNotifications = { targets: [], eventBridge: false }

/** What S3 raises there at all: replication events come of rules with metrics only, those on time of Time Control. */
function familiesOf({ place, uses }: UsedBucket, { buckets }: Observed): readonly Family[] {
  const replication = buckets.get(place.bucket)?.replication
  const rules = replication?.is === 'there' ? replication.value.rules.filter(({ metrics }) => metrics) : []
  const timed = rules.some(({ timeControlMinutes }) => timeControlMinutes !== undefined)
  const own = { ...REPLICATION, types: [...REPLICATION.types, ...(timed ? TIMED : [])] }
  return [CREATED, REMOVED, LIFECYCLE, ...(uses.has('source') && rules.length > 0 ? [own] : [])]
}

interface Reach {
  readonly estate: CheckedEstate
  readonly observed: Observed
  readonly used: UsedBucket
  readonly subject: Subject
  readonly seen: SeenNotifications
}

type Way =
  | { readonly kind: 'queue'; readonly arn: string }
  | { readonly kind: 'topic'; readonly arn: string; readonly queue: string }
  | { readonly kind: 'unknown'; readonly seen: Seen<unknown>; readonly arn: string }
  /** It takes the event and hands it to nobody of ours. */
  | { readonly kind: 'elsewhere'; readonly why: string; readonly mend?: Mend | undefined }

function reach(at: Reach, family: Family): Finding {
  const { seen, subject, used } = at
  const missing: string[] = []
  const whys = new Set<string>()
  let mend: Mend | undefined
  let dark: Finding | undefined
  for (const type of family.types) {
    const ways = seen.targets.filter(({ events }) => takes(events, type)).map((target) => wayOf(at, target))
    if (ways.some(({ kind }) => kind === 'queue' || kind === 'topic')) continue
    missing.push(type)
    for (const way of ways) {
      if (way.kind === 'elsewhere') {
        whys.add(way.why)
        mend ??= way.mend
      } else if (way.kind === 'unknown' && way.seen.is === 'unknown')
        dark ??= unknown(family.id, subject, way.seen.fault)
    }
  }
  if (missing.length === 0) return pass(family.id, subject, by(at, family))
  if (dark !== undefined) return dark
  if (seen.eventBridge && family.byEventBridge) {
    const said = 'EventBridge takes them; whether a rule of it sends them to an intake queue was not looked at'
    return unsure(family.id, subject, said, run('landfall', 'doctor', '--canary'))
  }
  const said = `${some(missing.map((type) => type.replace('s3:', '')))} reach no intake queue`
  const why = whys.size === 0 ? '' : `: ${some([...whys])}`
  const level = used.uses.has('source') && (family === CREATED || family === REMOVED) ? fail : warn
  return level(family.id, subject, `${said}${why}`, mend ?? initApply(subject))
}

/** `s3:ObjectCreated:*` takes every type of its family. */
function takes(events: readonly string[], type: string): boolean {
  return events.some((event) => event === type || (event.endsWith(':*') && type.startsWith(event.slice(0, -1))))
}

function wayOf({ estate, observed, used }: Reach, target: SeenTarget): Way {
  const ours = new Set(estate.queues.map((queue) => queueArnOf(estate, queue)))
  const { kind, arn, prefix, suffix } = target
  if (prefix !== '' || suffix !== '') {
    const keys = [
      prefix === '' ? '' : `begin with ${JSON.stringify(prefix)}`,
      suffix === '' ? '' : `end in ${JSON.stringify(suffix)}`,
    ]
    return {
      kind: 'elsewhere',
      why: `${target.id} takes only keys that ${keys.filter((part) => part !== '').join(' and ')}`,
    }
  }
  if (kind === 'function') return { kind: 'elsewhere', why: `the function ${arn} takes them` }
  if (kind === 'queue') {
    return ours.has(arn)
      ? { kind, arn }
      : { kind: 'elsewhere', why: `${arn} takes them, which is no queue of the configuration` }
  }
  return topicWay(arn, observed.topics.get(arn), ours, nearest(estate, used))
}

function topicWay(
  arn: string,
  topic: Seen<SeenTopic> | undefined,
  ours: ReadonlySet<string>,
  queue: string | undefined,
): Way {
  if (topic === undefined) return { kind: 'elsewhere', why: `the topic ${arn} takes them` }
  if (topic.is === 'unknown') return { kind: 'unknown', seen: topic, arn }
  if (topic.is === 'absent') return { kind: 'elsewhere', why: `the topic ${arn} takes them, and is gone` }
  const { subscriptions } = topic.value
  if (subscriptions.is === 'unknown') return { kind: 'unknown', seen: subscriptions, arn }
  const all = subscriptions.is === 'there' ? subscriptions.value : []
  // One that its endpoint has not confirmed delivers nothing.
  const mine = all.filter(({ endpoint, pending }) => ours.has(endpoint) && !pending)
  const whole = mine.find(({ filtered }) => !filtered)
  if (whole !== undefined) return { kind: 'topic', arn, queue: whole.endpoint }
  if (mine.length > 0)
    return {
      kind: 'elsewhere',
      why: `the topic ${arn} takes them, and the queue's subscription filters what it gets`,
      mend: { say: `Take the filter policy off the subscription of ${mine[0]!.endpoint} to ${arn}.` },
    }
  const region = arn.split(':')[3] ?? ''
  const command = ['aws', 'sns', 'subscribe', '--topic-arn', arn, '--protocol', 'sqs', '--region', region]
  return {
    kind: 'elsewhere',
    why: `the topic ${arn} takes them, and no intake queue subscribes to it`,
    mend: queue === undefined ? undefined : run(...command, '--notification-endpoint', queue),
  }
}

/** A topic reaches queues of any region and account; the bucket's own are nearest. */
function nearest(estate: CheckedEstate, { place }: UsedBucket): string | undefined {
  const near = estate.queues.filter(({ region }) => region === place.region)
  const queue = near.find(({ account }) => account === place.account) ?? near[0] ?? estate.queues[0]
  return queue && queueArnOf(estate, queue)
}

function by(at: Reach, { types }: Family): string {
  const ways = at.seen.targets
    .filter(({ events }) => types.some((type) => takes(events, type)))
    .map((each) => wayOf(at, each))
  const names = ways.flatMap((way) => {
    if (way.kind === 'queue') return [`straight to ${way.arn}`]
    return way.kind === 'topic' ? [`by the topic ${way.arn} to ${way.queue}`] : []
  })
  return some([...new Set(names)])
}
