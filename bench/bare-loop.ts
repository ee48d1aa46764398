/**
 * The peer: a bare `sqs-consumer` loop that HEADs each object by version id at the destination, and keeps no record.
 * A process of its own; ends by itself after so many messages, and says when it began and ended.
 *
 *   node bench/bare-loop.ts QUEUE_URL DESTINATION_BUCKET MESSAGES CONSUMERS
 */
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { type Message, SQSClient } from '@aws-sdk/client-sqs'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { Consumer } from 'sqs-consumer'

const [queueUrl, bucket, messages, consumers] = process.argv.slice(2) as [string, string, string, string]
const most = Number(messages)
const agent = { keepAlive: true, maxSockets: 200 }
const handler = () => new NodeHttpHandler({ httpAgent: agent })
const s3 = new S3Client({ region: 'eu-west-2', forcePathStyle: true, requestHandler: handler() })
const sqs = new SQSClient({ region: 'eu-west-1', requestHandler: handler() })
let done = 0

interface Notification {
  readonly Records: readonly {
    readonly s3: { readonly object: { readonly key: string; readonly versionId: string } }
  }[]
}

async function head(message: Message): Promise<void> {
  const { Records } = JSON.parse(message.Body!) as Notification
  for (const { s3: record } of Records) {
    const Key = decodeURIComponent(record.object.key.replaceAll('+', ' '))
    await s3.send(new HeadObjectCommand({ Bucket: bucket, Key, VersionId: record.object.versionId }))
  }
}

/** By batches, so that the peer deletes by batches too: its best. */
async function handleMessageBatch(batch: Message[]): Promise<Message[]> {
  await Promise.all(batch.map(head))
  done += batch.length
  if (done >= most) {
    console.log(JSON.stringify({ done }))
    for (const consumer of running) consumer.stop()
    setTimeout(() => process.exit(0), 2_000)
  }
  return batch
}

const running = Array.from({ length: Number(consumers) }, () =>
  Consumer.create({ queueUrl, sqs, batchSize: 10, waitTimeSeconds: 1, visibilityTimeout: 60, handleMessageBatch }),
)
for (const consumer of running) {
  consumer.on('error', (error) => console.error(error))
  consumer.on('processing_error', (error) => console.error(error))
  consumer.start()
}
