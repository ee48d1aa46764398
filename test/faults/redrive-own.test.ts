/** The failures that Landfall finds by its own looks, and what is driven of them: each ends as docs/redrive.md says. */
import { DeleteObjectCommand, HeadObjectCommand, PutBucketReplicationCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { BATCH_REFUSED } from '../../src/domain/redrive.ts'
import { FAILURES } from '../../src/domain/failures.ts'
import { versionId63 } from '../../src/domain/version.ts'
import { ACCOUNT, v1Rule } from '../support/local-aws.ts'
import { DOCUMENTS, eventually, redriveEstate } from '../support/redrive-estate.ts'

test('PENDING is never driven, however long: S3 resumes it, and it lands', async () => {
  const { world, put, run, find } = await redriveEstate({ fail: '4s' })
  await world.setFaults({ replication: { paused: true } })
  await run()
  const one = await put('k')
  await eventually(async () => expect(await find(one)).toMatchObject({ version: { reason: 'PendingTooLong' } }))
  // Some turns of the re-drive, and some rechecks: more than one.
  const { looks } = (await find(one))!.version
  await eventually(async () => expect((await find(one))!.version.looks).toBeGreaterThan(looks + 1))
  expect((await find(one))!.tried).toBeUndefined()
  await world.clearFaults()
  await eventually(async () => expect((await world.ledger.snapshot(DOCUMENTS)).closed.landed).toBe(1))
  expect(await world.ledger.acts(10)).toEqual([])
})

test('a failure without a word of S3 (a rule of version 1, which has no metrics) is driven all the same, a marker too', async () => {
  const { world, pair, put, run, ids } = await redriveEstate({ fail: '4s' })
  const { source, destination } = world.clients
  const ReplicationConfiguration = {
    Role: `arn:aws:iam::${ACCOUNT}:role/replication`,
    Rules: [v1Rule(pair.destination.bucket)],
  }
  await source.s3.send(new PutBucketReplicationCommand({ Bucket: pair.source.bucket, ReplicationConfiguration }))
  await world.setFaults({ replication: { fail: [{ share: 1, reasons: ['DstPutObjectNotPermitted'] }] } })
  const one = await put('k')
  const { VersionId } = await source.s3.send(new DeleteObjectCommand({ Bucket: pair.source.bucket, Key: 'k' }))
  const { lines } = await run({ automatic: false })
  const marker = { id: versionId63({ key: 'k', versionId: VersionId! }) }
  await eventually(async () => {
    const reasons = (await world.ledger.find(DOCUMENTS, [one.id, marker.id])).map(({ version }) => version.reason)
    expect(reasons).toEqual(['ReplicationFailed', 'MarkerMissing'])
  })
  await world.clearFaults()
  expect(lines.filter(({ level }) => level === 'error')).toEqual([])
  await run()
  await eventually(async () => expect((await world.ledger.snapshot(DOCUMENTS)).closed.landed).toBe(2))
  expect(await ids('destination')).toEqual(new Set([one.versionId, VersionId!]))
  // The old version has come under the marker: it is not current.
  const head = destination.s3.send(new HeadObjectCommand({ Bucket: pair.destination.bucket, Key: 'k' }))
  await expect(head).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } })
})

test('a replica that was deleted for good: batch cannot mend it, a copy in place does, and the old version ends superseded', async () => {
  const { world, pair, put, run, find, ids } = await redriveEstate()
  await run({ retrigger: true })
  const one = await put('k')
  await eventually(async () => expect((await world.ledger.snapshot(DOCUMENTS)).closed.landed).toBe(1))
  const purge = new DeleteObjectCommand({ Bucket: pair.destination.bucket, Key: 'k', VersionId: one.versionId })
  await world.clients.destination.s3.send(purge)
  await eventually(async () => {
    const { closed, reopened } = await world.ledger.snapshot(DOCUMENTS)
    expect([reopened, closed.superseded, closed.landed]).toEqual([1, 1, 2])
  })
  expect(await find(one)).toBeUndefined()
  const [source, destination] = [await ids('source'), await ids('destination')]
  expect(source.size).toBe(2)
  expect([...destination]).toEqual([...source].filter((id) => id !== one.versionId))
})

