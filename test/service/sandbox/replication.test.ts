import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type LocalAws, ROLE, type S3Record, startLocalAws, v1Rule, v2Rule } from '../../support/local-aws.ts'

const PATIENCE = { interval: 5, timeout: 10_000 }

let aws: LocalAws

beforeEach(async () => {
  aws = await startLocalAws(7)
})

afterEach(() => aws.close())

async function put(bucket: string, key: string, more: { Body?: string; Tagging?: string } = {}): Promise<string> {
  const answer = await aws.s3().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: 'content', ...more }))
  return answer.VersionId!
}

async function remove(bucket: string, key: string, versionId?: string): Promise<string> {
  const answer = await aws.s3().send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }))
  return answer.VersionId!
}

const statusOf = async (bucket: string, key: string, versionId: string) =>
  (await aws.head(bucket, key, versionId))?.ReplicationStatus as string | undefined

function becomes(status: string, bucket: string, key: string, versionId: string): Promise<void> {
  return vi.waitFor(async () => expect(await statusOf(bucket, key, versionId)).toBe(status), PATIENCE)
}

async function versionsOf(bucket: string) {
  const region = aws.sandbox.world.s3.bucket(bucket)!.region
  return aws.s3(region).send(new ListObjectVersionsCommand({ Bucket: bucket }))
}

async function countsOf(source: string) {
  const { replication } = (await aws.control('replication')) as { replication: Record<string, unknown> }
  return replication[source]
}

