import { describe, expect, it } from 'vitest'
import { FAILURES } from '../../../src/domain/failures.ts'
import { assess, type Assessment, BATCH_REFUSED, type DrivePolicy } from '../../../src/domain/redrive.ts'
import { mended, openIncident } from '../../../src/domain/repair/incident.ts'
import type { Incident, Parked, Tried } from '../../../src/domain/repair/words.ts'

const T0 = Date.UTC(2026, 10, 24, 12)
const PROBE = { minMs: 300_000, maxMs: 3_600_000 }

function policy(redrive: Partial<DrivePolicy['redrive']> = {}, match: 'version' | 'content' = 'version'): DrivePolicy {
  return { match, redrive: { automatic: true, batch: {}, copy: false, retrigger: false, attempts: 3, ...redrive } }
}

function parked(
  reason: string | undefined,
  more: Omit<Partial<Parked>, 'version'> & { version?: Partial<Parked['version']> } = {},
): Parked {
  const { version, ...rest } = more
  return {
    due: false,
    ...rest,
    version: {
      id: '1',
      key: 'k',
      versionId: 'v',
      kind: 'object',
      eventTime: T0,
      looks: 3,
      state: 'failed',
      reason,
      ...version,
    },
  }
}

const tried = (more: Partial<Tried> = {}): Tried => ({
  attempts: 1,
  forgiven: 0,
  strategy: 'batch',
  at: T0 + 1000,
  ...more,
})
const said = (one: Parked, rules: DrivePolicy = policy(), ...incidents: Incident[]): string => {
  const assessment = assess(one, { policy: rules, incidents: new Map(incidents.map((it) => [it.reason, it])) })
  return words(assessment)
}

function words(assessment: Assessment): string {
  switch (assessment.kind) {
    case 'drive':
      return assessment.strategy
    case 'look':
      return 'look'
    case 'hold':
      return `hold ${assessment.cause} by ${assessment.strategy ?? 'a look'}${assessment.again ? ' again' : ''}`
    case 'rest':
      return `rest: ${assessment.because}`
  }
}

describe('by cause', () => {
  const batch = policy()
  const all = policy({ copy: true, retrigger: true })
  const copy = policy({ batch: undefined, copy: true })
  const nothing = policy({ batch: undefined })
  it.each([
    ['ReplicationFailed', 'batch', 'batch', 'copy', 'rest: no strategy'],
    ['ReplicaMissing', 'batch', 'batch', 'copy', 'rest: no strategy'],
    ['DstVersionNotFound', 'batch', 'batch', 'copy', 'rest: no strategy'],
    ['MarkerMissing', 'batch', 'batch', 'copy', 'rest: no strategy'],
    ['SomethingNew', 'batch', 'batch', 'copy', 'rest: no strategy'],
    ['SrcVersionNotFound', 'batch', 'batch', 'copy', 'rest: no strategy'],
    ['DstObjectHardDeleted', 'rest: hard deleted', 'retrigger', 'copy', 'rest: hard deleted'],
    ['SrcObjectNotEligible', 'rest: excluded', 'rest: excluded', 'rest: excluded', 'rest: excluded'],
    ['SrcReplicationNotPending', 'rest: look again', 'rest: look again', 'rest: look again', 'rest: look again'],
    ['PendingTooLong', 'rest: pending', 'rest: pending', 'rest: pending', 'rest: pending'],
    ['LookFailed', 'rest: look again', 'rest: look again', 'rest: look again', 'rest: look again'],
    [
      'DstBucketUnversioned',
      'hold DstBucketUnversioned by batch',
      'hold DstBucketUnversioned by batch',
      'hold DstBucketUnversioned by copy',
      'hold DstBucketUnversioned by a look',
    ],
    ['StatusUnknown', ...Array.from({ length: 4 }, () => 'hold StatusUnknown by a look')],
  ])('%s', (reason, byBatch, byAll, byCopy, byNothing) => {
    const one = parked(reason)
    expect([batch, all, copy, nothing].map((rules) => said(one, rules))).toEqual([byBatch, byAll, byCopy, byNothing])
  })

  it('every set-up failure of the table holds, every other one does not', () => {
    for (const [reason, failure] of FAILURES) {
      expect(said(parked(reason)).startsWith('hold'), reason).toBe(failure.class === 'setup')
    }
  })

  it('copies only objects, and only what batch could not mend where batch is set up', () => {
    const copies = policy({ copy: true })
    expect(said(parked('ReplicationFailed', { tried: tried({ outcome: 'DstVersionNotFound' }) }), copies)).toBe('copy')
    expect(said(parked('ReplicationFailed', { tried: tried({ outcome: 'AccessDenied' }) }), copies)).toBe('copy')
    for (const outcome of ['succeeded', 'DstKmsKeyNotFound', 'SrcVersionNotFound', 'BatchRefused: no', undefined]) {
      expect(said(parked('ReplicationFailed', { tried: tried({ outcome }) }), copies), outcome).toBe('batch')
    }
    const marker = parked('MarkerMissing', { version: { kind: 'marker' } })
    expect(said(marker, policy({ batch: undefined, copy: true }))).toBe('rest: no strategy')
    expect(said(marker)).toBe('batch')
    const hard = parked('DstObjectHardDeleted', { version: { kind: 'marker' } })
    expect(said(hard, policy({ copy: true, retrigger: true }))).toBe('rest: hard deleted')
  })

  it('with match: content has no S3 replication to repeat', () => {
    expect(said(parked('ReplicaMissing'), policy({}, 'content'))).toBe('rest: no strategy')
    expect(said(parked('ReplicaMissing'), policy({ copy: true }, 'content'))).toBe('copy')
  })
})

