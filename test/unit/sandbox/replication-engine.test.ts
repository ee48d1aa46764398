import { beforeEach, describe, expect, it } from 'vitest'
import { makeReplication, type Replication } from '../../../sandbox/replication/engine.ts'
import type { BucketChange, ReplicationRule } from '../../../sandbox/types.ts'
import { makeFakeWorld, makeRule } from '../../support/fake-s3.ts'

const ROLE = 'arn:aws:iam::222222222222:role/replication'

let world: ReturnType<typeof makeFakeWorld>
let raised: BucketChange[]
let replication: Replication

function setUp(rules: readonly ReplicationRule[] = [makeRule({ schema: 'V1' })], seed?: string): void {
  world = makeFakeWorld(seed)
  raised = []
  replication = makeReplication({ ...world, raise: (change) => raised.push(change) })
  world.s3.make('source', { replication: { role: ROLE, rules } })
  world.s3.make('destination', { region: 'eu-west-2' })
}

const statusOf = (bucket: string, { key, versionId }: { key: string; versionId: string }) =>
  world.s3.version(bucket, key, versionId)?.replication

beforeEach(() => setUp())

describe('a version that a rule matches', () => {
  it('is PENDING at once and COMPLETED after the lag; its replica keeps id, time, tags, ETag and checksum', () => {
    world.faults.merge({ replication: { lag: { medianMs: 500, p99Ms: 500 } } })
    const version = world.s3.put('source', { key: 'k', tags: { a: 'b' }, metadata: { m: '1' } })
    expect(version.replication).toBe('PENDING')
    world.clock.advance(499)
    expect(world.s3.version('destination', 'k', version.versionId)).toBeUndefined()
    world.clock.advance(1)
    const replica = world.s3.version('destination', 'k', version.versionId)!
    expect(replica).toMatchObject({
      versionId: version.versionId,
      lastModified: version.lastModified,
      etag: version.etag,
      replication: 'REPLICA',
    })
    expect([replica.tags, replica.metadata, replica.checksum]).toEqual([
      version.tags,
      version.metadata,
      version.checksum,
    ])
    expect(replica.body).toEqual(version.body)
    expect(statusOf('source', version)).toBe('COMPLETED')
    expect(world.s3.changes.at(-1)).toMatchObject({ bucket: 'destination', eventName: 'ObjectCreated:Put' })
    expect(world.s3.changes.at(-1)?.principal).toMatch(/^AWS:AROA[A-Z0-9]{16,17}:s3-replication$/)
    expect(replication.counts()['source']).toEqual({ pending: 0, blocked: 0, completed: 1, failed: {} })
  })

  it('takes the storage class of the rule', () => {
    const rule = makeRule()
    setUp([{ ...rule, destination: { ...rule.destination, storageClass: 'STANDARD_IA' } }])
    const version = world.s3.put('source', { key: 'k' })
    world.clock.advance(1)
    expect(world.s3.version('destination', 'k', version.versionId)?.storageClass).toBe('STANDARD_IA')
  })

  it('does not go on from the destination to a third bucket', () => {
    world.s3.make('third')
    world.s3.bucket('destination')
    world.s3.make('destination', {
      region: 'eu-west-2',
      replication: { role: ROLE, rules: [makeRule({ to: 'third' })] },
    })
    const version = world.s3.put('source', { key: 'k' })
    world.clock.advance(10)
    expect(statusOf('destination', version)).toBe('REPLICA')
    expect(world.s3.version('third', 'k', version.versionId)).toBeUndefined()
  })

  it('is COMPLETED only when all of its destinations are', () => {
    setUp([makeRule({ id: 'one' }), makeRule({ id: 'two', to: 'second' })])
    world.s3.make('second', { region: 'eu-central-1' })
    world.faults.merge({ regionsDown: ['eu-central-1'] })
    const version = world.s3.put('source', { key: 'k' })
    world.clock.advance(10)
    expect(statusOf('destination', version)).toBe('REPLICA')
    expect(statusOf('source', version)).toBe('PENDING')
    world.faults.clear()
    world.clock.advance(10)
    expect(statusOf('second', version)).toBe('REPLICA')
    expect(statusOf('source', version)).toBe('COMPLETED')
  })

  it('is FAILED where one of several destinations failed, whichever ends last', () => {
    setUp([makeRule({ id: 'one' }), makeRule({ id: 'two', to: 'missing' })])
    const version = world.s3.put('source', { key: 'k' })
    world.clock.advance(10)
    expect(statusOf('destination', version)).toBe('REPLICA')
    expect(statusOf('source', version)).toBe('FAILED')
  })
})

