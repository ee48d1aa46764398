import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeAws, s3Sockets, type AwsNeeds } from '../../../src/aws/clients.ts'
import { awsError } from '../../../src/domain/aws-errors.ts'
import { startFakeAws, type FakeAws, type FakeReply, type FakeRequest } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'

const head = (): HeadObjectCommand =>
  new HeadObjectCommand({ Bucket: 'documents-source', Key: 'a/b c.pdf', VersionId: 'v' })
const source = { account: 'main', region: 'eu-west-1' }
const during = { action: 's3:GetObjectVersion', resource: 'documents-source', region: 'eu-west-1' }

let fake: FakeAws
beforeEach(async () => {
  fake = await startFakeAws(() => ({ status: 200, headers: { 'content-length': '0' } }))
})
afterEach(async () => {
  await fake[Symbol.asyncDispose]()
})

function aws(overrides: Partial<AwsNeeds> = {}) {
  return makeAws({ estate: smallEstate(), log: recordingLog(), pathStyle: true, ...overrides })
}

describe('makeAws', () => {
  test('one client for each account and region, made at first use', () => {
    const made = aws()
    expect(made.s3(source)).toBe(made.s3({ ...source }))
    expect(made.s3(source)).not.toBe(made.s3({ ...source, region: 'eu-west-2' }))
    expect(made.sqs(source)).not.toBe(made.s3(source))
    expect(fake.requests).toHaveLength(0)
  })

  test('asks by path style, signs for the region, and names itself', async () => {
    await aws().s3(source).send(head())
    expect(fake.requests[0]!.url).toBe('/documents-source/a/b%20c.pdf?versionId=v')
    expect(fake.requests[0]!.headers.authorization).toContain('/eu-west-1/s3/')
    expect(fake.requests[0]!.headers['user-agent']).toContain('app/landfall')
  })

  test('counts each HTTP request by service and action, the retries too', async () => {
    const told: string[] = []
    const made = aws({ count: (service, action) => told.push(`${service} ${action}`) })
    await made.s3(source).send(head())
    let answers = 0
    fake.answer(() => (answers++ === 0 ? { status: 500 } : { status: 200 }))
    await made.s3(source).send(head())
    expect(fake.requests).toHaveLength(3)
    expect(made.requests().get('s3')).toEqual(new Map([['HeadObject', 3]]))
    expect(told).toEqual(Array.from({ length: 3 }, () => 's3 HeadObject'))
  })

  test.each<[string, FakeReply, string]>([
    ['throttling', { status: 503 }, 'AWS_THROTTLED'],
    ['a fault of AWS', { status: 500 }, 'AWS_UNREACHABLE'],
    ['a broken connection', 'reset', 'AWS_UNREACHABLE'],
  ])('S3 is asked twice about %s, and no more', async (_, reply, code) => {
    fake.answer(() => reply)
    const made = aws()
    const error = await made
      .s3(source)
      .send(head())
      .catch((caught: unknown) => awsError(caught, during))
    expect(error).toMatchObject({ code, disposition: 'retryable' })
    expect(fake.requests).toHaveLength(2)
    expect(made.requests().get('s3')?.get('HeadObject')).toBe(2)
  })

  test('what AWS refuses for good is asked once', async () => {
    fake.answer(() => ({ status: 403 }))
    await expect(aws().s3(source).send(head())).rejects.toThrow()
    expect(fake.requests).toHaveLength(1)
  })

  test('a silent endpoint ends in an error, not in waiting', async () => {
    fake.answer(() => 'hang')
    const made = aws({ timeouts: { requestMs: 50 } })
    const error = await made
      .s3(source)
      .send(head())
      .catch((caught: unknown) => awsError(caught, during))
    expect(error).toMatchObject({ code: 'AWS_UNREACHABLE', message: expect.stringContaining('50 ms requestTimeout') })
    expect(made.requests().get('s3')?.get('HeadObject')).toBe(2)
  })

  test('so does one that stops in the middle of a body', async () => {
    fake.answer(() => 'stall')
    const got = await aws({ timeouts: { requestMs: 50 } })
      .s3(source)
      .send(new GetObjectCommand({ Bucket: 'documents-source', Key: 'k' }))
    const error = await got.Body!.transformToString().catch((caught: unknown) => awsError(caught, during))
    expect(error).toMatchObject({ code: 'AWS_UNREACHABLE', message: expect.stringContaining('inactivity') })
  })

  test('nobody listening is unreachable', async () => {
    await fake[Symbol.asyncDispose]()
    const gone = fake.url
    fake = await startFakeAws(() => 'hang')
    vi.stubEnv('AWS_ENDPOINT_URL', gone)
    const error = await aws()
      .s3(source)
      .send(head())
      .catch((caught: unknown) => awsError(caught, during))
    expect(error).toMatchObject({ code: 'AWS_UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') })
  })

  test('a signal ends a call at once, as an AbortError', async () => {
    const abort = new AbortController()
    fake.answer(() => {
      abort.abort()
      return 'hang'
    })
    const sent = aws().s3(source).send(head(), { abortSignal: abort.signal })
    const error = await sent.catch((caught: unknown) => awsError(caught, during))
    expect(error).toMatchObject({ name: 'AbortError' })
  })

  test('after close nothing keeps a socket open', async () => {
    const made = aws()
    await made.s3(source).send(head())
    made.close()
    // Rejects where a kept-alive connection is still there, since the test would time out.
    await fake[Symbol.asyncDispose]()
    fake = await startFakeAws(() => 'hang')
  })
})

