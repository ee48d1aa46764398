import {
  CreateMultipartUploadCommand,
  type LifecycleRule,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { replicateByJob, reportOf } from '../../support/batch-jobs.ts'
import { type LocalAws, startLocalAws } from '../../support/local-aws.ts'

const PATIENCE = { interval: 5, timeout: 10_000 }
const LATER = new Date(Date.now() + 100 * 86_400_000)
const EVENTS = ['s3:ObjectRemoved:*', 's3:LifecycleExpiration:*']

let aws: LocalAws

beforeEach(async () => {
  aws = await startLocalAws(7)
})

afterEach(() => aws.close())

async function put(bucket: string, key: string): Promise<string> {
  return (await aws.s3().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'content' }))).VersionId!
}

async function rule(bucket: string, more: Partial<LifecycleRule>): Promise<void> {
  const region = aws.sandbox.world.s3.bucket(bucket)!.region
  const Rules = [{ ID: 'rule', Status: 'Enabled' as const, Filter: { Prefix: '' }, ...more }]
  await aws
    .s3(region)
    .send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration: { Rules } }))
}

async function versionsOf(bucket: string) {
  const region = aws.sandbox.world.s3.bucket(bucket)!.region
  const { Versions = [], DeleteMarkers = [] } = await aws
    .s3(region)
    .send(new ListObjectVersionsCommand({ Bucket: bucket }))
  return {
    versions: Versions.map(({ VersionId }) => VersionId),
    markers: DeleteMarkers.map(({ VersionId }) => VersionId),
  }
}

async function replicated(source: string, key: string, versionId: string): Promise<void> {
  await vi.waitFor(async () => {
    expect((await aws.head(source, key, versionId))?.ReplicationStatus).toBe('COMPLETED')
  }, PATIENCE)
}

describe('expiration', () => {
  it('adds a marker that says so, and that neither live nor batch replication sends on', async () => {
    const { source, destination } = await aws.pair('docs')
    const queue = await aws.queue('here')
    await aws.subscribe(source, queue, EVENTS)
    const versionId = await put(source, 'k')
    await replicated(source, 'k', versionId)
    await rule(source, { Expiration: { Days: 30 } })

    expect(await aws.lifecycle({ bucket: source })).toMatchObject({ [source]: { expired: 0 } })
    expect(await aws.lifecycle({ bucket: source, asOf: LATER })).toEqual({
      [source]: { expired: 1, purged: 0, markers: 0, aborted: 0 },
    })

    const { versions, markers } = await versionsOf(source)
    expect([versions, markers]).toEqual([[versionId], [expect.any(String)]])
    const [event] = (await aws.receive(queue, 1)).flatMap(({ Records = [] }) => Records)
    expect(event).toMatchObject({
      eventName: 'LifecycleExpiration:DeleteMarkerCreated',
      userIdentity: { principalId: 's3.amazonaws.com' },
      s3: { object: { key: 'k', versionId: markers[0] } },
    })
    const place = await aws.bucket('jobs', 'eu-west-1', 'none')
    const job = await replicateByJob(aws, place, source, [{ key: 'k', versionId: markers[0] }])
    expect(await reportOf(aws, place, job.JobId!)).toMatchObject([{ code: 'SrcObjectNotEligible' }])
    expect(await versionsOf(destination)).toEqual({ versions: [versionId], markers: [] })
    expect(await aws.lifecycle({ asOf: LATER })).toMatchObject({ [source]: { expired: 0 } })
  })

  it('counts the age of a replica from its source, and leaves alone what has not replicated', async () => {
    const { source, destination } = await aws.pair('docs')
    const versionId = await put(source, 'k')
    await replicated(source, 'k', versionId)
    await aws.faults({ replication: { paused: true } })
    const pending = await put(source, 'pending')
    for (const bucket of [source, destination]) await rule(bucket, { Expiration: { Days: 1 } })
    expect(await aws.lifecycle({ asOf: LATER })).toMatchObject({
      [source]: { expired: 1 },
      [destination]: { expired: 1 },
    })
    expect((await aws.head(source, 'pending'))?.VersionId).toBe(pending)
  })

  it('deletes for good where there is no versioning', async () => {
    const bucket = await aws.bucket('plain', 'eu-west-1', 'none')
    const queue = await aws.queue('here')
    await aws.subscribe(bucket, queue, EVENTS)
    await put(bucket, 'k')
    await rule(bucket, { Expiration: { Days: 1 } })
    await aws.lifecycle({ asOf: LATER })
    expect(await aws.head(bucket, 'k')).toBeUndefined()
    const [event] = (await aws.receive(queue, 1)).flatMap(({ Records = [] }) => Records)
    expect(event?.eventName).toBe('LifecycleExpiration:Delete')
  })
})

describe('noncurrent versions, lone markers and uploads', () => {
  it('go for good, in their order', async () => {
    const bucket = await aws.bucket('docs')
    const queue = await aws.queue('here')
    await aws.subscribe(bucket, queue, EVENTS)
    const old = await put(bucket, 'k')
    await put(bucket, 'k')
    await aws.s3().send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'upload' }))
    await rule(bucket, {
      Expiration: { Days: 1 },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    })
    expect(await aws.lifecycle({ bucket, asOf: LATER })).toEqual({
      [bucket]: { expired: 1, purged: 1, markers: 0, aborted: 1 },
    })
    const events = (await aws.receive(queue, 2)).flatMap(({ Records = [] }) => Records)
    expect(events.find(({ eventName }) => eventName === 'LifecycleExpiration:Delete')?.s3.object.versionId).toBe(old)
    expect((await aws.s3().send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads).toBeUndefined()
    // The version that expired is noncurrent now; with it gone its marker is all that is left.
    expect(await aws.lifecycle({ bucket, asOf: LATER })).toMatchObject({ [bucket]: { purged: 1, markers: 0 } })
    expect(await aws.lifecycle({ bucket, asOf: LATER })).toMatchObject({ [bucket]: { purged: 0, markers: 1 } })
    expect(await versionsOf(bucket)).toEqual({ versions: [], markers: [] })
  })
})

describe('the control endpoint', () => {
  it.each([
    [{ bucket: 'missing' }, /bucket/],
    [{ asOf: 'yesterday' }, /asOf/],
    [{ when: 1 }, /when/],
  ])('refuses %j', async (ask, message) => {
    const reply = await fetch(`${aws.sandbox.url}/_sandbox/lifecycle`, { method: 'POST', body: JSON.stringify(ask) })
    expect(reply.ok).toBe(false)
    expect(((await reply.json()) as { message: string }).message).toMatch(message)
  })
})
