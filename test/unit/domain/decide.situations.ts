/** Named facts, for the truth table and the properties of `decide()`. */
import type { Arrival, Checksum, Look } from '../../../src/domain/look.ts'
import type { Decision, PairPolicy, ReplicaFact, Situation, SourceFact } from '../../../src/domain/situation.ts'
import type { OpenVersion } from '../../../src/domain/version.ts'

export const MINUTE = 60_000
export const WRITTEN = Date.UTC(2026, 10, 23, 21, 0, 0)

export const POLICY: PairPolicy = {
  evidence: 'auto',
  match: 'version',
  deleteMarkers: true,
  excludePrefixes: ['permission-test/'],
  lateAfterMs: 15 * MINUTE,
  failAfterMs: 120 * MINUTE,
  recheckAfterMs: 60 * MINUTE,
}

/** `young`, past `lateAfterMs`, past `failAfterMs`. */
export const AGES = { young: 2 * MINUTE, late: 20 * MINUTE, old: 130 * MINUTE } as const
export type AgeBand = keyof typeof AGES

const common = { id: '42', key: 'g-cloud-12/documents/92191/pricing.pdf', eventTime: WRITTEN, looks: 1 } as const
export const VERSIONS = {
  object: { ...common, versionId: 'v1', kind: 'object', size: 100, etag: 'aa', state: 'waiting' },
  marker: { ...common, versionId: 'v1', kind: 'marker', state: 'waiting' },
  null: { ...common, versionId: 'null', sequencer: '0055', kind: 'object', size: 100, etag: 'aa', state: 'waiting' },
} as const satisfies Record<string, OpenVersion>
export type VersionCase = keyof typeof VERSIONS

const sum = (value: string): readonly Checksum[] => [{ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value }]
export function object(more: Partial<Look & { kind: 'object' }> = {}): Look & { kind: 'object' } {
  return { kind: 'object', versionId: 'v1', size: 100, etag: 'aa', replication: 'unknown', checksums: [], ...more }
}
const marker: Look = { kind: 'marker', versionId: 'v1' }
const absent: Look = { kind: 'absent' }
const refused = (grant: string): Look => ({ kind: 'refused', status: 403, grant })
const noHead = refused('s3:GetObjectVersion')
const noList = refused('s3:ListBucketVersions')
const arrival = (more: Partial<Arrival> = {}): Arrival => ({
  id: '42',
  time: WRITTEN + 9_000,
  kind: 'object',
  size: 100,
  etag: 'aa',
  ...more,
})
const otherEtag = object({ etag: 'bb', replication: 'REPLICA' })

export const REPLICAS = {
  notLooked: {},
  arrivedSame: { arrival: arrival() },
  arrivedOtherSize: { arrival: arrival({ size: 99 }) },
  arrivedOtherEtag: { arrival: arrival({ etag: 'bb' }) },
  arrivedBare: { arrival: arrival({ size: undefined, etag: undefined }) },
  arrivedBareAllRefused: {
    arrival: arrival({ size: undefined, etag: undefined }),
    head: noHead,
    list: noList,
  },
  arrivedMarker: { arrival: arrival({ kind: 'marker', size: undefined, etag: undefined }) },
  headSame: { head: object({ replication: 'REPLICA' }) },
  headOtherSize: { head: object({ size: 99, replication: 'REPLICA' }) },
  headOtherEtag: { head: otherEtag },
  headOtherEtagNoSums: { head: otherEtag, checksummed: true },
  headOtherEtagSums: { head: { ...otherEtag, checksums: sum('same') }, checksummed: true },
  headMarker: { head: marker },
  headAbsent: { head: absent },
  headRefused: { head: noHead },
  listSame: { head: noHead, list: object() },
  listOtherEtag: { head: noHead, list: object({ etag: 'bb' }) },
  listMarker: { head: noHead, list: marker },
  listAbsent: { head: noHead, list: absent },
  allRefused: { head: noHead, list: noList },
} as const satisfies Record<string, ReplicaFact>
export type ReplicaCase = keyof typeof REPLICAS

export const SOURCES = {
  notLooked: {},
  pending: { head: object({ replication: 'PENDING' }) },
  completed: { head: object({ replication: 'COMPLETED' }) },
  failed: { head: object({ replication: 'FAILED' }) },
  none: { head: object({ replication: 'none' }) },
  replica: { head: object({ replication: 'REPLICA' }) },
  otherContent: { head: object({ size: 7, etag: 'zz', replication: 'COMPLETED' }) },
  marker: { head: marker },
  absent: { head: absent },
  refused: { head: noHead },
  listed: { head: noHead, list: object() },
  listAbsent: { head: noHead, list: absent },
  allRefused: { head: noHead, list: noList },
  sumsSame: { head: object({ replication: 'COMPLETED', checksums: sum('same') }), checksummed: true },
  sumsOther: { head: object({ replication: 'COMPLETED', checksums: sum('other') }), checksummed: true },
} as const satisfies Record<string, SourceFact>
export type SourceCase = keyof typeof SOURCES

export function situation(more: Partial<Situation> & { readonly ageMs?: number } = {}): Situation {
  const { ageMs = AGES.young, ...rest } = more
  return {
    version: VERSIONS.object,
    now: WRITTEN + ageMs,
    policy: POLICY,
    replica: {},
    source: {},
    random: 0.5,
    ...rest,
  }
}

/** A decision in a few words: `ask source head`, `landed event`, `late`, `failed PendingTooLong`. */
export function inWords(decision: Decision): string {
  if (decision.kind === 'ask') {
    return `ask ${decision.side} ${decision.how}${decision.checksums ? ' with checksums' : ''}`
  }
  const { settlement } = decision
  switch (settlement.to) {
    case 'wait':
      return settlement.reason === undefined ? settlement.state : `${settlement.state} (${settlement.reason})`
    case 'park':
      return `${settlement.state} ${settlement.reason}`
    case 'close':
      return [settlement.verdict, settlement.evidence, ...(settlement.notes ?? [])].join(' ')
  }
}
