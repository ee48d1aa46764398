import { describe, expect, it } from 'vitest'
import type { Look } from '../../../src/domain/look.ts'
import { decide } from '../../../src/domain/replication.ts'
import { learn, type Ask, type FoundLook, type Settle, type Situation } from '../../../src/domain/situation.ts'
import {
  AGES,
  MINUTE,
  POLICY,
  REPLICAS,
  SOURCES,
  VERSIONS,
  WRITTEN,
  inWords,
  object,
  situation,
} from './decide.situations.ts'

const words = (more: Parameters<typeof situation>[0]): string => inWords(decide(situation(more)))
const { headAbsent } = REPLICAS

describe('our own rules', () => {
  it('exclude without a look what a lifecycle rule deleted, and markers that the pair does not replicate', () => {
    expect(words({ version: { ...VERSIONS.marker, lifecycle: true } })).toBe('excluded rule')
    expect(words({ version: VERSIONS.marker, policy: { ...POLICY, deleteMarkers: false } })).toBe('excluded rule')
    expect(words({ version: VERSIONS.object, policy: { ...POLICY, deleteMarkers: false } })).toBe(
      'ask destination head',
    )
  })

  it('exclude prefixes, unless the replica has come all the same', () => {
    const version = { ...VERSIONS.object, key: 'permission-test/x' }
    expect(words({ version })).toBe('excluded rule')
    expect(words({ version, replica: REPLICAS.arrivedSame })).toBe('landed event')
  })
})

describe('a replica that comes although its version was given up', () => {
  it.each(['failed', 'mismatched', 'late'] as const)('lands (%s)', (state) => {
    const version = { ...VERSIONS.object, state, reason: 'AssumeRoleNotPermitted' }
    expect(words({ version, replica: REPLICAS.arrivedSame, ageMs: AGES.old })).toBe('landed event')
  })
})

describe('lag', () => {
  const lag = (more: Parameters<typeof situation>[0]): unknown => {
    const decision = decide(situation(more))
    return decision.kind === 'settle' && decision.settlement.to === 'close' ? decision.settlement.lag : decision
  }

  it('is exact between two events, also where a look had to compare', () => {
    const { arrival } = REPLICAS.arrivedOtherEtag
    expect(lag({ replica: REPLICAS.arrivedSame })).toEqual({ ms: 9_000, bound: 'exact' })
    expect(lag({ replica: { ...REPLICAS.headOtherEtagSums, arrival }, source: SOURCES.sumsSame })).toEqual({
      ms: 9_000,
      bound: 'exact',
    })
  })

  it('is an upper bound where a look found the replica', () => {
    expect(lag({ replica: REPLICAS.headSame, ageMs: 31_000 })).toEqual({ ms: 31_000, bound: 'upper' })
  })

  it('is never negative: two regions have two clocks', () => {
    const arrival = { ...REPLICAS.arrivedSame.arrival, time: WRITTEN - 5 }
    expect(lag({ replica: { arrival } })).toEqual({ ms: 0, bound: 'exact' })
    expect(lag({ replica: REPLICAS.headSame, ageMs: -5 })).toEqual({ ms: 0, bound: 'upper' })
  })
})

describe("S3's reason, brought by an event", () => {
  const failed = (reason: string, more: Parameters<typeof situation>[0] = {}): string =>
    words({ version: { ...VERSIONS.object, reason }, replica: headAbsent, source: SOURCES.failed, ...more })

  it('names the failure', () => {
    expect(failed('DstKmsKeyNotFound')).toBe('failed DstKmsKeyNotFound')
  })

  it('may be new, or look like a part of the language', () => {
    expect(failed('DstSomethingNew')).toBe('failed DstSomethingNew')
    expect(failed('__proto__')).toBe('failed __proto__')
    expect(failed('')).toBe('failed ReplicationFailed')
  })

  it('is not one that Landfall recorded itself', () => {
    expect(failed('PendingTooLong')).toBe('failed ReplicationFailed')
    expect(failed('LookRefused s3:GetObjectVersion at source')).toBe('failed ReplicationFailed')
  })

  it('SrcObjectNotEligible excludes only where the source agrees', () => {
    expect(failed('SrcObjectNotEligible', { source: SOURCES.none })).toBe('excluded head')
    expect(failed('SrcObjectNotEligible')).toBe('failed SrcObjectNotEligible')
  })

  it('SrcReplicationNotPending asks for another look, until the version is late', () => {
    expect(failed('SrcReplicationNotPending')).toBe('waiting (SrcReplicationNotPending)')
    expect(failed('SrcReplicationNotPending', { ageMs: AGES.late })).toBe('failed SrcReplicationNotPending')
  })

  it('is outdated once the source says PENDING again', () => {
    expect(failed('DstKmsKeyNotFound', { source: SOURCES.pending })).toBe('waiting')
  })

  it('counts where the source may not be asked for a status', () => {
    const policy = { ...POLICY, evidence: 'list' } as const
    const more = { policy, replica: { list: { kind: 'absent' } }, source: { list: object() } } as const
    expect(failed('DstKmsKeyNotFound', more)).toBe('failed DstKmsKeyNotFound')
    expect(failed('DstVersionNotFound', more)).toBe('failed DstVersionNotFound')
    expect(failed('SrcReplicationNotPending', more)).toBe('waiting (SrcReplicationNotPending)')
  })
})

