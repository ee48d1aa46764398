/** SQS' query protocol as clients before 2023 speak it: a form in, XML out. */
import { XMLParser } from 'fast-xml-parser'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../../sandbox/server.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})

afterAll(() => sandbox.close())

const parser = new XMLParser({ ignoreAttributes: true, parseTagValue: false })

async function call(parameters: Record<string, string>, path = '/'): Promise<{ status: number; xml: unknown }> {
  const scope = '222222222222/20261124/eu-west-2/sqs/aws4_request'
  const reply = await fetch(sandbox.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: new URLSearchParams({ Version: '2012-11-05', ...parameters }),
  })
  return { status: reply.status, xml: parser.parse(await reply.text()) as unknown }
}

test('a queue is made, filled, read and emptied', async () => {
  const created = await call({
    Action: 'CreateQueue',
    QueueName: 'old-client',
    'Attribute.1.Name': 'VisibilityTimeout',
    'Attribute.1.Value': '12',
  })
  const url = `${sandbox.url}/222222222222/old-client`
  expect(created.xml).toMatchObject({ CreateQueueResponse: { CreateQueueResult: { QueueUrl: url } } })

  const attributes = await call({ Action: 'GetQueueAttributes', QueueUrl: url, 'AttributeName.1': 'VisibilityTimeout' })
  expect(attributes.xml).toMatchObject({
    GetQueueAttributesResponse: {
      GetQueueAttributesResult: { Attribute: { Name: 'VisibilityTimeout', Value: '12' } },
    },
  })

  const sent = await call({
    Action: 'SendMessageBatch',
    QueueUrl: url,
    'SendMessageBatchRequestEntry.1.Id': 'one',
    'SendMessageBatchRequestEntry.1.MessageBody': '<a> & "b"',
    'SendMessageBatchRequestEntry.1.MessageAttribute.1.Name': 'pair',
    'SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType': 'String',
    'SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue': 'documents',
    'SendMessageBatchRequestEntry.2.Id': 'two',
    'SendMessageBatchRequestEntry.2.MessageBody': 'two',
  })
  expect(sent.xml).toMatchObject({
    SendMessageBatchResponse: {
      SendMessageBatchResult: { SendMessageBatchResultEntry: [{ Id: 'one' }, { Id: 'two' }] },
    },
  })

  // The oldest clients post to the queue's own path.
  const path = '/222222222222/old-client'
  const received = await call(
    { Action: 'ReceiveMessage', MaxNumberOfMessages: '10', 'AttributeName.1': 'All', 'MessageAttributeName.1': 'All' },
    path,
  )
  const result = (received.xml as { ReceiveMessageResponse: { ReceiveMessageResult: { Message: Received[] } } })
    .ReceiveMessageResponse.ReceiveMessageResult
  expect(result.Message).toMatchObject([
    {
      Body: '<a> & "b"',
      MessageAttribute: { Name: 'pair', Value: { DataType: 'String', StringValue: 'documents' } },
    },
    { Body: 'two' },
  ])
  expect(result.Message[0]!.Attribute.map(({ Name }) => Name)).toContain('ApproximateReceiveCount')

  for (const { ReceiptHandle } of result.Message) {
    expect((await call({ Action: 'DeleteMessage', ReceiptHandle }, path)).status).toBe(200)
  }
  const listed = await call({ Action: 'ListQueues', QueueNamePrefix: 'old' })
  expect(listed.xml).toMatchObject({ ListQueuesResponse: { ListQueuesResult: { QueueUrl: url } } })
})

interface Received {
  readonly ReceiptHandle: string
  readonly Attribute: { readonly Name: string }[]
}

test('errors have the codes of the query protocol', async () => {
  const reply = await call({ Action: 'GetQueueUrl', QueueName: 'nowhere' })
  expect(reply).toMatchObject({
    status: 400,
    xml: { ErrorResponse: { Error: { Type: 'Sender', Code: 'AWS.SimpleQueueService.NonExistentQueue' } } },
  })
})