describe('what does not replicate', () => {
  it.each(['created by a lifecycle rule', 'older than the rule', 'in a bucket whose versioning is suspended'])(
    '%s',
    (how) => {
      const lifecycle = how.includes('lifecycle')
      const source = world.s3.bucket('source')!
      const { replication: rules } = source
      if (how.includes('older')) Object.assign(source, { replication: undefined })
      if (how.includes('suspended')) Object.assign(source, { versioning: 'Suspended' })
      const version = world.s3.put('source', { key: 'k', ...(lifecycle ? { body: undefined } : {}) }, { lifecycle })
      Object.assign(source, { replication: rules })
      world.clock.advance(10)
      expect(version.replication).toBeUndefined()
      expect(world.s3.version('destination', 'k', version.versionId)).toBeUndefined()
    },
  )

  it('a permanent delete leaves the replica', () => {
    const version = world.s3.put('source', { key: 'k' })
    world.clock.advance(10)
    world.s3.purge('source', version)
    world.clock.advance(10)
    expect(statusOf('destination', version)).toBe('REPLICA')
  })

  it('delete markers go along under V1, and under V2 only when told to', () => {
    const marker = world.s3.put('source', { key: 'k', body: undefined })
    world.clock.advance(10)
    expect(world.s3.version('destination', 'k', marker.versionId)?.deleteMarker).toBe(true)
    setUp([makeRule()])
    expect(world.s3.put('source', { key: 'k', body: undefined }).replication).toBeUndefined()
  })
})

describe('a replication that fails', () => {
  it.each<[string, () => void]>([
    ['DstBucketNotFound', () => world.s3.remove('destination')],
    ['DstBucketUnversioned', () => world.s3.make('destination', { versioning: 'Suspended' })],
    ['SrcBucketReplicationConfigMissing', () => Object.assign(world.s3.bucket('source')!, { replication: undefined })],
  ])('%s', (reason, cause) => {
    const version = world.s3.put('source', { key: 'k' })
    cause()
    world.clock.advance(10)
    expect(statusOf('source', version)).toBe('FAILED')
    expect(replication.counts()['source']?.failed).toEqual({ [reason]: 1 })
  })

  it('SrcVersionNotFound where the source went first', () => {
    const version = world.s3.put('source', { key: 'k' })
    world.s3.purge('source', version)
    world.clock.advance(10)
    expect(replication.counts()['source']?.failed).toEqual({ SrcVersionNotFound: 1 })
    expect(world.s3.version('destination', 'k', version.versionId)).toBeUndefined()
  })

  it.each([
    ['destination', 's3:ReplicateObject', 'DstPutObjectNotPermitted', {}],
    ['destination', 's3:ReplicateDelete', 'DstDelObjNotPermitted', { body: undefined }],
    ['source', 's3:GetObjectVersionForReplication', 'SrcGetObjectNotPermitted', {}],
    ['source', 's3:GetObjectVersionAcl', 'SrcGetAclNotPermitted', {}],
  ])('where the role lost, on the %s, %s: %s', (bucket, action, reason, draft) => {
    world.faults.merge({ access: [{ bucket, deny: [action] }] })
    world.s3.put('source', { key: 'k', ...draft })
    world.s3.put('source', { key: 'k', ...('body' in draft ? {} : { body: undefined }) })
    world.clock.advance(10)
    expect(replication.counts()['source']).toMatchObject({ completed: 1, failed: { [reason]: 1 } })
  })

  it('is never tried again, whatever changes', () => {
    world.faults.merge({ replication: { fail: [{ share: 1, reasons: ['AssumeRoleNotPermitted'] }] } })
    const version = world.s3.put('source', { key: 'k' })
    world.clock.advance(10)
    world.faults.clear()
    world.s3.tag('source', version, { a: 'b' })
    world.clock.advance(1e6)
    expect(statusOf('source', version)).toBe('FAILED')
    expect(world.s3.version('destination', 'k', version.versionId)).toBeUndefined()
  })

  it('strikes the share that was ordered, by bucket and prefix, the same ones under the same seed', () => {
    const run = (seed: string): readonly string[] => {
      setUp([makeRule()], seed)
      const fail = [{ share: 0.1, reasons: ['DstPutObjectNotPermitted', 'AssumeRoleNotPermitted'], prefix: 'bad/' }]
      world.faults.merge({ replication: { lag: { medianMs: 100, p99Ms: 2000 }, fail } })
      const versions = Array.from({ length: 2000 }, (_, n) =>
        world.s3.put('source', { key: `${n % 2 ? 'bad' : 'good'}/${n}` }),
      )
      world.clock.advance(1e6)
      return versions.filter((version) => statusOf('source', version) === 'FAILED').map(({ key }) => key)
    }
    const failed = run('7')
    expect(failed.every((key) => key.startsWith('bad/'))).toBe(true)
    expect(failed.length).toBeGreaterThan(60)
    expect(failed.length).toBeLessThan(140)
    expect(Object.keys(replication.counts()['source']!.failed)).toHaveLength(2)
    expect(run('7')).toEqual(failed)
    expect(run('8')).not.toEqual(failed)
  })
})

