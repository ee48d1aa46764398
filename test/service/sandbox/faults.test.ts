/** Faults are everyone's on one sandbox, so this file has its own. */
import { ListMetricsCommand } from '@aws-sdk/client-cloudwatch'
import { CreateBucketCommand, HeadBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { ListTopicsCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, ListQueuesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../../sandbox/server.ts'
import { clientsFor, controlOf } from '../../support/sandbox.ts'

type Clients = ReturnType<typeof clientsFor>

let sandbox: Sandbox
let ireland: Clients
let london: Clients
let control: ReturnType<typeof controlOf>

beforeAll(async () => {
  sandbox = await startSandbox({ seed: 7 })
  ireland = clientsFor(sandbox.url)
  london = clientsFor(sandbox.url, { region: 'eu-west-2' })
  control = controlOf(sandbox.url)
  await ireland.s3.send(new CreateBucketCommand({ Bucket: 'ireland' }))
  await london.s3.send(
    new CreateBucketCommand({ Bucket: 'london', CreateBucketConfiguration: { LocationConstraint: 'eu-west-2' } }),
  )
})

afterEach(() => control.clearFaults())

afterAll(async () => {
  ireland.destroy()
  london.destroy()
  await sandbox.close()
})

const listQueues = (clients: Clients) => clients.sqs.send(new ListQueuesCommand({}))
const listObjects = (clients: Clients, Bucket: string) => clients.s3.send(new ListObjectsV2Command({ Bucket }))

test('a region that is down cuts every connection; the other one serves; it comes back', async () => {
  await control.setFaults({ regionsDown: ['eu-west-1'] })
  const cut = { code: 'ECONNRESET' }
  await expect(listQueues(ireland)).rejects.toMatchObject(cut)
  await expect(ireland.sns.send(new ListTopicsCommand({}))).rejects.toMatchObject(cut)
  await expect(listObjects(ireland, 'ireland')).rejects.toMatchObject(cut)
  await listQueues(london)
  await listObjects(london, 'london')
  await control.clearFaults()
  await listObjects(ireland, 'ireland')
})

test('S3 is where the bucket is, whatever region the client signs for', async () => {
  await control.setFaults({ regionsDown: ['eu-west-1'] })
  await expect(listObjects(london, 'ireland')).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test("throttling speaks each service's own words", async () => {
  await control.setFaults({ requests: [{ throttle: 1 }] })
  await expect(listObjects(ireland, 'ireland')).rejects.toMatchObject({
    name: 'SlowDown',
    $metadata: { httpStatusCode: 503 },
  })
  await expect(ireland.s3.send(new HeadBucketCommand({ Bucket: 'ireland' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 503 },
  })
  // Codes that the SDK's retry rules know as throttling.
  await expect(listQueues(ireland)).rejects.toMatchObject({ name: 'RequestThrottled' })
  const throttling = { name: 'Throttling' }
  await expect(ireland.sns.send(new ListTopicsCommand({}))).rejects.toMatchObject(throttling)
  await expect(ireland.sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(throttling)
  await expect(ireland.cloudwatch.send(new ListMetricsCommand({}))).rejects.toMatchObject(throttling)
})

test('a rule may name service, action, region, status and code', async () => {
  const rule = { service: 'sqs' as const, action: 'ListQueues', region: 'eu-west-2', throttle: 1 }
  await control.setFaults({ requests: [{ ...rule, status: 503, code: 'ServiceUnavailable' }] })
  await expect(listQueues(london)).rejects.toMatchObject({
    name: 'ServiceUnavailable',
    $metadata: { httpStatusCode: 503 },
  })
  await listQueues(ireland)
  await london.sqs.send(new CreateQueueCommand({ QueueName: 'untouched' }))
})

test('resets cut a share of the connections, the same ones under the same seed', async () => {
  const outcomes = async (): Promise<string> => {
    const own = await startSandbox({ seed: 'resets' })
    const clients = clientsFor(own.url)
    own.world.faults.merge({ requests: [{ reset: 0.5 }] })
    let seen = ''
    for (let n = 0; n < 20; n++) {
      seen += await listQueues(clients).then(
        () => '.',
        () => 'x',
      )
    }
    clients.destroy()
    await own.close()
    return seen
  }
  const first = await outcomes()
  expect(first).toMatch(/x/)
  expect(first).toMatch(/\./)
  expect(await outcomes()).toBe(first)
})

test('a lost answer leaves what was done', async () => {
  await control.setFaults({ requests: [{ action: 'CreateQueue', lose: 1 }] })
  const create = ireland.sqs.send(new CreateQueueCommand({ QueueName: 'made' }))
  await expect(create).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect((await listQueues(ireland)).QueueUrls).toContain(`${sandbox.url}/111111111111/made`)
})

test('a long poll is not answered by a region that went down meanwhile', async () => {
  const { QueueUrl } = await ireland.sqs.send(new CreateQueueCommand({ QueueName: 'outage' }))
  const poll = ireland.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }))
  const cut = expect(poll).rejects.toMatchObject({ code: 'ECONNRESET' })
  await expect.poll(() => sandbox.stats.serving('sqs', 'ReceiveMessage')).toBe(1)
  await control.setFaults({ regionsDown: ['eu-west-1'] })
  const from = { service: 's3.amazonaws.com', arn: 'arn:aws:s3:::any', account: '111111111111' }
  sandbox.world.sqs.send('arn:aws:sqs:eu-west-1:111111111111:outage', 'unheard', from)
  await cut
})

test('latency is added to the answer', async () => {
  await control.setFaults({ requests: [{ service: 'sqs', latencyMs: 150 }] })
  const before = performance.now()
  await listQueues(ireland)
  expect(performance.now() - before).toBeGreaterThan(145)
})

test('queues hand out of order, and twice, when told to', async () => {
  const { QueueUrl } = await ireland.sqs.send(new CreateQueueCommand({ QueueName: 'disorder' }))
  const bodies = Array.from({ length: 10 }, (_, n) => String(n))
  for (const MessageBody of bodies) await ireland.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
  await control.setFaults({ queues: [{ queue: 'disorder', reorder: 10, duplicate: 1 }] })
  const receive = async (): Promise<string[]> => {
    const { Messages } = await ireland.sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    return (Messages ?? []).map(({ Body }) => Body!)
  }
  const first = await receive()
  expect(first).not.toEqual(bodies)
  expect(first.toSorted(byText)).toEqual(bodies)
  await control.clearFaults()
  expect((await receive()).toSorted(byText)).toEqual(bodies)
  expect(await receive()).toEqual([])
})

test('faults merge by member, null lifts one, and a misspelt one is refused', async () => {
  const put = async (document: object): Promise<unknown> => {
    const reply = await fetch(`${sandbox.url}/_sandbox/faults`, { method: 'PUT', body: JSON.stringify(document) })
    return reply.json()
  }
  await put({ replication: { paused: true } })
  expect(await put({ regionsDown: ['eu-west-1'] })).toEqual({
    regionsDown: ['eu-west-1'],
    replication: { paused: true },
  })
  expect(await put({ replication: null })).toEqual({ regionsDown: ['eu-west-1'] })
  expect(await put({ regionDown: [] })).toMatchObject({
    code: 'InvalidFaults',
    message: expect.stringMatching(/faults.regionDown/),
  })
  expect(await put({ requests: [{ throttle: 2 }] })).toMatchObject({
    message: expect.stringMatching(/requests\[0\].throttle: expected a share/),
  })
  expect(await put({ requests: [{ service: 'ec2' }] })).toMatchObject({
    message: expect.stringMatching(/one of s3, s3control, sqs/),
  })
  expect(sandbox.world.faults.current).toEqual({ regionsDown: ['eu-west-1'] })
})

const byText = (a: string, b: string): number => (a < b ? -1 : 1)
