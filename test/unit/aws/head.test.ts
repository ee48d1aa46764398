/** What `sendHead` puts on the wire, held against the SDK's own HeadObject and against SigV4 as its page has it. */
import { HeadObjectCommand } from '@aws-sdk/client-s3'
import * as fc from 'fast-check'
import { createHash, createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Aws, makeAws } from '../../../src/aws/clients.ts'
import { makeSendHead, type SendHead } from '../../../src/aws/head.ts'
import { startFakeAws, type FakeAws, type FakeRequest } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate } from '../../support/small-estate.ts'

const NOW = Date.UTC(2026, 10, 24, 12, 30, 15)
const place = { account: 'main', region: 'eu-west-1' }
const one = { bucket: 'documents-source', key: 'a/b c.pdf', versionId: 'v1', checksums: false }

let fake: FakeAws
let aws: Aws
let counted: number
let send: SendHead
beforeEach(async () => {
  fake = await startFakeAws(() => ({ status: 200, headers: { etag: '"abc"' } }))
  aws = makeAws({ estate: smallEstate(), log: recordingLog(), pathStyle: true })
  counted = 0
  send = makeSendHead({ clock: { now: () => NOW }, count: () => (counted += 1) })
})
afterEach(async () => {
  aws.close()
  await fake[Symbol.asyncDispose]()
})

/** "Signature Version 4 signing process", from what came over the wire and the secret. */
function signatureOf({ method, url, headers }: FakeRequest): string {
  const [path = '', query = ''] = url.split('?')
  const [, credential = '', signed = ''] = /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(
    headers.authorization!,
  )!
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const canonical = [method, path, query.split('&').sort().join('&'), lines.join(''), signed, hash('')].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], credential, hash(canonical)].join('\n')
  const key = credential
    .split('/')
    .reduce<Buffer>((key, part) => createHmac('sha256', key).update(part).digest(), Buffer.from('AWS4secret'))
  return createHmac('sha256', key).update(text).digest('hex')
}

describe('sendHead', () => {
  test('asks for what the SDK asks for, whatever the key and the id', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
    const odd = fc.constantFrom(
      '../',
      "it's (1)*!.pdf",
      'a//b',
      '/',
      'réponses 100% + é.pdf',
      '..%2f',
      'a?b#c&d=e',
      '\n',
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, odd), text, async (Key, VersionId) => {
        const from = fake.requests.length
        await aws.s3(place).send(new HeadObjectCommand({ Bucket: one.bucket, Key, VersionId }))
        await send(aws.s3(place), { ...one, key: Key, versionId: VersionId })
        const [theirs, ours] = fake.requests.slice(from)
        expect([ours!.method, ours!.url, ours!.headers.host]).toEqual([
          theirs!.method,
          theirs!.url,
          theirs!.headers.host,
        ])
        expect(ours!.headers.authorization).toContain(`Signature=${signatureOf(ours!)}`)
      }),
      { numRuns: 50 },
    )
  })

  test('signs for the region and the moment, names itself, and is counted', async () => {
    await send(aws.s3(place), { ...one, checksums: true })
    const { headers } = fake.requests[0]!
    expect(headers.authorization).toContain('/20261124/eu-west-1/s3/aws4_request')
    expect(headers['x-amz-date']).toBe('20261124T123015Z')
    expect(headers['x-amz-checksum-mode']).toBe('ENABLED')
    expect(headers.authorization).toContain('x-amz-checksum-mode')
    expect(headers['user-agent']).toContain('app/landfall')
    expect(counted).toBe(1)
  })

  test("follows the SDK's correction of a clock that is wrong", async () => {
    const client = aws.s3(place)
    client.config.systemClockOffset = 3_600_000
    await send(client, one)
    expect(fake.requests[0]!.headers['x-amz-date']).toBe('20261124T133015Z')
  })

  test('session tokens are sent and signed', async () => {
    vi.stubEnv('AWS_SESSION_TOKEN', 'token')
    await send(aws.s3(place), one)
    const { headers } = fake.requests[0]!
    expect(headers['x-amz-security-token']).toBe('token')
    expect(headers.authorization).toContain('x-amz-security-token')
  })

  test('a broken connection is tried once more, no answer of S3 is', async () => {
    let replies = 0
    fake.answer(() => (replies++ === 0 ? 'reset' : { status: 200, headers: { etag: '"abc"' } }))
    expect(await send(aws.s3(place), one)).toMatchObject({ ETag: '"abc"' })
    expect(counted).toBe(2)
    fake.answer(() => ({ status: 503 }))
    await expect(send(aws.s3(place), one)).rejects.toMatchObject({ $metadata: { httpStatusCode: 503 } })
    expect(counted).toBe(3)
    fake.answer(() => 'reset')
    await expect(send(aws.s3(place), one)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(counted).toBe(5)
  })

  test('sockets are used again, though nobody reads the answers', async () => {
    fake.answer(() => ({ status: 200, headers: { 'content-length': '5' } }))
    for (let n = 0; n < 20; n += 1) await send(aws.s3(place), one)
    expect(new Set(fake.requests.map(({ port }) => port)).size).toBeLessThanOrEqual(2)
  })
})