describe('a put', () => {
  it('arrives under the same version id, and each region tells its own queue', async () => {
    const { source, destination } = await aws.pair('docs')
    const here = await aws.queue('here')
    const there = await aws.queue('there', 'eu-west-2')
    await aws.subscribe(source, here)
    await aws.subscribe(destination, there)

    const sent = await aws.s3().send(
      new PutObjectCommand({
        Bucket: source,
        Key: 'g-cloud-12/a file.pdf',
        Body: 'content',
        Metadata: { supplier: '92191' },
        CacheControl: 'max-age=60',
        Tagging: 'kind=public',
      }),
    )
    const versionId = sent.VersionId!
    await becomes('COMPLETED', source, 'g-cloud-12/a file.pdf', versionId)

    const original = (await aws.head(source, 'g-cloud-12/a file.pdf', versionId))!
    const replica = (await aws.head(destination, 'g-cloud-12/a file.pdf', versionId))!
    expect(replica.ReplicationStatus).toBe('REPLICA')
    for (const member of ['VersionId', 'ETag', 'ContentLength', 'LastModified', 'Metadata', 'CacheControl'] as const) {
      expect(replica[member]).toEqual(original[member])
    }
    expect(replica.ChecksumCRC32 ?? replica.ChecksumCRC64NVME).toBe(
      original.ChecksumCRC32 ?? original.ChecksumCRC64NVME,
    )
    const tagging = new GetObjectTaggingCommand({
      Bucket: destination,
      Key: 'g-cloud-12/a file.pdf',
      VersionId: versionId,
    })
    expect((await aws.s3('eu-west-2').send(tagging)).TagSet).toEqual([{ Key: 'kind', Value: 'public' }])

    const [atSource] = await recordsFrom(here, 1)
    const [atDestination] = await recordsFrom(there, 1)
    expect(atSource).toMatchObject({ awsRegion: 'eu-west-1', eventName: 'ObjectCreated:Put' })
    expect(atDestination).toMatchObject({ awsRegion: 'eu-west-2', eventName: 'ObjectCreated:Put' })
    for (const record of [atSource!, atDestination!]) {
      expect(record.s3.object).toMatchObject({ key: 'g-cloud-12/a+file.pdf', size: 7, versionId })
    }
    expect(atSource!.userIdentity.principalId).not.toMatch(/:s3-replication$/)
    expect(atDestination!.userIdentity.principalId).toMatch(/^AWS:AROA.*:s3-replication$/)
    expect(await countsOf(source)).toEqual({ pending: 0, blocked: 0, completed: 1, failed: {} })
  })

  it('is PENDING from the moment it is answered until its replica is there', async () => {
    const { source, destination } = await aws.pair('docs')
    await aws.faults({ replication: { paused: true } })
    const versionId = await put(source, 'k')
    expect(await statusOf(source, 'k', versionId)).toBe('PENDING')
    expect(await aws.head(destination, 'k', versionId)).toBeUndefined()
    await aws.faults({ replication: {} })
    await becomes('COMPLETED', source, 'k', versionId)
    expect(await statusOf(destination, 'k', versionId)).toBe('REPLICA')
  })

  it('arrives after the lag that was ordered, by the events of both regions', async () => {
    const { source, destination } = await aws.pair('docs')
    const [here, there] = [await aws.queue('here'), await aws.queue('there', 'eu-west-2')]
    await aws.subscribe(source, here)
    await aws.subscribe(destination, there)
    await aws.faults({ replication: { lag: { medianMs: 150, p99Ms: 150 } } })
    await put(source, 'k')
    const [written] = await recordsFrom(here, 1)
    const [landed] = await recordsFrom(there, 1)
    const lagMs = Date.parse(landed!.eventTime) - Date.parse(written!.eventTime)
    expect(lagMs).toBeGreaterThanOrEqual(150)
  })

  it('that arrives late takes its place below the newer ones', async () => {
    const { source, destination } = await aws.pair('docs')
    const lagOf = (ms: number) => aws.faults({ replication: { lag: { medianMs: ms, p99Ms: ms } } })
    await lagOf(400)
    const first = await put(source, 'k')
    await lagOf(200)
    const second = await put(source, 'k')
    await lagOf(0)
    const third = await put(source, 'k')
    await becomes('COMPLETED', source, 'k', third)
    await becomes('COMPLETED', source, 'k', first)
    const { Versions } = await versionsOf(destination)
    expect(Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [third, true],
      [second, false],
      [first, false],
    ])
    expect((await aws.head(destination, 'k'))?.VersionId).toBe(third)
  })

  it('in parts, or as a copy, keeps its ETag and checksum', async () => {
    const { source, destination } = await aws.pair('docs')
    const at = { Bucket: source, Key: 'big' }
    const { UploadId } = await aws.s3().send(new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: 'CRC32' }))
    const Parts = []
    for (const [index, size] of [5 * 1024 * 1024, 1000].entries()) {
      const part = {
        ...at,
        UploadId,
        PartNumber: index + 1,
        Body: Buffer.alloc(size, index),
        ChecksumAlgorithm: 'CRC32',
      }
      const { ETag, ChecksumCRC32 } = await aws
        .s3()
        .send(new UploadPartCommand(part as typeof part & { ChecksumAlgorithm: 'CRC32' }))
      Parts.push({ PartNumber: index + 1, ETag, ChecksumCRC32 })
    }
    const whole = await aws
      .s3()
      .send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
    await becomes('COMPLETED', source, 'big', whole.VersionId!)
    const copied = await aws
      .s3()
      .send(new CopyObjectCommand({ Bucket: source, Key: 'copy', CopySource: `${source}/big` }))
    await becomes('COMPLETED', source, 'copy', copied.VersionId!)
    for (const [key, versionId] of [
      ['big', whole.VersionId!],
      ['copy', copied.VersionId!],
    ] as const) {
      const original = (await aws.head(source, key, versionId))!
      const replica = (await aws.head(destination, key, versionId))!
      expect(replica.ETag).toBe(original.ETag)
      expect(replica.ChecksumCRC32).toBe(original.ChecksumCRC32)
      expect(replica.ChecksumType).toBe(original.ChecksumType)
    }
    expect((await aws.head(source, 'big'))!.ETag).toMatch(/-2"$/)
  })

  it('from before the rule, or outside its prefix, does not go', async () => {
    const source = await aws.bucket('source')
    const destination = await aws.bucket('destination', 'eu-west-2')
    const early = await put(source, 'in/early')
    const rule = { ...v1Rule(destination), Prefix: 'in/' }
    const ReplicationConfiguration = { Role: ROLE, Rules: [rule] }
    await aws.s3().send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration }))
    const outside = await put(source, 'out/late')
    const inside = await put(source, 'in/late')
    await becomes('COMPLETED', source, 'in/late', inside)
    expect(await statusOf(source, 'in/early', early)).toBeUndefined()
    expect(await statusOf(source, 'out/late', outside)).toBeUndefined()
    expect((await versionsOf(destination)).Versions?.map(({ Key }) => Key)).toEqual(['in/late'])
  })
})

