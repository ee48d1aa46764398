/**
 * The intake queues.
 *
 * Sources: Amazon SQS developer guide, "Using dead-letter queues in Amazon SQS", "Amazon SQS visibility timeout"; Amazon S3
 * user guide, "Granting permissions to publish event notification messages to a destination".
 */
import type { Observed, PolicyDocument, SeenQueue } from '../setup/observed.ts'
import { bucketsOf } from './buckets.ts'
import { accountIdOf, type CheckedEstate, type CheckedQueue, queueArnOf } from './estate.ts'
import {
  aws,
  fail,
  type Finding,
  initApply,
  judge,
  type Mend,
  pass,
  run,
  say,
  some,
  type Subject,
  unknown,
  unsure,
  warn,
} from './finding.ts'
import { answerOf } from './policies.ts'

const DAY = 86_400
const LEAST_RECEIVES = 10
/** Below this a restart or two park good messages. */
const FEW_RECEIVES = 3
const LEAST_RETENTION_DAYS = 4
/**
 * What a batch may take: a command of Redis (5 s) and its write on disk (2 s), held back for 2 s with `window`, and the
 * deletion of ten messages.
 */
const BATCH_SECONDS = 15
const AWS_KEY = /(^|\/)alias\/aws\/sqs$/

export function checkQueues(estate: CheckedEstate, observed: Observed): readonly Finding[] {
  return estate.queues.flatMap((queue) => {
    const arn = queueArnOf(estate, queue)
    const seen = observed.queues.get(arn)
    if (seen === undefined) return []
    const subject: Subject = { kind: 'queue', name: arn, pairs: pairsNear(estate, queue) }
    if (seen.is === 'unknown') return [unknown('queue.exists', subject, seen.fault)]
    if (seen.is === 'absent')
      return [fail('queue.exists', subject, `there is no queue ${queue.name} in ${queue.region}`, initApply(subject))]
    return [
      pass('queue.exists', subject, 'it is there'),
      ...policy(estate, observed, seen.value, subject),
      encryption(seen.value, subject),
      ...visibility(estate, seen.value, subject),
      retention(seen.value, subject),
      ...deadLetters(observed, seen.value, subject),
    ]
  })
}

/** Pairs with a bucket in its region: `init apply` of any of them sees to the queue. */
function pairsNear({ pairs }: CheckedEstate, { region }: CheckedQueue): readonly string[] {
  return pairs
    .filter(({ source, destination }) => source.region === region || destination.region === region)
    .map(({ name }) => name)
}

/** Who sends to it now: buckets straight, and topics that it subscribes to. */
function policy(estate: CheckedEstate, observed: Observed, queue: SeenQueue, subject: Subject): readonly Finding[] {
  return judge(queue.policy, 'queue.policy', subject, (value) => {
    const documents: readonly PolicyDocument[] = value === undefined ? [] : [value]
    const senders = [...bucketSenders(estate, observed, queue.arn), ...topicSenders(observed, queue.arn)]
    const answers = senders.map((sender) => ({
      sender,
      answer: answerOf(documents, {
        action: 'sqs:SendMessage',
        resource: queue.arn,
        principal: { service: sender.service },
        context: { 'aws:sourcearn': sender.arn, 'aws:sourceaccount': sender.account, 'aws:securetransport': 'true' },
      }),
    }))
    const of = (wanted: string): readonly string[] =>
      answers.filter(({ answer }) => answer === wanted).map(({ sender }) => sender.arn)
    const refused = of('refused')
    if (refused.length > 0) {
      const said = `its policy lets nothing be sent by ${some(refused)}`
      return [fail('queue.policy', subject, said, initApply(subject))]
    }
    const unclear = of('unsure')
    if (unclear.length > 0) {
      const said = `whether ${some(unclear)} may send depends on a condition that is not known here`
      return [unsure('queue.policy', subject, said, run('landfall', 'doctor', '--canary'))]
    }
    const said = senders.length === 0 ? 'nothing is set up to send to it' : `${senders.length} may send`
    return [pass('queue.policy', subject, said)]
  })
}

interface Sender {
  readonly service: 's3.amazonaws.com' | 'sns.amazonaws.com'
  readonly arn: string
  readonly account: string
}

function bucketSenders(estate: CheckedEstate, { buckets }: Observed, queueArn: string): readonly Sender[] {
  return bucketsOf(estate).flatMap(({ place }) => {
    const notifications = buckets.get(place.bucket)?.notifications
    if (notifications?.is !== 'there') return []
    if (!notifications.value.targets.some(({ arn }) => arn === queueArn)) return []
    const account = accountIdOf(estate, place.account)
    return [{ service: 's3.amazonaws.com' as const, arn: `arn:aws:s3:::${place.bucket}`, account }]
  })
}

function topicSenders({ topics }: Observed, queueArn: string): readonly Sender[] {
  return [...topics].flatMap(([arn, topic]) => {
    if (topic.is !== 'there' || topic.value.subscriptions.is !== 'there') return []
    if (!topic.value.subscriptions.value.some(({ endpoint }) => endpoint === queueArn)) return []
    return [{ service: 'sns.amazonaws.com' as const, arn, account: arn.split(':')[4] ?? '' }]
  })
}

