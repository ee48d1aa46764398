/**
 * Intake queues: each with a dead-letter queue that keeps longer, a redrive policy that gives up late, and a policy that lets S3
 * and the topics it subscribes to send. Pure (Amazon SQS developer guide, "Dead-letter queues"; S3 user guide, "Granting
 * permissions to publish event notification messages to a destination").
 */
import type { Change, QueuePlace, QueueSettings } from './change.ts'
import type { SetupBucket, SetupEstate, SetupQueue } from './estate.ts'
import type { Observed, PolicyDocument, PolicyStatement, Seen, SeenQueue } from './observed.ts'
import { respectOwner } from './owned.ts'
import { accountIdOf, deadLetterName, queueArn, readArn } from './places.ts'
import { list, maySend } from './policy.ts'
import { blocked, change, keep, unseen } from './words.ts'

const DAY = 86_400
/** A message keeps its first enqueue time when it is parked, so the dead-letter queue must keep longer. */
const RETENTION = { intake: 7 * DAY, deadLetter: 14 * DAY } as const
/** A few failed receptions are a restart, not a poison message. */
const RECEIVES = 10
export const S3_SID = 'LandfallLetsS3Send'
export const SNS_SID = 'LandfallLetsTopicsSend'

export interface QueueWish {
  readonly queue: SetupQueue
  /** Buckets that notify this queue. */
  readonly senders: readonly SetupBucket[]
  /** ARNs of topics that it is, or will be, subscribed to. */
  readonly topics: readonly string[]
}

export function placeOf(estate: SetupEstate, queue: SetupQueue): QueuePlace {
  const { name, region, account } = queue
  return { name, region, account, arn: queueArn(estate, queue) }
}

export function planQueue(estate: SetupEstate, observed: Observed, wish: QueueWish): readonly Change[] {
  const at = placeOf(estate, wish.queue)
  const seen = observed.queues.get(at.arn) ?? { is: 'absent' as const }
  if (seen.is === 'unknown') return [unseen(at, 'queue', seen.fault)]
  const grave = planDeadLetters(estate, observed, wish.queue, seen)
  if (seen.is === 'absent') {
    const statements = sendStatements(estate, at, undefined, wish)
    const settings: QueueSettings = {
      retentionSeconds: RETENTION.intake,
      visibilitySeconds: estate.service.intake.visibilitySeconds,
      waitSeconds: estate.service.intake.waitSeconds,
      redrive: { deadLetterArn: grave.arn, maxReceiveCount: RECEIVES },
    }
    return [
      ...grave.changes,
      change(at, 'queue', {
        after: settings,
        reason: 'the events of its region need a queue',
        step: { do: 'createQueue', at, settings },
      }),
      ...policyChanges(at, undefined, statements),
    ]
  }
  const queue = seen.value
  if (queue.policy.is === 'unknown') return [...grave.changes, unseen(at, 'queue policy', queue.policy.fault)]
  const standing = queue.policy.is === 'there' ? queue.policy.value : undefined
  const changes = [
    redriveChange(at, queue, grave.arn),
    ...policyChanges(at, standing, sendStatements(estate, at, standing, wish)),
  ]
  return [
    ...grave.changes,
    keep(
      at,
      'queue',
      queue.kmsKey === undefined ? 'it stands' : `it stands; its key ${queue.kmsKey} must let S3 use it`,
    ),
    ...respectOwner(estate, queue.tags, changes),
  ]
}

function planDeadLetters(
  estate: SetupEstate,
  observed: Observed,
  queue: SetupQueue,
  feeder: Seen<SeenQueue>,
): { readonly arn: string; readonly changes: readonly Change[] } {
  const named = feeder.is === 'there' ? feeder.value.redrive?.deadLetterArn : undefined
  const arn = named ?? queueArn(estate, { ...queue, name: deadLetterName(queue) })
  const at: QueuePlace = { name: readArn(arn).resource, region: queue.region, account: queue.account, arn }
  const seen = observed.queues.get(arn) ?? { is: 'absent' as const }
  if (seen.is === 'unknown') return { arn, changes: [unseen(at, 'dead-letter queue', seen.fault)] }
  if (seen.is === 'absent') {
    if (readArn(arn).accountId !== accountIdOf(estate, queue.account)) {
      const reason = "the redrive policy names a queue of another account, which is gone or can't be seen"
      return { arn, changes: [blocked(at, 'dead-letter queue', { reason })] }
    }
    const settings = { retentionSeconds: RETENTION.deadLetter }
    const reason = 'what no handler takes is kept for a person'
    const step = { do: 'createQueue', at, settings } as const
    return { arn, changes: [change(at, 'dead-letter queue', { after: settings, reason, step })] }
  }
  const kept = seen.value.retentionSeconds
  const needed = feeder.is === 'there' ? feeder.value.retentionSeconds : RETENTION.intake
  if (kept > needed || kept >= RETENTION.deadLetter) {
    return { arn, changes: [keep(at, 'dead-letter queue', 'it stands, and keeps longer', kept)] }
  }
  const settings = { retentionSeconds: RETENTION.deadLetter }
  const made = change(at, 'dead-letter queue', {
    before: { retentionSeconds: kept },
    after: settings,
    reason: "a parked message's age counts from its first arrival: it would be gone before anyone looks",
    step: { do: 'setQueue', at, settings },
  })
  return { arn, changes: respectOwner(estate, seen.value.tags, [made]) }
}

