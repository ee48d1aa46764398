/** One SQS queue as intake needs it: the few actions, batched, with Landfall's errors. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
export type { SQSClient } from '@aws-sdk/client-sqs'
import { makeSqsCall } from './sqs-call.ts'

/** SQS' limit for every batch action, and for one receive. */
export const BATCH = 10

export interface Received {
  readonly id: string
  /** Names this delivery of the message, not the message: a later delivery has another. */
  readonly receipt: string
  readonly body: string
  readonly receiveCount: number
  /** The system attribute AWSTraceHeader: whose trace the sender was in. */
  readonly trace?: string | undefined
}

/** Receipts of a batch action that failed. `gone`: SQS says the receipt is no good any more, so that a retry is pointless. */
export type BatchFailure = { readonly receipt: string; readonly gone: boolean }

/** Every method throws `LandfallError` (sqs-errors.ts) where the whole request failed. */
export interface SqsQueue {
  readonly name: string
  /** Long poll: up to ten messages, hidden from others for `visibilitySeconds`; none when `waitSeconds` pass without one. */
  receive(options: { readonly waitSeconds: number; readonly visibilitySeconds: number }): Promise<readonly Received[]>
  /** At most ten. */
  delete(receipts: readonly string[]): Promise<readonly BatchFailure[]>
  /** At most ten; 0 seconds gives them back at once. */
  hide(receipts: readonly string[], seconds: number): Promise<readonly BatchFailure[]>
}

/** The client needs a socket for each consumer's long poll and as many again for deletes (the SDK's agent has 50). */
export function makeSqsQueue(needs: {
  readonly name: string
  readonly client: SQSClient
  /** Looked up by aws/sqs.ts, which keeps it. */
  readonly url: () => Promise<string>
}): SqsQueue {
  const { name, client } = needs
  const call = makeSqsCall(needs)

  return {
    name,
    receive: ({ waitSeconds, visibilitySeconds }) =>
      call('ReceiveMessage', waitSeconds * 1000, async (QueueUrl, abortSignal) => {
        const { Messages } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: BATCH,
            WaitTimeSeconds: waitSeconds,
            VisibilityTimeout: visibilitySeconds,
            MessageSystemAttributeNames: ['ApproximateReceiveCount', 'AWSTraceHeader'],
          }),
          { abortSignal },
        )
        return (Messages ?? []).map(received)
      }),
    delete: (receipts) =>
      call('DeleteMessageBatch', 0, async (QueueUrl, abortSignal) => {
        const Entries = receipts.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }))
        const { Failed } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }), { abortSignal })
        return failures(Failed, receipts)
      }),
    hide: (receipts, seconds) =>
      call('ChangeMessageVisibilityBatch', 0, async (QueueUrl, abortSignal) => {
        const Entries = receipts.map((ReceiptHandle, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: seconds,
        }))
        const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })
        const { Failed } = await client.send(command, { abortSignal })
        return failures(Failed, receipts)
      }),
  }
}

function received(message: Message): Received {
  const trace = message.Attributes?.AWSTraceHeader
  return {
    id: message.MessageId ?? '',
    receipt: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    ...(trace !== undefined && { trace }),
  }
}

function failures(
  failed: readonly { Id?: string | undefined; SenderFault?: boolean | undefined }[] | undefined,
  receipts: readonly string[],
): readonly BatchFailure[] {
  return (failed ?? []).map(({ Id, SenderFault }) => ({ receipt: receipts[Number(Id)]!, gone: SenderFault === true }))
}
