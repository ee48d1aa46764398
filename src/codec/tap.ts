/** Counts and hashes the bytes that go by, without changing them. */
import { createHash } from 'node:crypto'
import { Transform } from 'node:stream'
import type { Digest } from '../ports.ts'

export interface Tap {
  readonly stream: Transform
  /** So far. */
  readonly bytes: number
  /** Once, when the stream is over. */
  digest(): Digest
}

const ROOM = 256 * 1024

/** `see` is given each chunk too. */
export function makeTap(see?: (chunk: Uint8Array) => void): Tap {
  const hash = createHash('sha256')
  let bytes = 0
  const stream = new Transform({
    highWaterMark: ROOM,
    transform(chunk: Buffer, _encoding, done) {
      try {
        bytes += chunk.length
        hash.update(chunk)
        see?.(chunk)
        done(null, chunk)
      } catch (error) {
        done(error as Error)
      }
    },
  })
  return {
    stream,
    get bytes() {
      return bytes
    },
    digest: () => ({ bytes, sha256: hash.digest('hex') }),
  }
}
