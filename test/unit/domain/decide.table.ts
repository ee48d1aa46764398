/**
 * The truth table of `decide()`: every kind of version x every replica fact x every source fact x every age. The
 * compiler refuses a table with a cell missing. For pairs with `match: version` and `evidence: auto`.
 */
import type { AgeBand, ReplicaCase, SourceCase, VersionCase } from './decide.situations.ts'

/** In the words of `inWords`; one string where age makes no difference. */
export type Cell = string | Readonly<Record<AgeBand, string>>
type Row = Readonly<Record<SourceCase, Cell>>

/** Whatever the source says. */
function always(cell: Cell): Row {
  return {
    notLooked: cell,
    pending: cell,
    completed: cell,
    failed: cell,
    none: cell,
    replica: cell,
    otherContent: cell,
    marker: cell,
    absent: cell,
    refused: cell,
    listed: cell,
    listAbsent: cell,
    allRefused: cell,
    sumsSame: cell,
    sumsOther: cell,
  }
}

const open = (old: string, reason = ''): Cell => {
  const tail = reason === '' ? '' : ` (${reason})`
  return { young: `waiting${tail}`, late: `late${tail}`, old }
}
const NO_HEAD = 'LookRefused s3:GetObjectVersion at source'
const NO_LIST = 'LookRefused s3:ListBucketVersions at destination'
const missing: Cell = { young: 'waiting', late: 'failed ReplicaMissing', old: 'failed ReplicaMissing' }
const noHead = open(`failed ${NO_HEAD}`, NO_HEAD)
const noList = open(`failed ${NO_LIST}`, NO_LIST)

const objectAbsent: Row = {
  notLooked: 'ask source head',
  pending: open('failed PendingTooLong'),
  completed: missing,
  failed: 'failed ReplicationFailed',
  none: 'excluded head',
  replica: 'excluded head',
  otherContent: missing,
  marker: open('failed MarkerMissing'),
  absent: 'gone head',
  refused: 'ask source list',
  listed: noHead,
  listAbsent: 'gone list',
  allRefused: noHead,
  sumsSame: missing,
  sumsOther: missing,
}

/** S3 tells no status of a delete marker, so time alone fails it. */
const unsaid = open('failed MarkerMissing')
const markerAbsent: Row = {
  notLooked: 'ask source head',
  pending: unsaid,
  completed: unsaid,
  failed: unsaid,
  none: unsaid,
  replica: unsaid,
  otherContent: unsaid,
  marker: unsaid,
  absent: 'gone head',
  refused: 'ask source list',
  listed: noHead,
  listAbsent: 'gone list',
  allRefused: noHead,
  sumsSame: unsaid,
  sumsOther: unsaid,
}

/** The id `null` is used again by every overwrite: other content at the source supersedes it. */
const nullAbsent: Row = { ...objectAbsent, otherContent: 'superseded head', marker: 'superseded head' }

/** ... and other content at the destination is an older or a newer one, unless S3 says it is done. */
function nullDiffers(reason: string): Row {
  const suspect = (told: string): Cell => ({
    young: told === '' ? 'waiting' : `waiting (${told})`,
    late: `mismatched ${reason}`,
    old: `mismatched ${reason}`,
  })
  return {
    ...nullAbsent,
    completed: `mismatched ${reason}`,
    sumsSame: `mismatched ${reason}`,
    sumsOther: `mismatched ${reason}`,
    listed: suspect(NO_HEAD),
    allRefused: suspect(NO_HEAD),
  }
}

/** Of the same size with another ETag, it proves nothing either; S3's `COMPLETED` is needed to compare further. */
const nullDoubtful: Row = {
  ...nullAbsent,
  notLooked: 'ask source head',
  listed: { young: `waiting (${NO_HEAD})`, late: 'mismatched ContentUnproven', old: 'mismatched ContentUnproven' },
  allRefused: { young: `waiting (${NO_HEAD})`, late: 'mismatched ContentUnproven', old: 'mismatched ContentUnproven' },
}
function nullCompleted(cell: Cell): Row {
  return { ...nullDoubtful, completed: cell, sumsSame: cell, sumsOther: cell }
}