function redriveChange(at: QueuePlace, { redrive }: SeenQueue, graveArn: string): Change {
  if (redrive !== undefined && redrive.maxReceiveCount >= RECEIVES) {
    return keep(at, 'redrive policy', 'it parks what nobody takes', redrive)
  }
  const after = { deadLetterArn: redrive?.deadLetterArn ?? graveArn, maxReceiveCount: RECEIVES }
  return change(at, 'redrive policy', {
    before: redrive,
    after,
    reason:
      redrive === undefined
        ? "a message that can't be read would come back until it expires"
        : `fewer than ${RECEIVES} receptions park good messages in an outage`,
    step: { do: 'setQueue', at, settings: { redrive: after } },
  })
}

/** What is not allowed yet. */
function sendStatements(
  estate: SetupEstate,
  { arn }: QueuePlace,
  standing: PolicyDocument | undefined,
  { senders, topics }: QueueWish,
): readonly PolicyStatement[] {
  const document = standing ?? { Statement: [] }
  const buckets = senders.map(({ bucket, account }) => ({
    sourceArn: `arn:aws:s3:::${bucket}`,
    accountId: accountIdOf(estate, account),
  }))
  const refused = buckets.filter((one) => !maySend(document, { service: 's3.amazonaws.com', queue: arn, ...one }))
  const silent = topics.filter(
    (sourceArn) =>
      !maySend(document, {
        service: 'sns.amazonaws.com',
        queue: arn,
        sourceArn,
        accountId: readArn(sourceArn).accountId,
      }),
  )
  const before = (sid: string, key: string): readonly string[] =>
    document.Statement.filter(({ Sid }) => Sid === sid).flatMap((one) => conditionOf(one, key))
  const statement = (sid: string, service: string, tests: PolicyStatement['Condition']): PolicyStatement => ({
    Sid: sid,
    Effect: 'Allow',
    Principal: { Service: service },
    Action: 'sqs:SendMessage',
    Resource: arn,
    Condition: tests,
  })
  return [
    ...(refused.length === 0
      ? []
      : [
          // Both tests: bucket names are global, and a name that its owner freed may be taken by a stranger.
          statement(S3_SID, 's3.amazonaws.com', {
            ArnEquals: {
              'aws:SourceArn': sorted([...before(S3_SID, 'aws:SourceArn'), ...refused.map((one) => one.sourceArn)]),
            },
            StringEquals: {
              'aws:SourceAccount': sorted([
                ...before(S3_SID, 'aws:SourceAccount'),
                ...refused.map((one) => one.accountId),
              ]),
            },
          }),
        ]),
    ...(silent.length === 0
      ? []
      : [
          statement(SNS_SID, 'sns.amazonaws.com', {
            ArnEquals: { 'aws:SourceArn': sorted([...before(SNS_SID, 'aws:SourceArn'), ...silent]) },
          }),
        ]),
  ]
}

function conditionOf(statement: PolicyStatement, key: string): readonly string[] {
  const tests = Object.values((statement['Condition'] ?? {}) as Record<string, Record<string, unknown>>)
  return tests.flatMap((test) => list(test[key]))
}

const sorted = (values: readonly string[]): readonly string[] => [...new Set(values)].toSorted()

/** Statements of ours of the same name give way to the new ones, which hold all that they allowed. */
function policyChanges(
  at: QueuePlace,
  standing: PolicyDocument | undefined,
  statements: readonly PolicyStatement[],
): readonly Change[] {
  const names = (all: readonly PolicyStatement[]) => all.map(({ Sid }) => Sid ?? '(no name)')
  if (statements.length === 0) {
    return standing === undefined ? [] : [keep(at, 'queue policy', 'senders may send', names(standing.Statement))]
  }
  return [
    change(at, 'queue policy', {
      before: standing === undefined ? undefined : names(standing.Statement),
      after: statements.map(({ Sid, Condition }) => ({ Sid, Condition })),
      reason: 'without it S3, or the topic, is refused',
      step: { do: 'addQueueStatements', at, statements },
    }),
  ]
}
