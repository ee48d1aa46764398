/**
 * A sandbox of one's own, with the real SDK's clients for its regions: for tests that order faults, which all clients of
 * one sandbox share.
 */
import {
  CreateBucketCommand,
  type Event,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type ReplicationRule,
  S3Client,
} from '@aws-sdk/client-s3'
import { S3ControlClient } from '@aws-sdk/client-s3-control'
import { SNSClient } from '@aws-sdk/client-sns'
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { LifecycleCounts } from '../../sandbox/s3/lifecycle/run.ts'
import { type Sandbox, startSandbox } from '../../sandbox/server.ts'
import type { Faults } from '../../sandbox/types.ts'
import { controlEndpoint } from './sandbox.ts'

export const ACCOUNT = '111111111111'
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/replication`

export interface LocalQueue {
  readonly region: string
  readonly url: string
  readonly arn: string
}

/** One record of an S3 event document, as far as tests look at it. */
export interface S3Record {
  readonly eventName: string
  readonly awsRegion: string
  readonly eventTime: string
  readonly userIdentity: { readonly principalId: string }
  readonly s3: {
    readonly configurationId: string
    readonly bucket: { readonly name: string }
    readonly object: {
      readonly key: string
      readonly size: number
      readonly eTag: string
      readonly versionId?: string
      readonly sequencer?: string
    }
  }
  readonly replicationEventData?: Readonly<Record<string, string>>
}

export type Body = Readonly<Record<string, unknown>> & { readonly Records?: readonly S3Record[] }

export interface LocalAws {
  readonly sandbox: Sandbox
  s3(region?: string): S3Client
  s3control(region?: string): S3ControlClient
  sqs(region?: string): SQSClient
  sns(region?: string): SNSClient
  /** Versioned unless told otherwise. */
  bucket(name: string, region?: string, versioning?: 'Enabled' | 'Suspended' | 'none'): Promise<string>
  /** Both buckets (`<name>-source` in eu-west-1, `<name>-destination` in eu-west-2) with one rule between them. */
  pair(
    name: string,
    rule?: Partial<ReplicationRule>,
  ): Promise<{ readonly source: string; readonly destination: string }>
  queue(name: string, region?: string): Promise<LocalQueue>
  /** All events of these types of a bucket go to the queue; its test event is taken off. */
  subscribe(bucket: string, queue: LocalQueue, events?: readonly string[]): Promise<void>
  /** Takes messages off the queue until there are `count`. */
  receive(queue: LocalQueue, count: number): Promise<readonly Body[]>
  /** What is in the queue now, without waiting for more. */
  drain(queue: LocalQueue): Promise<readonly Body[]>
  /** HEAD by version id; undefined for 404. */
  head(bucket: string, key: string, versionId?: string): Promise<HeadObjectCommandOutput | undefined>
  faults(document: Faults): Promise<void>
  /** Carries out the lifecycle rules of a bucket, or of all, now or as of a time; what was done, by bucket. */
  lifecycle(ask?: {
    readonly bucket?: string
    readonly asOf?: Date | undefined
  }): Promise<Readonly<Record<string, LifecycleCounts>>>
  /** `GET /_sandbox/<path>` */
  control(path: string): Promise<Readonly<Record<string, unknown>>>
  close(): Promise<void>
}

/** A V1 rule, as the estate has: prefix "", no filter. */
export function v1Rule(destination: string): ReplicationRule {
  return { ID: 'v1', Status: 'Enabled', Prefix: '', Destination: { Bucket: `arn:aws:s3:::${destination}` } }
}

/** A V2 rule with metrics and time control. */
export function v2Rule(destination: string, rule: Partial<ReplicationRule> = {}): ReplicationRule {
  return {
    ID: 'v2',
    Status: 'Enabled',
    Priority: 1,
    Filter: { Prefix: '' },
    DeleteMarkerReplication: { Status: 'Disabled' },
    ...rule,
    Destination: {
      Bucket: `arn:aws:s3:::${destination}`,
      Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
      ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
      ...rule.Destination,
    },
  }
}

export async function startLocalAws(seed: string | number = 1): Promise<LocalAws> {
  const sandbox = await startSandbox({ seed })
  const settings = (region: string) => ({
    endpoint: sandbox.url,
    region,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'secret' },
    maxAttempts: 1,
  })
  const s3 = perRegion((region) => new S3Client({ ...settings(region), forcePathStyle: true }))
  const s3control = perRegion(
    (region) => new S3ControlClient({ ...settings(region), endpointProvider: controlEndpoint(sandbox.url) }),
  )
  const sqs = perRegion((region) => new SQSClient(settings(region)))
  const sns = perRegion((region) => new SNSClient(settings(region)))

  async function take({ region, url }: LocalQueue, waitSeconds: number): Promise<readonly Body[]> {
    const { Messages: messages = [] } = await sqs
      .of(region)
      .send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: waitSeconds }))
    if (messages.length === 0) return []
    const entries = messages.map((message, index) => ({ Id: String(index), ReceiptHandle: message.ReceiptHandle! }))
    await sqs.of(region).send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: entries }))
    return messages.map((message) => JSON.parse(message.Body!) as Body)
  }

  async function receive(queue: LocalQueue, count: number): Promise<readonly Body[]> {
    const bodies: Body[] = []
    while (bodies.length < count) bodies.push(...(await take(queue, 20)))
    return bodies
  }

  async function bucket(name: string, region = 'eu-west-1', versioning = 'Enabled'): Promise<string> {
    const CreateBucketConfiguration = { LocationConstraint: region as 'eu-west-1' }
    await s3.of(region).send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration }))
    if (versioning !== 'none') {
      const VersioningConfiguration = { Status: versioning as 'Enabled' }
      await s3.of(region).send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }))
    }
    return name
  }

  return {
    sandbox,
    s3: (region = 'eu-west-1') => s3.of(region),
    s3control: (region = 'eu-west-1') => s3control.of(region),
    sqs: (region = 'eu-west-1') => sqs.of(region),
    sns: (region = 'eu-west-1') => sns.of(region),
    bucket,
    async pair(name, rule) {
      const source = await bucket(`${name}-source`, 'eu-west-1')
      const destination = await bucket(`${name}-destination`, 'eu-west-2')
      const rules = [rule === undefined ? v1Rule(destination) : v2Rule(destination, rule)]
      const ReplicationConfiguration = { Role: ROLE, Rules: rules }
      await s3.of('eu-west-1').send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration }))
      return { source, destination }
    },
    async queue(name, region = 'eu-west-1') {
      const { QueueUrl: url } = await sqs.of(region).send(new CreateQueueCommand({ QueueName: name }))
      return { region, url: url!, arn: `arn:aws:sqs:${region}:${ACCOUNT}:${name}` }
    },
    async subscribe(bucket, queue, events = ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:Replication:*']) {
      const QueueConfigurations = [{ Id: 'landfall', QueueArn: queue.arn, Events: [...events] as Event[] }]
      const NotificationConfiguration = { QueueConfigurations }
      await s3
        .of(queue.region)
        .send(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration }))
      await receive(queue, 1)
    },
    receive,
    async drain(queue) {
      const bodies: Body[] = []
      for (;;) {
        const more = await take(queue, 0)
        if (more.length === 0) return bodies
        bodies.push(...more)
      }
    },
    async head(bucket, key, versionId) {
      const region = sandbox.world.s3.bucket(bucket)?.region ?? 'eu-west-1'
      try {
        const Bucket = bucket
        return await s3
          .of(region)
          .send(new HeadObjectCommand({ Bucket, Key: key, VersionId: versionId, ChecksumMode: 'ENABLED' }))
      } catch (error) {
        if (error instanceof Error && error.name === 'NotFound') return undefined
        throw error
      }
    },
    async faults(document) {
      const answer = await fetch(`${sandbox.url}/_sandbox/faults`, { method: 'PUT', body: JSON.stringify(document) })
      if (!answer.ok) throw new Error(await answer.text())
    },
    async lifecycle(ask = {}) {
      const answer = await fetch(`${sandbox.url}/_sandbox/lifecycle`, { method: 'POST', body: JSON.stringify(ask) })
      if (!answer.ok) throw new Error(await answer.text())
      return (await answer.json()) as Record<string, LifecycleCounts>
    },
    async control(path) {
      return (await (await fetch(`${sandbox.url}/_sandbox/${path}`)).json()) as Record<string, unknown>
    },
    async close() {
      for (const clients of [s3, s3control, sqs, sns]) clients.destroy()
      await sandbox.close()
    },
  }
}

function perRegion<Client extends { destroy(): void }>(make: (region: string) => Client) {
  const clients = new Map<string, Client>()
  return {
    of(region: string): Client {
      const client = clients.get(region) ?? make(region)
      clients.set(region, client)
      return client
    },
    destroy() {
      for (const client of clients.values()) client.destroy()
    },
  }
}
