/** Compression of a stream, off the main thread. */
import { createGzip } from 'node:zlib'
import type { Compression } from '../domain/dump/name.ts'
import { LandfallError } from '../domain/errors.ts'
import { type Stage, throughStream } from './stage.ts'
import { zstdPieces } from './zstd-compress.ts'

/** Larger than the default of 16 KiB: each piece costs a turn of the thread pool. */
const PIECE = 256 * 1024
/** gzip's default. */
const GZIP_LEVEL = 6

/** Undefined where nothing is to be done. */
export function makeCompress(kind: Compression): Stage | undefined {
  switch (kind) {
    case 'zstd':
      return (source) => zstdPieces(source)
    case 'gzip':
      return gzip
    case 'none':
      return undefined
  }
}

/** What ends before its input did must not pass for a whole dump: zlib says how much of it went in. */
async function* gzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const engine = createGzip({ level: GZIP_LEVEL, chunkSize: PIECE })
  let given = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      given += chunk.length
      yield chunk
    }
  }
  yield* throughStream(counted(), engine)
  if (engine.bytesWritten === given) return
  throw new LandfallError('DUMP_INCOMPLETE', `only ${engine.bytesWritten} of ${given} bytes were compressed`)
}
