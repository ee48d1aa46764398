/** A dump's replica beside it, by content: size and checksum where S3 has comparable ones, else every byte. */
import type { DumpStore, StoredObject } from '../ports.ts'
import { makeSum } from './dump-read.ts'

export type ReplicaFound = {
  readonly result: 'same' | 'differs' | 'pending'
  readonly detail: string
}

export async function compareReplica(needs: {
  readonly replica: Pick<DumpStore, 'head' | 'read'>
  readonly which: { readonly key: string; readonly versionId: string }
  readonly head: StoredObject
  /** Of the stored bytes; absent: by checksum only. */
  readonly sha256: string
  readonly signal: AbortSignal
}): Promise<ReplicaFound> {
  const { replica, head } = needs
  const at = { key: needs.which.key, versionId: needs.which.versionId }
  const there = await replica.head(at)
  if (there === undefined) return { result: 'pending', detail: 'it is not there yet' }
  if (there.size !== head.size) {
    return { result: 'differs', detail: `DUMP_CORRUPT: ${there.size} bytes there, and ${head.size} here` }
  }
  // Of another algorithm or type a checksum says nothing.
  const [ours, theirs] = [head.checksum, there.checksum]
  if (ours !== undefined && theirs !== undefined && kindOf(ours) === kindOf(theirs)) {
    if (ours === theirs) return { result: 'same', detail: `${there.size} bytes, ${kindOf(ours)} equal` }
    return { result: 'differs', detail: `DUMP_CORRUPT: ${theirs} there, and ${ours} here` }
  }
  const sum = makeSum()
  for await (const chunk of replica.read({ ...at, signal: needs.signal })) sum.push(chunk)
  const { sha256 } = sum.digest()
  if (sha256 === needs.sha256) return { result: 'same', detail: `${there.size} bytes, all read, SHA-256 equal` }
  return { result: 'differs', detail: `DUMP_CORRUPT: SHA-256 ${sha256} there, and ${needs.sha256} here` }
}

function kindOf(checksum: string): string {
  return checksum.split(' ').slice(0, 2).join(' ')
}