function encryption({ kmsKey }: SeenQueue, subject: Subject): Finding {
  if (kmsKey === undefined) return pass('queue.encryption', subject, 'no key of KMS stands between')
  if (AWS_KEY.test(kmsKey)) {
    const mend = say(
      'Encrypt it with SSE-SQS, or with a key whose policy lets s3.amazonaws.com and sns.amazonaws.com use it.',
    )
    return fail('queue.encryption', subject, `it is encrypted with ${kmsKey}, which neither S3 nor SNS may use`, mend)
  }
  return unsure(
    'queue.encryption',
    subject,
    `it is encrypted with ${kmsKey}, whose policy was not looked at`,
    say(
      'Its policy must let s3.amazonaws.com (or sns.amazonaws.com) kms:GenerateDataKey and kms:Decrypt. landfall doctor --canary tells.',
    ),
  )
}

function visibility(estate: CheckedEstate, queue: SeenQueue, subject: Subject): readonly Finding[] {
  const { visibilitySeconds: asked } = estate.service.intake
  const own = queue.visibilitySeconds
  const found: Finding[] = []
  if (asked < BATCH_SECONDS) {
    const said = `service.intake.visibility is ${asked} s, and a batch may take ${BATCH_SECONDS} s`
    found.push(warn('queue.visibility', subject, said, say('Raise service.intake.visibility to 60s.')))
  }
  if (own < BATCH_SECONDS) {
    const said = `its own is ${own} s: Landfall asks for ${asked} s and renews it, anyone else who reads there gets ${own} s`
    found.push(warn('queue.visibility', subject, said, set(queue, { VisibilityTimeout: Math.max(asked, 30) })))
  }
  return found.length > 0
    ? found
    : [pass('queue.visibility', subject, `${own} s; Landfall asks for ${asked} s and renews it`)]
}

/** One attribute; the others stay. */
function set({ url, region }: SeenQueue, attributes: Readonly<Record<string, number>>): Mend {
  const texts = Object.entries(attributes).map(([name, value]) => [name, String(value)])
  const json = JSON.stringify(Object.fromEntries(texts))
  return aws('sqs', 'set-queue-attributes', { 'queue-url': url, region, attributes: json })
}

function retention(queue: SeenQueue, subject: Subject): Finding {
  const { retentionSeconds } = queue
  const days = retentionSeconds / DAY
  if (days >= LEAST_RETENTION_DAYS) return pass('queue.retention', subject, daysOf(retentionSeconds))
  const mend = set(queue, { MessageRetentionPeriod: 7 * DAY })
  return warn('queue.retention', subject, `it keeps messages for ${daysOf(retentionSeconds)}`, mend)
}

function deadLetters(observed: Observed, queue: SeenQueue, subject: Subject): readonly Finding[] {
  const { redrive } = queue
  if (redrive === undefined)
    return [fail('queue.dead-letters', subject, 'it has no dead-letter queue', initApply(subject))]
  const { deadLetterArn, maxReceiveCount } = redrive
  const dead = observed.queues.get(deadLetterArn)
  return [
    ...(dead === undefined ? [] : graveOf(dead, deadLetterArn, queue, subject)),
    maxReceiveCount >= LEAST_RECEIVES
      ? pass('queue.max-receive', subject, `after ${maxReceiveCount}`)
      : (maxReceiveCount < FEW_RECEIVES ? fail : warn)(
          'queue.max-receive',
          subject,
          `messages are parked after ${maxReceiveCount === 1 ? 'one reception' : `${maxReceiveCount} receptions`}`,
          initApply(subject),
        ),
  ]
}

function graveOf(
  dead: NonNullable<ReturnType<Observed['queues']['get']>>,
  arn: string,
  queue: SeenQueue,
  subject: Subject,
): readonly Finding[] {
  if (dead.is === 'unknown') return [unknown('queue.dead-letters', subject, dead.fault)]
  if (dead.is === 'absent')
    return [fail('queue.dead-letters', subject, `its dead-letter queue ${arn} is gone`, initApply(subject))]
  const there = pass('queue.dead-letters', subject, arn)
  const [kept, intake] = [dead.value.retentionSeconds, queue.retentionSeconds]
  if (kept > intake)
    return [there, pass('queue.dead-letter-retention', subject, `${daysOf(kept)}, and it ${daysOf(intake)}`)]
  const said = `its dead-letter queue keeps ${daysOf(kept)}, and it keeps ${daysOf(intake)}`
  return [there, (kept < intake ? fail : warn)('queue.dead-letter-retention', subject, said, initApply(subject))]
}

function daysOf(seconds: number): string {
  if (seconds < DAY) return `${Math.round(seconds / 360) / 10} hours`
  const days = Math.round((seconds / DAY) * 10) / 10
  return days === 1 ? '1 day' : `${days} days`
}
