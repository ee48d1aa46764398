import { expect, test } from 'vitest'
import { makeAws } from '../../../src/aws/clients.ts'
import { makeSnapshotStore, snapshotKey } from '../../../src/aws/snapshot-store.ts'
import { s3Error, startFakeAws } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate } from '../../support/small-estate.ts'

const snapshot = { bucket: 'landfall-state', region: 'eu-west-2', account: 'main', prefix: 'test/', everyMs: 60_000 }
const estate = smallEstate({}, { snapshot })

test('an estate without a snapshot has no store', () => {
  const plain = smallEstate()
  expect(
    makeSnapshotStore({ estate: plain, aws: makeAws({ estate: plain, log: recordingLog(), pathStyle: true }) }),
  ).toBe(undefined)
})

test('writes one JSON document to the owner it expects, and names what is missing or denied', async () => {
  await using fake = await startFakeAws(() => ({ status: 200 }))
  const store = makeSnapshotStore({ estate, aws: makeAws({ estate, log: recordingLog(), pathStyle: true }) })!
  await store.write('{"open":1}', { ledger: 'aaaa', atRisk: 7 })
  expect(fake.requests[0]).toMatchObject({
    method: 'PUT',
    url: expect.stringMatching(/^\/landfall-state\/test\/test\/open\.json\b/),
    headers: {
      'content-type': 'application/json',
      'x-amz-expected-bucket-owner': '111111111111',
      'x-amz-meta-landfall-ledger': 'aaaa',
      'x-amz-meta-landfall-at-risk': '7',
    },
  })
  expect(fake.requests[0]!.body).toContain('{"open":1}')

  fake.answer(() => s3Error(404, 'NoSuchKey'))
  await expect(store.read()).rejects.toMatchObject({ code: 'SNAPSHOT_MISSING' })
  fake.answer(() => s3Error(404, 'NoSuchBucket'))
  await expect(store.read()).rejects.toMatchObject({ code: 'BUCKET_MISSING' })
  fake.answer(() => s3Error(403, 'AccessDenied'))
  await expect(store.read()).rejects.toMatchObject({
    code: 'ACCESS_DENIED',
    message: 's3:GetObject is denied on landfall-state/test/test/open.json (eu-west-2)',
  })
  fake.answer(() => ({ status: 200, body: '{"open":"é"}' }))
  expect(await store.read()).toBe('{"open":"é"}')
})

test('a body that breaks off is an outage, not a document', async () => {
  await using fake = await startFakeAws(() => 'stall')
  const aws = makeAws({ estate, log: recordingLog(), pathStyle: true, timeouts: { requestMs: 50 } })
  await expect(makeSnapshotStore({ estate, aws })!.read()).rejects.toMatchObject({ code: 'AWS_UNREACHABLE' })
  expect(fake.requests).toHaveLength(1)
})

test('whose: one byte, and nothing that a stranger wrote becomes a key', async () => {
  await using fake = await startFakeAws(() => s3Error(404, 'NoSuchKey'))
  const store = makeSnapshotStore({ estate, aws: makeAws({ estate, log: recordingLog(), pathStyle: true }) })!
  expect(await store.whose()).toBeUndefined()
  expect(fake.requests[0]!.headers).toMatchObject({ range: 'bytes=0-0' })
  const labelled = (headers: Record<string, string>) => fake.answer(() => ({ status: 206, body: '{', headers }))
  labelled({ 'x-amz-meta-landfall-ledger': 'aaaa', 'x-amz-meta-landfall-at-risk': '12' })
  expect(await store.whose()).toEqual({ ledger: 'aaaa', atRisk: 12 })
  labelled({})
  expect(await store.whose()).toEqual({ ledger: 'unnamed' })
  labelled({ 'x-amz-meta-landfall-ledger': '../../x', 'x-amz-meta-landfall-at-risk': '-1' })
  expect(await store.whose()).toEqual({ ledger: 'unnamed' })
  fake.answer(() => s3Error(403, 'AccessDenied'))
  await expect(store.whose()).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
})

test('snapshotKey', () => {
  const keys = [snapshotKey('', 'e'), snapshotKey('a', 'e'), snapshotKey('a/', 'e'), snapshotKey('a/', 'e', 'f00')]
  expect(keys).toEqual(['e/open.json', 'a/e/open.json', 'a/e/open.json', 'a/e/snapshot-f00.json'])
})
