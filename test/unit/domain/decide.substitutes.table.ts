/**
 * The truth table of what may stand for a version whose own replica is absent or wrong: every fact of the destination's
 * key x every fact of the source, for a failed or mismatched object of a pair that Landfall drives. The compiler refuses
 * a table with a cell missing.
 */
import type { Look } from '../../../src/domain/look.ts'
import type { FoundLook, ReplicaFact, SourceFact } from '../../../src/domain/situation.ts'
import { MINUTE, object, REPLICAS, WRITTEN } from './decide.situations.ts'

const after = WRITTEN + MINUTE
const sums = (value: string) => [{ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value }] as const
const copy = (more: Partial<Look & { kind: 'object' }> = {}): FoundLook & { kind: 'object' } =>
  object({ versionId: 'c1', lastModified: after, ...more })
const newer = (more: Partial<Look & { kind: 'object' }> = {}): FoundLook & { kind: 'object' } =>
  object({ versionId: 'v2', etag: 'v2', size: 200, lastModified: after, ...more })
const asked = (look: Look): ReadonlyMap<string, Look> => new Map([['c1', look]])
const otherEtag = copy({ etag: 'x' })
const own = object({ versionId: 'v1', size: 99 })

/** What is known of the destination, beside that its own replica is absent (`absent`) or has another size (`differs`). */
export const KEYS = {
  unknown: {},
  refused: { keyRefused: true },
  empty: { key: [] },
  olderOnly: { key: [copy({ lastModified: WRITTEN - MINUTE })] },
  otherSize: { key: [copy({ size: 7 })] },
  candidate: { key: [copy()] },
  stranger: { key: [copy()], copies: asked(copy()) },
  copyOfAnother: { key: [copy()], copies: asked(copy({ copyOf: 'v0' })) },
  copyHere: { key: [copy()], copies: asked(copy({ copyOf: 'v1' })) },
  copyOtherEtag: { key: [otherEtag], copies: asked({ ...otherEtag, copyOf: 'v1' }) },
  copySums: { key: [otherEtag], copies: asked({ ...otherEtag, copyOf: 'v1', checksums: sums('same') }) },
  copyGone: { key: [copy()], copies: asked({ kind: 'absent' }) },
  newerThere: { key: [newer(), own], newer: newer() },
  newerBelow: { key: [own, newer()], newer: newer() },
  newerTruncated: { key: [newer({ size: 3 }), own], newer: newer({ size: 3 }) },
  newerAbsent: { key: [own], newer: { kind: 'absent' } },
} as const satisfies Record<string, ReplicaFact>
export type KeyCase = keyof typeof KEYS

const failed = object({ replication: 'FAILED' })
const behind: readonly FoundLook[] = [newer(), object()]
export const SOURCE_KEYS = {
  unknown: {},
  summed: { head: { ...failed, checksums: sums('same') }, checksummed: true },
  summedOther: { head: { ...failed, checksums: sums('other') }, checksummed: true },
  refused: { keyRefused: true, head: failed },
  isCurrent: { key: [object()], head: failed },
  markerOnTop: { key: [{ kind: 'marker', versionId: 'm' }, object()], head: failed },
  newerKnown: { key: behind, head: failed },
  newerPlain: { key: behind, newer: newer(), head: failed },
  newerNamesIt: { key: behind, newer: newer({ retriggerOf: 'v1' }), head: failed },
} as const satisfies Record<string, SourceFact>
export type SourceKeyCase = keyof typeof SOURCE_KEYS

export const OWN = { absent: REPLICAS.headAbsent, differs: REPLICAS.headOtherSize } as const
export type OwnCase = keyof typeof OWN

type Row = Readonly<Record<SourceKeyCase, string>>
type Table = Readonly<Record<KeyCase, Row>>

/** Whatever the source says. */
function always(cell: string): Row {
  return {
    unknown: cell,
    summed: cell,
    summedOther: cell,
    refused: cell,
    isCurrent: cell,
    markerOnTop: cell,
    newerKnown: cell,
    newerPlain: cell,
    newerNamesIt: cell,
  }
}

const SOURCE_KEY = 'ask source key'
const STILL = 'failed ReplicationFailed'
const WRONG = 'mismatched SizeDiffers'
const ASK_NEWER = 'ask source newer with checksums'
const LANDED = 'ask destination newer with checksums'

/** No copy: the newer version is asked about, and only its own copy in place stands for what is absent. */
const absentNoCopy: Row = {
  unknown: SOURCE_KEY,
  summed: SOURCE_KEY,
  summedOther: SOURCE_KEY,
  refused: STILL,
  isCurrent: STILL,
  markerOnTop: STILL,
  newerKnown: ASK_NEWER,
  newerPlain: STILL,
  newerNamesIt: LANDED,
}

/** What is wrong gives way to whatever is current on both sides: here nothing of the kind is at the destination. */
const differsNoCopy: Row = {
  ...absentNoCopy,
  refused: WRONG,
  isCurrent: WRONG,
  markerOnTop: WRONG,
  newerPlain: WRONG,
  newerNamesIt: WRONG,
}

const sumsOf = (no: Row): Row => ({
  ...always('ask source head with checksums'),
  summed: 'landed checksum',
  summedOther: no.summedOther,
})

function table(no: Row, newerThere: Row, newerNot: Row, newerBelow: Row): Table {
  return {
    unknown: always('ask destination key'),
    refused: no,
    empty: no,
    olderOnly: no,
    otherSize: no,
    candidate: always('ask destination copy with checksums'),
    stranger: no,
    copyOfAnother: no,
    copyHere: always('landed head'),
    copyOtherEtag: no,
    copySums: sumsOf(no),
    copyGone: no,
    newerThere,
    newerBelow,
    newerTruncated: newerNot,
    newerAbsent: newerNot,
  }
}

const absentThere: Row = { ...absentNoCopy, newerNamesIt: 'superseded head' }
const differsThere: Row = { ...differsNoCopy, newerPlain: 'superseded head', newerNamesIt: 'superseded head' }

export const SUBSTITUTES: Readonly<Record<OwnCase, Table>> = {
  absent: table(absentNoCopy, absentThere, { ...absentNoCopy, newerNamesIt: STILL }, absentThere),
  differs: {
    ...table(differsNoCopy, differsThere, differsNoCopy, differsNoCopy),
    // Which version is current at the destination is not known then.
    refused: differsNoCopy,
  },
}
