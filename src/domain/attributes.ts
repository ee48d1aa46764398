/**
 * Tags and locks that S3 leaves behind silently when the replication role lacks a grant. The grant is missing for every
 * version of a pair alike, so a sample finds it, and the two HEADs are paid for a few versions only.
 */
import type { Look } from './look.ts'
import type { Note } from './snapshot.ts'
import type { VersionId63 } from './version.ts'

const SLICES = 10_000

/** Whether this version is of the sample: the same answer for the same id, in every container. `share` is 0 to 1. */
export function inSample(id: VersionId63, share: number): boolean {
  return Number(BigInt(id) % BigInt(SLICES)) < share * SLICES
}

/** What stayed behind. Only what both looks can tell is compared; more tags at the replica are no fault. */
export function attributesBehind(source: Look, replica: Look): readonly Note[] {
  if (source.kind !== 'object' || replica.kind !== 'object') return []
  // Tags that are set after the write (a virus scanner's) make the source PENDING again: they are on their way.
  if (source.replication === 'PENDING') return []
  const notes: Note[] = []
  if ((source.tags ?? 0) > (replica.tags ?? 0)) notes.push('tagsBehind')
  if (source.lock !== undefined && replica.lock !== source.lock) notes.push('locksBehind')
  return notes
}