describe('deletes', () => {
  it('by users replicate under V1 rules, deletes of a version id never', async () => {
    const { source, destination } = await aws.pair('docs')
    const version = await put(source, 'k')
    const marker = await remove(source, 'k')
    await vi.waitFor(async () => {
      const { DeleteMarkers } = await versionsOf(destination)
      expect(DeleteMarkers).toMatchObject([{ Key: 'k', VersionId: marker, IsLatest: true }])
    }, PATIENCE)
    await remove(source, 'k', version)
    const last = await put(source, 'last')
    await becomes('COMPLETED', source, 'last', last)
    expect((await versionsOf(destination)).Versions?.map(({ VersionId }) => VersionId)).toContain(version)
  })

  it.each([
    ['stay at home under V2', 'Disabled', 0],
    ['go under V2 where the rule says so', 'Enabled', 1],
  ] as const)('%s', async (_what, Status, count) => {
    const { source, destination } = await aws.pair('docs', { DeleteMarkerReplication: { Status } })
    const version = await put(source, 'k')
    await becomes('COMPLETED', source, 'k', version)
    await remove(source, 'k')
    const last = await put(source, 'last')
    await becomes('COMPLETED', source, 'last', last)
    expect((await versionsOf(destination)).DeleteMarkers ?? []).toHaveLength(count)
  })
})

describe('a failure', () => {
  it('by the estate: FAILED, with its reason in the event', async () => {
    const { source, destination } = await aws.pair('docs', {})
    const queue = await aws.queue('here')
    await aws.subscribe(source, queue, ['s3:Replication:*'])
    const suspended = { Bucket: destination, VersioningConfiguration: { Status: 'Suspended' as const } }
    await aws.s3('eu-west-2').send(new PutBucketVersioningCommand(suspended))
    const versionId = await put(source, 'k')
    const [record] = await recordsFrom(queue, 1)
    expect(record).toMatchObject({
      eventName: 'Replication:OperationFailedReplication',
      userIdentity: { principalId: 's3.amazonaws.com' },
      s3: { object: { key: 'k', versionId } },
      replicationEventData: {
        replicationRuleId: 'v2',
        destinationBucket: `arn:aws:s3:::${destination}`,
        s3Operation: 'OBJECT_PUT',
        failureReason: 'DstBucketUnversioned',
      },
    })
    expect(await statusOf(source, 'k', versionId)).toBe('FAILED')
  })

  it('under a V1 rule is silent', async () => {
    const { source } = await aws.pair('docs')
    const queue = await aws.queue('here')
    await aws.subscribe(source, queue)
    await aws.faults({ replication: { fail: [{ share: 1, reasons: ['AssumeRoleNotPermitted'] }] } })
    const versionId = await put(source, 'k')
    await becomes('FAILED', source, 'k', versionId)
    expect((await aws.drain(queue)).flatMap(({ Records = [] }) => Records.map(({ eventName }) => eventName))).toEqual([
      'ObjectCreated:Put',
    ])
    expect(await countsOf(source)).toMatchObject({ failed: { AssumeRoleNotPermitted: 1 } })
  })

  it('is not retried, even after the cause is gone', async () => {
    const { source, destination } = await aws.pair('docs')
    await aws.faults({ replication: { fail: [{ share: 1, reasons: ['AssumeRoleNotPermitted'], prefix: 'first' }] } })
    const first = await put(source, 'first')
    await becomes('FAILED', source, 'first', first)
    await aws.faults({ replication: {} })
    const second = await put(source, 'second')
    await becomes('COMPLETED', source, 'second', second)
    expect(await statusOf(source, 'first', first)).toBe('FAILED')
    expect(await aws.head(destination, 'first', first)).toBeUndefined()
  })
})

describe('an outage', () => {
  it('of replication leaves versions PENDING; they resume when it is lifted', async () => {
    const { source, destination } = await aws.pair('docs', {})
    const queue = await aws.queue('here')
    await aws.subscribe(source, queue, ['s3:Replication:*'])
    await aws.faults({ replication: { paused: true, rtcThresholdMs: 50 } })
    const versionId = await put(source, 'k')
    const [missed] = await recordsFrom(queue, 1)
    expect(missed?.eventName).toBe('Replication:OperationMissedThreshold')
    expect(await statusOf(source, 'k', versionId)).toBe('PENDING')
    expect(await countsOf(source)).toMatchObject({ pending: 1, blocked: 1 })
    await aws.faults({ replication: {} })
    const [after] = await recordsFrom(queue, 1)
    expect(after?.eventName).toBe('Replication:OperationReplicatedAfterThreshold')
    expect(after?.replicationEventData).toMatchObject({ threshold: '15', replicationTime: '1' })
    expect(await statusOf(destination, 'k', versionId)).toBe('REPLICA')
  })

  it('of a region: requests to it are cut, versions wait for it', async () => {
    const { source, destination } = await aws.pair('docs')
    await aws.faults({ regionsDown: ['eu-west-2'] })
    const versionId = await put(source, 'k')
    await expect(aws.head(destination, 'k', versionId)).rejects.toThrow()
    expect(await statusOf(source, 'k', versionId)).toBe('PENDING')
    await aws.faults({ regionsDown: [] })
    await becomes('COMPLETED', source, 'k', versionId)
    expect(await statusOf(destination, 'k', versionId)).toBe('REPLICA')
  })
})

