/**
 * `--deep`: what a listing calls the same is read: checksums of both sides where they can be compared, else the bytes.
 */
import type { Finding } from '../../domain/audit/finding.ts'
import type { Listed } from '../../domain/audit/merge.ts'
import { hash32 } from '../../domain/audit/spill.ts'
import { compareChecksums } from '../../domain/content.ts'
import type { ObjectStore, SameBytes } from '../../ports.ts'

export type Deep = 'same' | 'unproven' | { readonly finding: Finding }

export interface DeepNeeds {
  readonly objects: Pick<ObjectStore, 'head'>
  readonly sameBytes: SameBytes
  readonly pair: string
  readonly signal?: AbortSignal | undefined
}

/** The same seed picks the same versions, whatever the order: a resumed audit reads what the first one would have. */
export function isSampled(seed: number, percent: number, { key, versionId }: Listed): boolean {
  return percent >= 100 || hash32(versionId, hash32(key, seed)) < (percent / 100) * 2 ** 32
}

export function makeDeep({ objects, sameBytes, pair, signal }: DeepNeeds) {
  return async (source: Listed, destination: Listed): Promise<Deep> => {
    const { key } = source
    const at = { pair, key, checksums: true, signal }
    const [here, there] = await Promise.all([
      objects.head({ ...at, side: 'source', versionId: source.versionId }),
      objects.head({ ...at, side: 'destination', versionId: destination.versionId }),
    ])
    if (here.kind !== 'object' || there.kind !== 'object') return 'unproven'
    const verdict = compareChecksums(here.checksums, there.checksums, { sameParts: true })
    if (verdict === 'equal') return 'same'
    const same =
      verdict === 'different'
        ? false
        : await sameBytes({
            pair,
            key,
            source: source.versionId,
            destination: destination.versionId,
            signal,
          })
    if (same === undefined) return 'unproven'
    if (same) return 'same'
    const { key: _key, ...left } = source
    const { key: _other, ...right } = destination
    const why = verdict === 'different' ? 'same size and ETag, other checksum' : 'same size and ETag, other bytes'
    const reason = 'ChecksumDiffers'
    const one = { key, versionId: source.versionId, kind: 'object' as const, source: left, destination: right }
    return { finding: { ...one, class: 'mismatched', why, reason } }
  }
}