const askSums: Row = always('ask destination head with checksums')

/** Same size, other ETag, and the replica's checksum is known. */
const sums: Row = {
  ...always('ask source head with checksums'),
  marker: 'landed head unverified',
  absent: 'landed head unverified',
  refused: 'landed head unverified',
  listed: 'landed head unverified',
  listAbsent: 'landed head unverified',
  allRefused: 'landed head unverified',
  sumsSame: 'landed checksum',
  sumsOther: 'mismatched ChecksumDiffers',
}

const object: Readonly<Record<ReplicaCase, Row>> = {
  notLooked: always('ask destination head'),
  arrivedSame: always('landed event'),
  arrivedOtherSize: always('mismatched SizeDiffers'),
  arrivedOtherEtag: askSums,
  arrivedBare: always('ask destination head'),
  arrivedBareAllRefused: always('landed event unverified'),
  arrivedMarker: always('ask destination head'),
  headSame: always('landed head'),
  headOtherSize: always('mismatched SizeDiffers'),
  headOtherEtag: askSums,
  headOtherEtagNoSums: always('landed head unverified'),
  headOtherEtagSums: sums,
  headMarker: always('mismatched KindDiffers'),
  headAbsent: objectAbsent,
  headRefused: always('ask destination list'),
  listSame: always('landed list'),
  listOtherEtag: always('landed list unverified'),
  listMarker: always('mismatched KindDiffers'),
  listAbsent: objectAbsent,
  allRefused: always(noList),
}

const marker: Readonly<Record<ReplicaCase, Row>> = {
  notLooked: always('ask destination head'),
  arrivedSame: always('ask destination head'),
  arrivedOtherSize: always('ask destination head'),
  arrivedOtherEtag: always('ask destination head'),
  arrivedBare: always('ask destination head'),
  arrivedBareAllRefused: always(noList),
  arrivedMarker: always('landed event'),
  headSame: always('mismatched KindDiffers'),
  headOtherSize: always('mismatched KindDiffers'),
  headOtherEtag: always('mismatched KindDiffers'),
  headOtherEtagNoSums: always('mismatched KindDiffers'),
  headOtherEtagSums: always('mismatched KindDiffers'),
  headMarker: always('landed head'),
  headAbsent: markerAbsent,
  headRefused: always('ask destination list'),
  listSame: always('mismatched KindDiffers'),
  listOtherEtag: always('mismatched KindDiffers'),
  listMarker: always('landed list'),
  listAbsent: markerAbsent,
  allRefused: always(noList),
}

const nullVersion: Readonly<Record<ReplicaCase, Row>> = {
  ...object,
  arrivedOtherSize: nullDiffers('SizeDiffers'),
  headOtherSize: nullDiffers('SizeDiffers'),
  headMarker: nullDiffers('KindDiffers'),
  listMarker: nullDiffers('KindDiffers'),
  headAbsent: nullAbsent,
  listAbsent: nullAbsent,
  arrivedOtherEtag: nullCompleted('ask destination head with checksums'),
  headOtherEtag: nullCompleted('ask destination head with checksums'),
  headOtherEtagNoSums: nullCompleted('landed head unverified'),
  headOtherEtagSums: {
    ...nullDoubtful,
    completed: 'ask source head with checksums',
    sumsSame: 'landed checksum',
    sumsOther: 'mismatched ChecksumDiffers',
  },
  listOtherEtag: nullCompleted('landed list unverified'),
}

export const TABLE: Readonly<Record<VersionCase, Readonly<Record<ReplicaCase, Row>>>> = {
  object,
  marker,
  null: nullVersion,
}