describe('a version that is parked', () => {
  it('is looked at again, and remembers when its replica was last seen to be absent', () => {
    const { settlement } = decide(situation({ replica: headAbsent, source: SOURCES.failed })) as Settle
    expect(settlement).toEqual({
      id: '42',
      to: 'park',
      state: 'failed',
      reason: 'ReplicationFailed',
      recheckInMs: POLICY.recheckAfterMs,
      absentAt: WRITTEN + AGES.young,
    })
  })
})

describe('COMPLETED, and no replica', () => {
  const completed = (ageMs: number, destinationExpiresAfterMs?: number): string =>
    words({ policy: { ...POLICY, destinationExpiresAfterMs }, replica: headAbsent, source: SOURCES.completed, ageMs })

  it('is expired only where the destination deletes versions that old', () => {
    expect(completed(8 * 24 * 60 * MINUTE, 7 * 24 * 60 * MINUTE)).toBe('expired head')
    expect(completed(6 * 24 * 60 * MINUTE, 7 * 24 * 60 * MINUTE)).toBe('failed ReplicaMissing')
    expect(completed(8 * 24 * 60 * MINUTE)).toBe('failed ReplicaMissing')
  })

  it.each([{ absentAt: WRITTEN + MINUTE }, { state: 'failed' as const, reason: 'ReplicaMissing' }])(
    'is not closed by growing old once it was seen missing (%o)',
    (seen) => {
      const policy = { ...POLICY, destinationExpiresAfterMs: 7 * 24 * 60 * MINUTE }
      const version = { ...VERSIONS.object, ...seen }
      const old = { policy, version, replica: headAbsent, source: SOURCES.completed, ageMs: 30 * 24 * 60 * MINUTE }
      expect(words(old)).toBe('failed ReplicaMissing')
    },
  )

  it('looks again soon, since the status and the replica may race', () => {
    const decision = decide(situation({ replica: headAbsent, source: SOURCES.completed, ageMs: 10 * MINUTE }))
    expect(decision).toMatchObject({ settlement: { to: 'wait', absentAt: WRITTEN + 10 * MINUTE } })
    const again = decision.kind === 'settle' && decision.settlement.to === 'wait' ? decision.settlement.againInMs : NaN
    expect(again).toBeLessThanOrEqual(POLICY.lateAfterMs / 30)
  })
})

describe('an event that gave no size', () => {
  const { size: _, etag: __, ...bare } = VERSIONS.object

  it('is completed by the source', () => {
    const replica = REPLICAS.headSame
    expect(words({ version: bare, replica })).toBe('ask source head')
    expect(words({ version: bare, replica, source: SOURCES.completed })).toBe('landed head')
    expect(words({ version: bare, replica: REPLICAS.headOtherSize, source: SOURCES.completed })).toBe(
      'mismatched SizeDiffers',
    )
  })

  it('and whose source can tell no more, lands by its version id, unverified', () => {
    for (const source of [SOURCES.absent, SOURCES.allRefused]) {
      expect(words({ version: bare, replica: REPLICAS.headSame, source })).toBe('landed head unverified')
    }
  })
})

