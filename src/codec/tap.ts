/** Counts and hashes the bytes that go by, without changing them. */
import { createHash } from 'node:crypto'
import type { Digest } from '../ports.ts'
import type { Stage } from './stage.ts'

export interface Tap {
  readonly stage: Stage
  /** So far. */
  readonly bytes: number
  /** True when the source has come to its end, and all of it has gone by. */
  readonly ended: boolean
  /** When the stream is over. */
  digest(): Digest
}

/** `see` is given each chunk too. */
export function makeTap(see?: (chunk: Uint8Array) => void): Tap {
  const hash = createHash('sha256')
  let bytes = 0
  let ended = false
  let digest: Digest | undefined
  return {
    async *stage(source) {
      for await (const chunk of source) {
        bytes += chunk.length
        hash.update(chunk)
        see?.(chunk)
        yield chunk
      }
      ended = true
    },
    get bytes() {
      return bytes
    },
    get ended() {
      return ended
    },
    digest: () => (digest ??= { bytes, sha256: hash.digest('hex') }),
  }
}
