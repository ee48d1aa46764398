import { describe, expect, test } from 'vitest'
import { checkAws, combined, findFaults } from '../../../src/aws/check.ts'
import { makeAws } from '../../../src/aws/clients.ts'
import { makeQueues } from '../../../src/aws/sqs.ts'
import type { Estate } from '../../../src/config/estate.ts'
import { LandfallError } from '../../../src/domain/errors.ts'
import { s3Error, startFakeAws, type FakeReply, type FakeRequest } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'

interface World {
  readonly sts?: FakeReply
  readonly queue?: (name: string) => FakeReply
  readonly bucket?: (name: string, url: URL) => FakeReply
}

const json = (status: number, body: object): FakeReply => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify(body),
})
const LISTING: FakeReply = { status: 200, headers: { 'content-type': 'application/xml' }, body: '<ListBucketResult/>' }

/** A healthy AWS, but for what the test says. */
function healthy(world: World, url: () => string): (request: FakeRequest) => FakeReply {
  return (request) => {
    const target = request.headers['x-amz-target']
    if (target === 'AmazonSQS.GetQueueUrl') {
      const { QueueName } = JSON.parse(request.body) as { QueueName: string }
      return world.queue?.(QueueName) ?? json(200, { QueueUrl: `${url()}/111111111111/${QueueName}` })
    }
    if (target === 'AmazonSQS.GetQueueAttributes') return json(200, { Attributes: { VisibilityTimeout: '30' } })
    if (request.method === 'POST')
      return world.sts ?? { status: 200, headers: { 'content-type': 'text/xml' }, body: '' }
    const asked = new URL(request.url, url())
    return world.bucket?.(asked.pathname.split('/')[1]!, asked) ?? LISTING
  }
}

async function withWorld<T>(
  world: World,
  estate: Estate,
  use: (needs: Parameters<typeof checkAws>[0], requests: readonly FakeRequest[]) => Promise<T>,
): Promise<T> {
  let url = ''
  await using fake = await startFakeAws(healthy(world, () => url))
  url = fake.url
  const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
  return await use({ estate, aws, queues: makeQueues({ estate, aws }) }, fake.requests)
}

const noQueue = json(400, { __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'no' })

describe('checkAws', () => {
  test('a healthy estate passes: identity once an account, each bucket and queue once', async () => {
    await withWorld({}, smallEstate(), async (needs, requests) => {
      await checkAws(needs)
      expect(requests.filter(({ method }) => method === 'GET').map(({ url }) => url.split('?')[0])).toEqual(
        expect.arrayContaining(
          ['/documents-source', '/documents-destination'].map((path) => expect.stringContaining(path)),
        ),
      )
      expect(requests.filter(({ body }) => body.includes('GetCallerIdentity'))).toHaveLength(1)
    })
  })

  test('everything that is wrong is said at once, under the gravest code', async () => {
    const world: World = {
      queue: (name) => (name === 'intake-2' ? noQueue : json(200, { QueueUrl: 'http://x/111111111111/intake-1' })),
      bucket: (name) => (name === 'documents-source' ? s3Error(404, 'NoSuchBucket') : s3Error(403, 'AccessDenied')),
    }
    const estate = smallEstate({ queues: smallEstate().queues.slice(1) })
    await withWorld(world, estate, async (needs) => {
      const error = await checkAws(needs).catch((caught: unknown) => caught as LandfallError)
      expect(error).toMatchObject({ code: 'ACCESS_DENIED', exit: 5, disposition: 'permanent' })
      expect((error as LandfallError).message).toContain('3 things in AWS')
      expect((error as LandfallError).message).toContain('s3:ListBucket is denied on documents-destination (eu-west-2)')
      expect((error as LandfallError).message).toContain('no bucket documents-source (eu-west-1)')
      expect((error as LandfallError).message).toContain('no queue intake-2 of account main (111111111111) (eu-west-2)')
      expect((error as LandfallError).details.faults).toHaveLength(3)
    })
  })

  test('broken credentials are one fault, not one for each bucket', async () => {
    const sts = {
      status: 403,
      headers: { 'content-type': 'text/xml' },
      body: '<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>bad</Message></Error></ErrorResponse>',
    }
    await withWorld({ sts, bucket: () => s3Error(403, 'InvalidAccessKeyId') }, smallEstate(), async (needs) => {
      expect(await findFaults(needs)).toMatchObject([{ code: 'AWS_REFUSED', exit: 5 }])
    })
  })

  test('a region that is down is retryable', async () => {
    await withWorld({ bucket: () => 'reset' }, smallEstate(), async (needs) => {
      await expect(checkAws(needs)).rejects.toMatchObject({
        code: 'AWS_UNREACHABLE',
        disposition: 'retryable',
        exit: 4,
      })
    })
  })

  test('a pair that lists needs the right to list versions, and no other', async () => {
    const estate = smallEstate({ pairs: [smallPair('documents', { evidence: 'list' })] })
    const bucket = (_: string, url: URL): FakeReply =>
      url.searchParams.has('versions') ? LISTING : s3Error(403, 'AccessDenied')
    await withWorld({ bucket }, estate, async (needs) => {
      expect(await findFaults(needs)).toEqual([])
    })
    await withWorld({ bucket: () => s3Error(403, 'AccessDenied') }, estate, async (needs) => {
      expect(await findFaults(needs)).toMatchObject([
        { message: expect.stringContaining('s3:ListBucketVersions') },
        { message: expect.stringContaining('s3:ListBucketVersions') },
      ])
    })
  })
})

describe('combined', () => {
  test('a single fault stays itself', () => {
    const fault = new LandfallError('QUEUE_MISSING', 'no queue')
    expect(combined([fault])).toBe(fault)
  })

  test('is retryable only where all are', () => {
    const down = new LandfallError('AWS_UNREACHABLE', 'down')
    expect(combined([down, new LandfallError('AWS_THROTTLED', 'slow')])).toHaveProperty('disposition', 'retryable')
    expect(combined([down, new LandfallError('QUEUE_MISSING', 'none')])).toMatchObject({
      code: 'QUEUE_MISSING',
      exit: 6,
    })
  })

  test('a code without a rank is never graver than one with, nor lighter than an outage', () => {
    const odd = new LandfallError('CONFIG_INVALID', 'odd')
    const down = new LandfallError('AWS_UNREACHABLE', 'down')
    expect(combined([odd, new LandfallError('QUEUE_MISSING', 'none')])).toMatchObject({
      code: 'QUEUE_MISSING',
      message: expect.stringContaining('odd'),
    })
    expect(combined([down, odd])).toMatchObject({ code: 'CONFIG_INVALID', disposition: 'permanent' })
    expect(combined([down, new LandfallError('REDIS_UNREACHABLE', 'x')])).toHaveProperty('disposition', 'retryable')
  })
})
