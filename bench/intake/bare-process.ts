/**
 * What one would write without Landfall: sqs-consumer, a HEAD of each replica, all ten of a batch at once, and no record
 * of anything. The SDK's and sqs-consumer's own defaults, but for what the benchmark gives both sides alike.
 */
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type Message, SQSClient } from '@aws-sdk/client-sqs'
import { Consumer } from 'sqs-consumer'
import { obey, tell } from './obey.ts'
import type { BareStart } from './protocol.ts'

interface Record {
  readonly s3: {
    readonly bucket: { readonly name: string }
    readonly object: { readonly key: string; readonly versionId: string }
  }
}

const s3 = new S3Client({ region: 'eu-west-2', forcePathStyle: true })
const sqs = new SQSClient({ region: 'eu-west-1' })
let consumers: readonly Consumer[] = []

obey<BareStart>({
  async start(options) {
    let deleted = 0
    consumers = Array.from({ length: options.consumers }, () => {
      const consumer = Consumer.create({
        queueUrl: options.queueUrl,
        sqs,
        batchSize: 10,
        waitTimeSeconds: options.waitSeconds,
        pollingCompleteWaitTimeMs: 30_000,
        handleMessageBatch: async (messages) => {
          await Promise.all(messages.map((message) => look(message, options)))
          return messages
        },
      })
      const fail = (error: Error): void => {
        console.error(error)
        process.exit(1)
      }
      consumer.on('error', fail).on('processing_error', fail).on('timeout_error', fail)
      // Told of each message that is deleted.
      consumer.on('message_processed', () => {
        deleted += 1
        if (deleted === options.messages) tell({ did: 'drained', at: Date.now() })
      })
      return consumer
    })
    for (const consumer of consumers) consumer.start()
  },
  async stop() {
    await Promise.all(
      consumers.map(async (consumer) => {
        const stopped = new Promise<void>((resolve) => consumer.once('stopped', () => resolve()))
        consumer.stop()
        await stopped
      }),
    )
  },
})

async function look(message: Message, { destinations }: BareStart): Promise<void> {
  const { Records } = JSON.parse(message.Body ?? '') as { Records: readonly Record[] }
  for (const { s3: at } of Records) {
    await s3.send(
      new HeadObjectCommand({
        Bucket: destinations[at.bucket.name],
        Key: decodeURIComponent(at.object.key.replaceAll('+', ' ')),
        VersionId: at.object.versionId,
      }),
    )
  }
}