test('a mismatched replica is never driven; it ends superseded when a newer version landed', async () => {
  const { world, put, run, find } = await redriveEstate()
  await world.setFaults({ replication: { corrupt: { share: 1, how: 'truncated' } } })
  await run({ copy: true, retrigger: true })
  const one = await put('k', 'as it was written')
  await eventually(async () => {
    expect(await find(one)).toMatchObject({ version: { state: 'mismatched', reason: 'SizeDiffers' } })
  })
  const { looks } = (await find(one))!.version
  await eventually(async () => expect((await find(one))!.version.looks).toBeGreaterThan(looks + 1))
  expect((await find(one))!.tried).toBeUndefined()
  await world.clearFaults()
  await put('k', 'as it is written now')
  await eventually(async () => {
    const { closed, open } = await world.ledger.snapshot(DOCUMENTS)
    expect([closed.superseded, closed.landed, open.mismatched]).toEqual([1, 1, 0])
  })
})

test('looks that are refused are an incident, which a look ends', async () => {
  const { world, pair, put, run } = await redriveEstate({ fail: '3s' })
  await world.setFaults({
    access: [{ bucket: pair.destination.bucket, deny: ['s3:GetObjectVersion', 's3:ListBucketVersions'] }],
    notifications: [{ bucket: pair.destination.bucket, drop: 1 }],
  })
  const { lines } = await run()
  await Promise.all(['1', '2', '3'].map((n) => put(n)))
  await eventually(async () => {
    const [incident] = await world.ledger.incidents(DOCUMENTS)
    expect(incident).toMatchObject({ reason: expect.stringMatching(/^LookRefused s3:/), versions: 3 })
    expect(incident!.probes).toBeGreaterThan(0)
  })
  await world.clearFaults()
  await eventually(async () => {
    expect((await world.ledger.snapshot(DOCUMENTS)).closed.landed).toBe(3)
    expect(await world.ledger.incidents(DOCUMENTS)).toEqual([])
  })
  const alarms = lines.filter(({ message }) => message === 'an incident holds re-drives')
  expect(alarms).toMatchObject([{ ids: { next: FAILURES.get('LookRefused')!.hint } }])
})

test('jobs that S3 cannot run are an incident of their own, and what they were for is driven when one runs', async () => {
  const { world, put, run } = await redriveEstate()
  await world.setFaults({
    replication: { fail: [{ share: 1, reasons: ['DstVersionNotFound'] }] },
    jobs: { fail: { code: 'ManifestNotFound', reason: 'the role may not read the manifest' } },
  })
  await Promise.all(['1', '2', '3'].map((n) => put(n)))
  const { lines } = await run()
  await eventually(async () => {
    const [incident] = await world.ledger.incidents(DOCUMENTS)
    expect(incident).toMatchObject({
      reason: BATCH_REFUSED,
      detail: expect.stringMatching(/may not read the manifest/),
    })
    expect(incident!.probes).toBeGreaterThan(0)
  })
  await world.clearFaults()
  await eventually(async () => {
    expect((await world.ledger.snapshot(DOCUMENTS)).closed.landed).toBe(3)
    expect(await world.ledger.incidents(DOCUMENTS)).toEqual([])
  })
  expect(lines.filter(({ message }) => message === 'an incident holds re-drives')).toHaveLength(1)
})

test('copy, where a person switched it on and batch is not set up: the version lands by a copy with an id of its own', async () => {
  const { world, put, run, ids } = await redriveEstate()
  // For ever: only Landfall itself can bring these.
  await world.setFaults({ replication: { fail: [{ share: 1, reasons: ['DstVersionNotFound'] }] } })
  await run({ batch: undefined, copy: true })
  const written = await Promise.all(['1', '2', '3'].map((n) => put(n)))
  await eventually(async () => {
    const { closed, open } = await world.ledger.snapshot(DOCUMENTS)
    expect([closed.landed, open.failed]).toEqual([3, 0])
  })
  expect(await ids('source')).toEqual(new Set(written.map(({ versionId }) => versionId)))
  const copies = await ids('destination')
  expect(copies.size).toBe(3)
  for (const { versionId } of written) expect(copies).not.toContain(versionId)
})