describe('what rests', () => {
  it('what is in hand, mismatched, due for a look, or of the id null', () => {
    expect(said(parked('ReplicationFailed', { tried: tried({ token: 't' }) }))).toBe('rest: in hand')
    expect(said(parked('SizeDiffers', { version: { state: 'mismatched' } }))).toBe('rest: mismatched')
    expect(said(parked('ReplicationFailed', { due: true }))).toBe('rest: look first')
    expect(said(parked('ReplicationFailed', { version: { versionId: 'null' } }))).toBe('rest: null')
  })

  it('what is used up, until a person grants more', () => {
    const used = parked('ReplicationFailed', { tried: tried({ attempts: 3 }) })
    expect(said(used)).toBe('rest: attempts')
    expect(said({ ...used, tried: tried({ attempts: 3, forgiven: 3 }) })).toBe('batch')
    expect(said({ ...used, wanted: { at: T0, by: 'ada' } })).toBe('batch')
    expect(said(parked('SomethingNew', { tried: tried() }))).toBe('rest: unknown reason')
  })

  it('all, where a person alone drives', () => {
    const manual = policy({ automatic: false })
    expect(said(parked('ReplicationFailed'), manual)).toBe('rest: by hand')
    expect(said(parked('DstBucketNotFound'), manual)).toBe('hold DstBucketNotFound by a look')
    expect(said(parked('ReplicationFailed', { wanted: { at: T0, by: 'ada' } }), manual)).toBe('batch')
  })

  it('what may be PENDING: a person orders it where no look tells the status, and never where one does', () => {
    const wanted = { at: T0, by: 'ada' }
    expect(said(parked('StatusUnknown', { wanted }))).toBe('batch')
    expect(said(parked('LookRefused s3:GetObjectVersion at source', { wanted }))).toMatch(/^hold .* by a look$/)
    expect(said(parked('PendingTooLong', { wanted }))).toBe('rest: pending')
    expect(said(parked('SrcReplicationNotPending', { wanted }))).toBe('batch')
  })
})

describe('incidents', () => {
  const reason = 'DstPutObjectNotPermitted'
  const open = openIncident(reason, T0, PROBE)
  const over = mended(open, T0 + 60_000)

  it('hold theirs, and let go when they are mended', () => {
    expect(said(parked(reason), policy(), open)).toBe(`hold ${reason} by batch`)
    expect(said(parked(reason), policy(), over)).toBe('batch')
    expect(said(parked('ReplicationFailed'), policy(), open)).toBe('batch')
  })

  it('hold again what failed after the mend', () => {
    expect(said(parked(reason, { version: { eventTime: T0 + 61_000 } }), policy(), over)).toBe(
      `hold ${reason} by batch again`,
    )
    const twice = parked(reason, { tried: tried({ at: T0 + 61_000, outcome: reason }) })
    expect(said(twice, policy(), over)).toBe(`hold ${reason} by batch again`)
  })

  it('are not opened by what is used up, since they would never end', () => {
    const used = parked(reason, { tried: tried({ attempts: 3 }) })
    expect(said(used)).toBe('rest: attempts')
    expect(said(used, policy(), open)).toBe(`hold ${reason} by batch`)
  })

  it('of S3 Batch Operations hold all that batch would drive, and nothing else', () => {
    const refused = openIncident(BATCH_REFUSED, T0, PROBE)
    expect(said(parked('ReplicationFailed'), policy(), refused)).toBe(`hold ${BATCH_REFUSED} by batch`)
    expect(said(parked('DstObjectHardDeleted'), policy({ retrigger: true }), refused)).toBe('retrigger')
    expect(said(parked('ReplicationFailed', { wanted: { at: T0, by: 'ada' } }), policy(), refused)).toBe('batch')
  })

  it('a null version is never driven by its version id, whoever orders it', () => {
    for (const reason of ['ReplicationFailed', 'SrcReplicationNotPending', 'StatusUnknown', 'DstBucketNotFound']) {
      const one = parked(reason, { version: { versionId: 'null' }, wanted: { at: T0, by: 'ada' } })
      expect(said(one), reason).toBe('rest: null')
    }
    expect(said(parked('PendingTooLong', { version: { versionId: 'null' } }))).toBe('rest: pending')
  })
})