describe('faults of several kinds', () => {
  it('add up, and strike only the bucket they name, be it source or destination', () => {
    const failing = (faults: readonly { share: number; bucket?: string }[]): number => {
      setUp()
      world.faults.merge({ replication: { fail: faults.map((fault) => ({ ...fault, reasons: ['X'] })) } })
      for (let n = 0; n < 400; n += 1) world.s3.put('source', { key: `k${n}` })
      world.clock.advance(10)
      return replication.counts()['source']!.failed['X'] ?? 0
    }
    expect(failing([{ share: 0.5 }, { share: 0.5 }])).toBe(400)
    expect(failing([{ share: 1, bucket: 'source' }])).toBe(400)
    expect(failing([{ share: 1, bucket: 'destination' }])).toBe(400)
    expect(failing([{ share: 1, bucket: 'another' }])).toBe(0)
  })
})

describe('a pause or a region that is down', () => {
  it('ends once, however often the faults change afterwards', () => {
    world.faults.merge({ replication: { paused: true } })
    world.s3.put('source', { key: 'k' })
    for (let n = 0; n < 3; n += 1) {
      world.clock.advance(10)
      world.faults.merge({ replication: { paused: n === 0 } })
    }
    world.clock.advance(10)
    expect(replication.counts()['source']).toEqual({ pending: 0, blocked: 0, completed: 1, failed: {} })
  })

  it.each([{ replication: { paused: true } }, { regionsDown: ['eu-west-1'] }, { regionsDown: ['eu-west-2'] }])(
    'keeps versions PENDING, and they resume by themselves: %j',
    (fault) => {
      world.faults.merge(fault)
      const versions = Array.from({ length: 1200 }, (_, n) => world.s3.put('source', { key: `k${n}` }))
      world.clock.advance(60_000)
      expect(new Set(versions.map((version) => statusOf('source', version)))).toEqual(new Set(['PENDING']))
      expect(replication.counts()['source']).toMatchObject({ pending: 1200, blocked: 1200 })
      world.faults.clear()
      world.clock.advance(10)
      expect(new Set(versions.map((version) => statusOf('source', version)))).toEqual(new Set(['COMPLETED']))
      expect(replication.counts()['source']).toMatchObject({ pending: 0, blocked: 0, completed: 1200 })
    },
  )
})

describe('tags given later', () => {
  it('follow to the replica', () => {
    const version = world.s3.put('source', { key: 'k' })
    world.clock.advance(10)
    world.s3.tag('source', version, { 'av-status': 'clean' })
    expect(statusOf('source', version)).toBe('PENDING')
    world.clock.advance(10)
    expect(world.s3.version('destination', 'k', version.versionId)?.tags).toEqual({ 'av-status': 'clean' })
    expect(statusOf('source', version)).toBe('COMPLETED')
  })

  it.each([
    { replication: { withoutTags: true } },
    { access: [{ bucket: 'source', deny: ['s3:GetObjectVersionTagging'] }] },
    { access: [{ bucket: 'destination', deny: ['s3:ReplicateTags'] }] },
  ])('stay behind where the role may not carry them: %j', (fault) => {
    world.faults.merge(fault)
    const version = world.s3.put('source', { key: 'k', tags: { a: 'b' } })
    world.clock.advance(10)
    world.s3.tag('source', version, { 'av-status': 'clean' })
    world.clock.advance(10)
    expect(statusOf('source', version)).toBe('COMPLETED')
    expect(world.s3.version('destination', 'k', version.versionId)?.tags).toBeUndefined()
  })

  it('go along with a copy that has not left yet', () => {
    world.faults.merge({ replication: { lag: { medianMs: 500, p99Ms: 500 } } })
    const version = world.s3.put('source', { key: 'k' })
    world.s3.tag('source', version, { a: 'b' })
    world.clock.advance(500)
    expect(world.s3.version('destination', 'k', version.versionId)?.tags).toEqual({ a: 'b' })
    expect(replication.counts()['source']).toEqual({ pending: 0, blocked: 0, completed: 1, failed: {} })
  })

  it('go only where the version went', () => {
    setUp([makeRule(), makeRule({ id: 'tagged', tags: { a: 'b' }, to: 'other' })])
    world.s3.make('other')
    const version = world.s3.put('source', { key: 'k' })
    world.clock.advance(10)
    world.s3.tag('source', version, { a: 'b' })
    world.clock.advance(10)
    expect(statusOf('source', version)).toBe('COMPLETED')
    expect(world.s3.version('other', 'k', version.versionId)).toBeUndefined()
  })

  it('fail where the replica is gone', () => {
    const version = world.s3.put('source', { key: 'k' })
    world.clock.advance(10)
    world.s3.purge('destination', version)
    world.s3.tag('source', version, { a: 'b' })
    world.clock.advance(10)
    expect(replication.counts()['source']?.failed).toEqual({ DstVersionNotFound: 1 })
  })

  it('make no version eligible that was not', () => {
    setUp([makeRule({ tags: { a: 'b' } })])
    const version = world.s3.put('source', { key: 'k' })
    world.s3.tag('source', version, { a: 'b' })
    world.clock.advance(10)
    expect(statusOf('source', version)).toBeUndefined()
  })
})