describe('what can not be compared', () => {
  it('is asked for by checksum where neither side shows an ETag', () => {
    const version = { ...VERSIONS.object, etag: undefined }
    const head = object({ etag: undefined, replication: 'COMPLETED' })
    expect(words({ version, replica: { head }, source: { head } })).toBe('ask destination head with checksums')
  })

  it('lands unverified where the two sides keep checksums of different algorithms', () => {
    const head = object({ checksums: [{ algorithm: 'SHA256', type: 'FULL_OBJECT', value: 'same' }] })
    const source = { head, checksummed: true }
    expect(words({ replica: REPLICAS.headOtherEtagSums, source })).toBe('landed head unverified')
  })
})

describe('evidence: list', () => {
  const policy = { ...POLICY, evidence: 'list' } as const
  const absent = { list: { kind: 'absent' } } as const

  it('asks listings only, and lands by them', () => {
    expect(words({ policy })).toBe('ask destination list')
    expect(words({ policy, replica: { list: object() } })).toBe('landed list')
    expect(words({ policy, replica: { list: object({ etag: 'bb' }) } })).toBe('landed list unverified')
    expect(words({ policy, replica: absent })).toBe('ask source list')
  })

  it('knows no status: neither excluded nor failed before its time', () => {
    const there = { policy, replica: absent, source: { list: object() } }
    expect(words(there)).toBe('waiting')
    expect(words({ ...there, ageMs: AGES.late })).toBe('late')
    expect(words({ ...there, ageMs: AGES.old })).toBe('failed StatusUnknown')
    expect(words({ ...there, source: absent })).toBe('gone list')
  })
})