describe('tags', () => {
  it('given later follow; without the grant they stay behind, silently', async () => {
    const { source, destination } = await aws.pair('docs')
    const tagsAt = async (bucket: string, versionId: string, region: string) =>
      (await aws.s3(region).send(new GetObjectTaggingCommand({ Bucket: bucket, Key: 'k', VersionId: versionId })))
        .TagSet
    const TagSet = [{ Key: 'av-status', Value: 'clean' }]
    for (const withoutTags of [false, true]) {
      await aws.faults({ replication: { withoutTags } })
      const versionId = await put(source, 'k')
      await becomes('COMPLETED', source, 'k', versionId)
      await aws
        .s3()
        .send(new PutObjectTaggingCommand({ Bucket: source, Key: 'k', VersionId: versionId, Tagging: { TagSet } }))
      await becomes('COMPLETED', source, 'k', versionId)
      expect(await tagsAt(source, versionId, 'eu-west-1')).toEqual(TagSet)
      expect(await tagsAt(destination, versionId, 'eu-west-2')).toEqual(withoutTags ? [] : TagSet)
    }
  })
})

describe('damaged replicas', () => {
  it.each(['bytes', 'truncated'] as const)('%s', async (how) => {
    const { source, destination } = await aws.pair('docs')
    await aws.faults({ replication: { corrupt: { share: 1, how } } })
    const versionId = await put(source, 'k', { Body: '0123456789' })
    await becomes('COMPLETED', source, 'k', versionId)
    const replica = await aws.s3('eu-west-2').send(new GetObjectCommand({ Bucket: destination, Key: 'k' }))
    const text = await replica.Body!.transformToString('latin1')
    expect(text).not.toBe('0123456789')
    expect(text).toHaveLength(how === 'bytes' ? 10 : 5)
    expect(replica.ETag).not.toBe((await aws.head(source, 'k', versionId))!.ETag)
  })
})

describe('the same seed and the same requests', () => {
  it('give the same version ids and the same failures', async () => {
    const run = async (seed: number) => {
      const world = await startLocalAws(seed)
      try {
        const { source } = await world.pair('docs')
        const fail = [{ share: 0.2, reasons: ['AssumeRoleNotPermitted', 'DstPutObjectNotPermitted'] }]
        await world.faults({ replication: { lag: { medianMs: 3, p99Ms: 30 }, fail } })
        const ids: string[] = []
        for (let n = 0; n < 60; n += 1) {
          const answer = await world.s3().send(new PutObjectCommand({ Bucket: source, Key: `k${n % 7}`, Body: `${n}` }))
          ids.push(answer.VersionId!)
        }
        await vi.waitFor(async () => {
          const { replication } = (await world.control('replication')) as {
            replication: Record<string, { pending: number }>
          }
          expect(replication[source]?.pending).toBe(0)
        }, PATIENCE)
        const statuses = await Promise.all(ids.map((id, n) => world.head(source, `k${n % 7}`, id)))
        const { replication } = await world.control('replication')
        return { ids, statuses: statuses.map((head) => head?.ReplicationStatus), replication }
      } finally {
        await world.close()
      }
    }
    const [first, second, other] = [await run(11), await run(11), await run(12)]
    expect(second).toEqual(first)
    expect(first.statuses).toContain('FAILED')
    expect(other.ids).not.toEqual(first.ids)
  })
})

async function recordsFrom(queue: Parameters<LocalAws['receive']>[0], count: number): Promise<readonly S3Record[]> {
  return (await aws.receive(queue, count)).flatMap(({ Records = [] }) => Records)
}

describe('several destinations', () => {
  it('COMPLETED only when all are', async () => {
    const source = await aws.bucket('source')
    const near = await aws.bucket('near', 'eu-west-2')
    const far = await aws.bucket('far', 'eu-central-1')
    const Rules = [v2Rule(near, { ID: 'near', Priority: 1 }), v2Rule(far, { ID: 'far', Priority: 2 })]
    const ReplicationConfiguration = { Role: ROLE, Rules }
    await aws.s3().send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration }))
    await aws.faults({ regionsDown: ['eu-central-1'] })
    const versionId = await put(source, 'k')
    await becomes('REPLICA', near, 'k', versionId)
    expect(await statusOf(source, 'k', versionId)).toBe('PENDING')
    await aws.faults({ regionsDown: [] })
    await becomes('COMPLETED', source, 'k', versionId)
    expect(await statusOf(far, 'k', versionId)).toBe('REPLICA')
  })
})