describe('damaged replicas', () => {
  it.each(['bytes', 'truncated'] as const)('%s: size, ETag and checksum are those of what is stored', (how) => {
    world.faults.merge({ replication: { corrupt: { share: 1, how } } })
    const version = world.s3.put('source', { key: 'k', body: Buffer.from('0123456789') })
    world.clock.advance(10)
    const replica = world.s3.version('destination', 'k', version.versionId)!
    expect(replica.size).toBe(how === 'bytes' ? 10 : 5)
    expect(replica.body.length).toBe(replica.size)
    expect(replica.etag).not.toBe(version.etag)
    expect(replica.checksum).not.toEqual(version.checksum)
    expect(version.body.toString()).toBe('0123456789')
  })
})

describe("S3's own word", () => {
  const watched = makeRule({ metrics: true, timeControlMinutes: 15 })
  const names = () => raised.map(({ eventName }) => eventName)

  it('of a failure comes only where the rule has metrics, with the reason', () => {
    const fail = { replication: { fail: [{ share: 1, reasons: ['DstPutObjectNotPermitted'] }] } }
    for (const rule of [makeRule({ schema: 'V1', metrics: true }), makeRule()]) {
      setUp([rule])
      world.faults.merge(fail)
      world.s3.put('source', { key: 'k' })
      world.clock.advance(10)
      expect(names()).toEqual([])
    }
    setUp([makeRule({ metrics: true })])
    world.faults.merge(fail)
    world.s3.put('source', { key: 'k' })
    world.clock.advance(10)
    expect(names()).toEqual(['Replication:OperationFailedReplication'])
    expect(raised[0]?.replicationEventData).toEqual({
      replicationRuleId: 'cross-region',
      destinationBucket: 'arn:aws:s3:::destination',
      s3Operation: 'OBJECT_PUT',
      requestTime: '2026-11-23T00:00:00.000Z',
      failureReason: 'DstPutObjectNotPermitted',
    })
  })

  it('of a threshold comes in two parts: missed, then replicated after it', () => {
    setUp([watched])
    world.faults.merge({ replication: { paused: true } })
    world.s3.put('source', { key: 'k' })
    world.clock.advance(15 * 60_000 - 1)
    expect(names()).toEqual([])
    world.clock.advance(1)
    expect(names()).toEqual(['Replication:OperationMissedThreshold'])
    expect(raised[0]?.replicationEventData).toMatchObject({ threshold: '15' })
    world.clock.advance(6 * 60_000)
    world.faults.clear()
    world.clock.advance(10)
    expect(names()[1]).toBe('Replication:OperationReplicatedAfterThreshold')
    expect(raised[1]?.replicationEventData).toMatchObject({ threshold: '15', replicationTime: '1260' })
  })

  it('does not come in time, nor without time control; a demo has a threshold of its own', () => {
    setUp([watched])
    world.s3.put('source', { key: 'k' })
    world.clock.advance(3_600_000)
    expect(names()).toEqual([])
    setUp([makeRule({ metrics: true })])
    world.faults.merge({ replication: { paused: true } })
    world.s3.put('source', { key: 'k' })
    world.clock.advance(3_600_000)
    expect(names()).toEqual([])
    setUp([watched])
    world.faults.merge({ replication: { paused: true, rtcThresholdMs: 2000 } })
    world.s3.put('source', { key: 'k' })
    world.clock.advance(2000)
    expect(names()).toEqual(['Replication:OperationMissedThreshold'])
  })

  it('is NotTracked where the rule lost its time control meanwhile', () => {
    setUp([watched])
    world.faults.merge({ replication: { paused: true } })
    world.s3.put('source', { key: 'k' })
    Object.assign(world.s3.bucket('source')!, { replication: { role: ROLE, rules: [makeRule()] } })
    world.clock.advance(15 * 60_000)
    expect(names()).toEqual(['Replication:OperationNotTracked'])
  })
})