describe('match: content', () => {
  const policy = { ...POLICY, match: 'content' } as const
  const copy = (more: Partial<FoundLook & { kind: 'object' }> = {}): FoundLook =>
    object({ versionId: 'copy1', lastModified: WRITTEN + MINUTE, ...more })
  const withKey = (...key: FoundLook[]): Partial<Situation> => ({ policy, replica: { key } })

  it('lists the key, and lands by size and ETag whatever the version id', () => {
    expect(words({ policy })).toBe('ask destination key')
    expect(words(withKey(copy({ size: 1, etag: 'new' }), copy()))).toBe('landed list')
  })

  it('compares checksums where another tool cut other parts, of the candidate by its own id', () => {
    const start = situation(withKey(copy({ etag: 'parts-2' })))
    const first = decide(start)
    expect(first).toMatchObject({ kind: 'ask', side: 'destination', how: 'head', versionId: 'copy1', checksums: true })
    const head = (value: string): Look =>
      object({ checksums: [{ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value }], replication: 'none' })
    const second = learn(start, first as Ask, head('same'))
    expect(inWords(decide(second))).toBe('ask source head with checksums')
    expect(inWords(decide(learn(second, decide(second) as Ask, head('same'))))).toBe('landed checksum')
    expect(inWords(decide(learn(second, decide(second) as Ask, head('other'))))).toBe('waiting')
  })

  it('does not take the size alone for the content', () => {
    const facts = {
      policy,
      replica: { key: [copy({ etag: 'x' })], head: copy({ etag: 'x' }), checksummed: true },
    } as const
    expect(words({ ...facts, source: { ...SOURCES.none, checksummed: true } })).toBe('waiting')
    expect(words({ ...facts, source: { ...SOURCES.none, checksummed: true }, ageMs: AGES.late })).toBe(
      'mismatched ContentUnproven',
    )
  })

  it('counts a copy of the same second: HEAD tells times in whole seconds', () => {
    const version = { ...VERSIONS.object, eventTime: WRITTEN + 900 }
    expect(words({ ...withKey(copy({ lastModified: WRITTEN })), version })).toBe('landed list')
  })

  it('proves nothing by composite checksums that differ: the parts may have been cut otherwise', () => {
    const composite = (value: string): Look & { kind: 'object' } =>
      object({ etag: 'x', checksums: [{ algorithm: 'SHA256', type: 'COMPOSITE', value }] })
    const facts = {
      policy,
      replica: { key: [copy({ etag: 'x' })], head: composite('b-2'), checksummed: true },
    } as const
    const source = { head: composite('a-2'), checksummed: true }
    expect(words({ ...facts, source, ageMs: AGES.late })).toBe('mismatched ContentUnproven')
    expect(words({ ...facts, source: { ...source, head: composite('b-2') } })).toBe('landed checksum')
  })

  it('is mismatched when something newer is there in its place, but only once it is late', () => {
    const truncated = withKey(copy({ size: 60, etag: 'x' }))
    expect(words({ ...truncated, source: SOURCES.none })).toBe('waiting')
    expect(words({ ...truncated, source: SOURCES.none, ageMs: AGES.late })).toBe('mismatched ContentDiffers')
  })

  it('is missing while only older objects are there: those are of older versions', () => {
    const older = withKey(copy({ size: 60, etag: 'x', lastModified: WRITTEN - MINUTE }))
    expect(words({ ...older, source: SOURCES.none, ageMs: AGES.late })).toBe('late')
    expect(words({ ...older, source: SOURCES.none, ageMs: AGES.old })).toBe('failed ReplicaMissing')
  })

  describe('the same bytes written again, which a copying tool skips', () => {
    const before = WRITTEN - MINUTE
    const older = (more: Partial<FoundLook & { kind: 'object' }> = {}): FoundLook =>
      copy({ lastModified: before, ...more })
    const sums = (value: string): Look & { kind: 'object' } =>
      object({ etag: 'x', checksums: [{ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value }], replication: 'none' })

    it('land by the older object that is current there, by size and ETag or by checksum', () => {
      expect(words(withKey(older()))).toBe('landed list')
      const asked = { policy, replica: { key: [older({ etag: 'x' })] } } as const
      expect(words(asked)).toBe('ask destination head with checksums')
      const replica = { ...asked.replica, head: sums('same'), checksummed: true }
      expect(words({ policy, replica, source: { head: sums('same'), checksummed: true } })).toBe('landed checksum')
      // Other bytes of the same size are an older version, and nothing is wrong with those.
      const source = { head: sums('other'), checksummed: true }
      expect(words({ policy, replica, source, ageMs: AGES.late })).toBe('late')
      expect(words({ policy, replica, source, ageMs: AGES.old })).toBe('failed ReplicaMissing')
    })

    it('do not land by one that is not current: under a marker, or under other content', () => {
      const marker = { kind: 'marker', versionId: 'm' } as const
      expect(words({ ...withKey(marker, older()), source: SOURCES.none })).toBe('waiting')
      expect(words({ ...withKey(older({ size: 60 }), older()), source: SOURCES.none })).toBe('waiting')
      expect(words({ ...withKey(copy({ size: 60 }), older()), source: SOURCES.none, ageMs: AGES.late })).toBe(
        'mismatched ContentDiffers',
      )
    })
  })

  it("takes nothing from S3's replication status, which is not what copies here", () => {
    for (const source of [SOURCES.none, SOURCES.replica, SOURCES.failed, SOURCES.completed]) {
      expect(words({ ...withKey(), source })).toBe('waiting')
    }
    expect(words({ ...withKey(), source: SOURCES.absent })).toBe('gone head')
  })

  it('lands a marker when it is the newest thing at the key', () => {
    const marker = { kind: 'marker', versionId: 'm' } as const
    const version = VERSIONS.marker
    expect(words({ ...withKey(marker, copy()), version })).toBe('landed list')
    expect(words({ ...withKey(copy(), marker), version, source: SOURCES.marker })).toBe('waiting')
  })
})

describe('a null marker', () => {
  it('is superseded when an object was written over it', () => {
    const version = { ...VERSIONS.marker, versionId: 'null' }
    expect(words({ version, replica: headAbsent, source: SOURCES.pending })).toBe('superseded head')
    expect(words({ version, replica: headAbsent, source: SOURCES.marker })).toBe('waiting')
  })
})

describe('learn()', () => {
  it('never forgets that checksums were asked for', () => {
    const ask = { kind: 'ask', side: 'source', how: 'head', versionId: 'v1', checksums: true, why: '' } as const
    const summed = learn(situation(), ask, object())
    expect(summed.source.checksummed).toBe(true)
    expect(learn(summed, { ...ask, checksums: false }, object()).source.checksummed).toBe(true)
  })

  it('keeps what the plain HEAD told when only the checksums are refused (kms:Decrypt)', () => {
    const start = situation({ replica: REPLICAS.headOtherEtag })
    const ask = decide(start) as Ask
    expect(ask.checksums).toBe(true)
    const after = learn(start, ask, { kind: 'refused', status: 403, grant: 'kms:Decrypt' })
    expect(inWords(decide(after))).toBe('landed head unverified')
  })
})
