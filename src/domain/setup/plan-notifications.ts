/**
 * Each watched bucket tells the intake queue of its own region. What others are told stays: where a topic takes the events
 * already, S3 refuses a second target for them, so the queue subscribes to the topic. Pure.
 *
 * Source: S3 user guide, "Amazon S3 Event Notifications", "Configuring event notifications with object key name filtering".
 */
import type { Change, QueuePlace, SetupOptions } from './change.ts'
import type { SetupBucket, SetupEstate } from './estate.ts'
import { DESTINATION_EVENTS, folded, single, SOURCE_EVENTS } from './events.ts'
import type { Observed, SeenSubscription, SeenTarget } from './observed.ts'
import { respectOwner } from './owned.ts'
import { queueFor, watchedBuckets } from './places.ts'
import { placeOf, type QueueWish } from './plan-queue.ts'
import { atBucket, blocked, change, keep, offer, unseen } from './words.ts'

const ID = 'landfall'

interface Told {
  readonly place: SetupBucket
  readonly queue: QueuePlace
  /** What of the wanted events comes by which topic, or would. */
  readonly topics: readonly {
    readonly arn: string
    readonly events: readonly string[]
    readonly subscribed: boolean
    readonly seen: 'there' | 'absent' | 'unknown'
  }[]
  /** Events that another target than a topic takes from us. */
  readonly taken: readonly { readonly target: SeenTarget; readonly events: readonly string[] }[]
  /** What our own target does not take yet, and may. */
  readonly missing: ReadonlySet<string>
  readonly own: SeenTarget | undefined
}

export function planNotifications(
  estate: SetupEstate,
  observed: Observed,
  options: SetupOptions,
  isAsked: (place: SetupBucket) => boolean,
): readonly Change[] {
  return watchedBuckets(estate)
    .filter(isAsked)
    .flatMap((place) => planTold(estate, observed, place, options))
}

/** What each queue's policy must let in. */
export function queueWishes(
  estate: SetupEstate,
  observed: Observed,
  options: SetupOptions,
  isAsked: (place: SetupBucket) => boolean,
): readonly QueueWish[] {
  const places = watchedBuckets(estate).filter(isAsked)
  return estate.queues.flatMap((queue) => {
    const senders = places.filter((place) => queueFor(estate, place) === queue)
    if (senders.length === 0) return []
    const topics = senders
      .flatMap((place) => readTold(estate, observed, place)?.topics ?? [])
      .filter(({ subscribed }) => subscribed || asksFor(estate, options))
    return [{ queue, senders, topics: [...new Set(topics.map(({ arn }) => arn))] }]
  })
}

const asksFor = (estate: SetupEstate, { subscribe }: SetupOptions): boolean =>
  subscribe ?? estate.service.setup?.subscribe ?? false

/** Undefined: no queue in its region, or its notifications can't be seen. */
function readTold(estate: SetupEstate, observed: Observed, place: SetupBucket): Told | undefined {
  const intake = queueFor(estate, place)
  const seen = observed.buckets.get(place.bucket)?.notifications
  if (intake === undefined || seen?.is === 'unknown') return undefined
  const queue = placeOf(estate, intake)
  const targets = seen?.is === 'there' ? seen.value.targets : []
  const isSource = estate.pairs.some(({ source }) => source.bucket === place.bucket)
  const wanted = single(isSource ? SOURCE_EVENTS : DESTINATION_EVENTS)
  const ours = targets.filter(
    ({ kind, arn, prefix, suffix }) => kind === 'queue' && arn === queue.arn && prefix === '' && suffix === '',
  )
  const come = single(ours.flatMap(({ events }) => events))
  const own = targets.find(({ kind, id }) => kind === 'queue' && id === ID)
  const others = targets.filter((target) => !ours.includes(target) && target !== own)
  const shared = others.map((target) => ({
    target,
    events: folded(new Set([...single(target.events)].filter((one) => wanted.has(one) && !come.has(one)))),
  }))
  const blockedEvents = single(shared.flatMap(({ events }) => events))
  const topics = shared.filter(({ target, events }) => target.kind === 'topic' && events.length > 0 && isWhole(target))
  return {
    place,
    queue,
    own,
    topics: topics.map(({ target: { arn }, events }) => ({ arn, events, ...subscription(observed, arn, queue.arn) })),
    taken: shared.filter(({ target, events }) => events.length > 0 && !(target.kind === 'topic' && isWhole(target))),
    missing: new Set([...wanted].filter((one) => !come.has(one) && !blockedEvents.has(one))),
  }
}