describe('assumed roles', () => {
  const roleArn = 'arn:aws:iam::222222222222:role/landfall'
  const estate = smallEstate({
    accounts: { main: { name: 'main', id: '222222222222', roleArn, externalId: 'outer' } },
  })

  /** Credentials that end at once, so that each call asks for new ones. */
  function sts(request: FakeRequest): FakeReply {
    if (!request.body.includes('Action=AssumeRole')) return { status: 200 }
    return {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
        <AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
        <Expiration>2020-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    }
  }

  test('are asked of the service region, with the external id, and refreshed', async () => {
    fake.answer(sts)
    const made = aws({ estate })
    await made.s3(source).send(head())
    await made.s3(source).send(head())
    const assume = fake.requests[0]
    const seen = fake.requests.find(({ method }) => method === 'HEAD')
    const asked = new URLSearchParams(assume!.body)
    expect(Object.fromEntries(asked)).toMatchObject({
      RoleArn: roleArn,
      RoleSessionName: 'landfall',
      ExternalId: 'outer',
    })
    expect(assume!.headers.authorization).toContain('AKIDEXAMPLE')
    expect(assume!.headers.authorization).toContain('/eu-west-2/sts/')
    expect(seen!.headers.authorization).toContain('ASIAROLE')
    const assumed = fake.requests.filter(({ body }) => body.includes('AssumeRole')).length
    expect(assumed).toBeGreaterThan(1)
    expect(made.requests().get('sts')).toEqual(new Map([['AssumeRole', assumed]]))
  })

  test('the rest of an account uses the same role', async () => {
    fake.answer(sts)
    await aws({ estate })
      .sts({ account: 'main', region: 'eu-west-2' })
      .send(new GetCallerIdentityCommand({}))
      .catch(() => {})
    expect(fake.requests.at(-1)!.headers.authorization).toContain('ASIAROLE')
  })

  test('one that is denied is named, and is not taken for a denied object', async () => {
    fake.answer((request) => ({
      status: 403,
      headers: { 'content-type': 'text/xml' },
      body: request.body.includes('AssumeRole')
        ? '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>'
        : '',
    }))
    const error = await aws({ estate })
      .s3(source)
      .send(head())
      .catch((caught: unknown) => awsError(caught, during))
    expect(error).toMatchObject({
      code: 'ACCESS_DENIED',
      message: `sts:AssumeRole is denied on ${roleArn} (eu-west-2)`,
    })
  })
})

test('s3Sockets: one for each look that may run at once', () => {
  const estate = smallEstate(
    { pairs: [smallPair('a'), smallPair('b')] },
    { verify: { lanesPerPair: 4, concurrency: 32, leaseMs: 1, tickMs: 1 } },
  )
  expect(s3Sockets(estate, source, false)).toBe(128)
  expect(s3Sockets(estate, source, true)).toBe(256)
  expect(s3Sockets(smallEstate(), source, false)).toBe(50)
})
