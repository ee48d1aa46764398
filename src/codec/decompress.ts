/** Decompresses a stream to its last byte: what is cut off, damaged, or stands behind its end is refused. */
import { Readable, pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'
import type { Compression } from '../domain/dump/name.ts'
import { LandfallError } from '../domain/errors.ts'
import { zstdFrames } from './zstd-frames.ts'

const PIECE = 256 * 1024

/** Throws DUMP_UNREADABLE, DUMP_TRUNCATED, DUMP_CORRUPT. */
export function decompress(source: AsyncIterable<Uint8Array>, kind: Compression): AsyncIterable<Uint8Array> {
  switch (kind) {
    case 'none':
      return source
    case 'zstd':
      return through(zstdFrames(source), createZstdDecompress({ chunkSize: PIECE }), kind)
    case 'gzip':
      return gunzip(source)
  }
}

/** zlib passes over zeros behind the end, as of a tape; a dump has no business with any. */
async function* gunzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let fed = 0
  const engine = createGunzip({ chunkSize: PIECE })
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      fed += chunk.length
      yield chunk
    }
  }
  yield* through(counted(), engine, 'gzip')
  if (engine.bytesWritten !== fed) {
    throw new LandfallError('DUMP_CORRUPT', `${fed - engine.bytesWritten} bytes stand behind the end of its gzip data`)
  }
}

async function* through(
  source: AsyncIterable<Uint8Array>,
  engine: Gunzip | ZstdDecompress,
  kind: Compression,
): AsyncGenerator<Uint8Array> {
  let given = 0
  let fault: unknown
  const input = Readable.from(source, { objectMode: true })
  pipeline(input, engine, (error) => {
    fault = error
  })
  try {
    for await (const chunk of engine as AsyncIterable<Uint8Array>) {
      given += chunk.length
      yield chunk
    }
  } catch (error) {
    // The first fault of the two: the source's own, where it had one.
    throw asFault(input.errored ?? fault ?? error, kind, given)
  } finally {
    input.destroy()
    engine.destroy()
  }
}

function asFault(error: unknown, kind: Compression, given: number): unknown {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  if (code === 'Z_BUF_ERROR') return new LandfallError('DUMP_TRUNCATED', `its ${kind} data end before their end`)
  if (!/^(Z_|ZSTD_)/.test(code)) return error
  const isNone = given === 0 && /incorrect header check|unknown frame/i.test(message)
  if (isNone) return new LandfallError('DUMP_UNREADABLE', `it does not begin as a ${kind} file does`)
  return new LandfallError('DUMP_CORRUPT', `its ${kind} data are damaged: ${message}`)
}