const isWhole = ({ prefix, suffix }: SeenTarget): boolean => prefix === '' && suffix === ''

function subscription(
  observed: Observed,
  topic: string,
  queueArn: string,
): { readonly subscribed: boolean; readonly seen: 'there' | 'absent' | 'unknown' } {
  const seen = observed.topics.get(topic)
  if (seen?.is !== 'there') return { subscribed: false, seen: seen?.is ?? 'unknown' }
  const { subscriptions } = seen.value
  if (subscriptions.is !== 'there') return { subscribed: false, seen: subscriptions.is }
  const ours = (one: SeenSubscription): boolean => one.protocol === 'sqs' && one.endpoint === queueArn
  return { subscribed: subscriptions.value.some((one) => ours(one) && !one.filtered && !one.pending), seen: 'there' }
}

function planTold(
  estate: SetupEstate,
  observed: Observed,
  place: SetupBucket,
  options: SetupOptions,
): readonly Change[] {
  const at = atBucket(place)
  const seen = observed.buckets.get(place.bucket)
  if (seen === undefined || seen.stands.is === 'unknown') return []
  if (seen.notifications.is === 'unknown') return [unseen(at, 'notifications', seen.notifications.fault)]
  const told = readTold(estate, observed, place)
  if (told === undefined) {
    const reason = `no intake queue in ${place.region}, and S3 notifies queues of the bucket's own region only: add one under \`queues\``
    return [blocked(at, 'notifications', { reason })]
  }
  return [
    ...respectOwner(estate, seen.tags, [ownTarget(told)]),
    ...told.topics.map((topic) => subscribe(estate, told, topic, options)),
    ...told.taken.map(({ target, events }) =>
      offer(at, 'notifications', {
        before: { [target.kind]: target.arn, events: target.events },
        after: { eventBridge: true },
        step: undefined,
        reason: `${events.join(', ')} go to another ${target.kind}${isWhole(target) ? '' : ` for ${target.prefix}*${target.suffix}`}, and S3 refuses a second target: switch EventBridge on for the bucket, and send its events to ${told.queue.name} (docs/init.md)`,
      }),
    ),
  ]
}

function ownTarget({ place, queue, missing, own }: Told): Change {
  const at = atBucket(place)
  const standing = own?.arn === queue.arn && isWhole(own) ? own.events : []
  if (missing.size === 0) {
    const reason = `${queue.name} is told of what goes to no other target`
    return keep(at, 'notifications', reason, standing)
  }
  const events = folded(new Set([...single(standing), ...missing]))
  const target: SeenTarget = { kind: 'queue', id: ID, arn: queue.arn, events, prefix: '', suffix: '' }
  return change(at, 'notifications', {
    before: own === undefined ? undefined : { queue: own.arn, events: own.events },
    after: { queue: queue.arn, events },
    reason: 'these events reach no queue of Landfall',
    step: { do: 'addTarget', at: { ...place }, target },
  })
}

function subscribe(
  estate: SetupEstate,
  { queue, place }: Told,
  topic: Told['topics'][number],
  options: SetupOptions,
): Change {
  const at = { name: topic.arn, region: queue.region, account: queue.account }
  const events = topic.events.join(', ')
  if (topic.subscribed) return keep(at, 'subscription', `${queue.name} gets ${events} of ${place.bucket} by it`)
  const what = {
    before: undefined,
    after: { protocol: 'sqs', endpoint: queue.arn },
    step: { do: 'subscribe', topic: topic.arn, at: queue } as const,
  }
  const why = `it takes ${events} of ${place.bucket}, and S3 refuses a second target`
  if (topic.seen === 'unknown') {
    return blocked(at, 'subscription', {
      ...what,
      reason: `${why}; its subscriptions can't be seen (sns:ListSubscriptionsByTopic)`,
    })
  }
  if (!asksFor(estate, options)) {
    return offer(at, 'subscription', { ...what, reason: `${why}: \`--subscribe\` subscribes ${queue.name} to it` })
  }
  return change(at, 'subscription', { ...what, reason: why })
}
