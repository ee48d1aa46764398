/** Reads one stored dump to its last byte: hashed as it is stored, decoded, and its SQL read as psql would. */
import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { once } from 'node:events'
import { crc32 } from 'node:zlib'
import { type DumpOrigin, originOf } from '../domain/dump/fit.ts'
import type { DumpName } from '../domain/dump/name.ts'
import { makePlainScanner, type PlainScan } from '../domain/dump/plain-scanner.ts'
import { isLandfallError, type LandfallError } from '../domain/errors.ts'
import type { Digest, DumpDecoder, DumpLayer, DumpStore } from '../ports.ts'

/** Of a dump's SQL: its first lines say what made it. */
const HEAD = 64 * 1024
const ROOM = 1 << 20

/** What pg_restore makes of a custom dump. Throws DUMP_NEWER, DUMP_TRUNCATED, DUMP_CORRUPT. */
export type CustomAsSql = (source: AsyncIterable<Uint8Array>, signal: AbortSignal) => AsyncIterable<Uint8Array>

export interface StoredDigest extends Digest {
  /** Base64, as S3 writes it. */
  readonly crc32: string
}

export interface ReadDump {
  readonly stored: StoredDigest
  /** Of what pg_dump wrote, where it was read to the end. */
  readonly plain?: Digest | undefined
  readonly scan?: PlainScan | undefined
  readonly origin?: DumpOrigin | undefined
  /** Why it could not be decoded to the end, and by which layer. */
  readonly fault?: LandfallError | undefined
  readonly layer?: DumpLayer | 'structure' | undefined
}

export interface Sum {
  push(chunk: Uint8Array): void
  digest(): StoredDigest
}

export function makeSum(): Sum {
  const hash = createHash('sha256')
  let bytes = 0
  let sum = 0
  return {
    push(chunk) {
      hash.update(chunk)
      sum = crc32(chunk, sum)
      bytes += chunk.length
    },
    digest() {
      const four = Buffer.alloc(4)
      four.writeUInt32BE(sum)
      return { bytes, sha256: hash.digest('hex'), crc32: four.toString('base64') }
    },
  }
}

export interface Plain {
  /** SQL: of a custom dump, pg_restore's. */
  readonly sql: AsyncIterable<Uint8Array>
  /** Once it is over. */
  end(): { readonly plain: Digest; readonly scan: PlainScan }
  origin(): DumpOrigin
  /** What the end of what went by lacks. */
  lacks(): string | undefined
}

/** Counts and scans what goes by, and changes nothing. */
export function watchPlain(
  source: AsyncIterable<Uint8Array>,
  { format }: Pick<DumpName, 'format'>,
  customAsSql: (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): Plain {
  const sum = makeSum()
  const scanner = makePlainScanner()
  const head: Uint8Array[] = []
  let headed = 0
  async function* watched(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      sum.push(chunk)
      yield chunk
    }
  }
  async function* scanned(): AsyncGenerator<Uint8Array> {
    for await (const chunk of format === 'custom' ? customAsSql(watched()) : watched()) {
      scanner.push(chunk)
      if (headed < HEAD) head.push(Uint8Array.from(chunk.subarray(0, HEAD - headed)))
      headed += chunk.length
      yield chunk
    }
  }
  return {
    sql: scanned(),
    end: () => ({ plain: withoutCrc(sum.digest()), scan: scanner.end() }),
    lacks: () => scanner.end().lacks,
    origin: () => originOf(Buffer.concat(head).toString('utf8')),
  }
}

/** Throws what the store throws; what the dump itself lacks is in the answer. */
export async function readDump(needs: {
  readonly store: Pick<DumpStore, 'read'>
  readonly at: { readonly key: string; readonly versionId: string }
  readonly name: DumpName
  /** Absent: only what is stored is read. */
  readonly decoder?: DumpDecoder | undefined
  readonly customAsSql: CustomAsSql
  readonly signal: AbortSignal
  readonly onBytes?: ((bytes: number) => void) | undefined
}): Promise<ReadDump> {
  const { store, at, name, decoder, signal } = needs
  const stored = makeSum()
  const input = new PassThrough({ highWaterMark: ROOM })
  // Whoever reads it is told by its own error.
  input.on('error', () => {})
  let isOver = decoder === undefined
  const decoding = decoder === undefined ? Promise.resolve({}) : decode(decoder, input, needs)
  const over = decoding.then(() => {
    isOver = true
  })
  try {
    for await (const chunk of store.read({ ...at, signal })) {
      stored.push(chunk)
      needs.onBytes?.(chunk.length)
      // What is behind a fault is read on: the stored bytes' checksum tells whether S3 changed them, or whoever made them.
      if (!isOver && !input.write(chunk)) await Promise.race([once(input, 'drain'), over])
    }
    input.end()
    return { stored: stored.digest(), ...(await decoding) }
  } catch (error) {
    input.destroy()
    await over
    throw error
  }

  async function decode(
    by: DumpDecoder,
    source: PassThrough,
    { customAsSql }: typeof needs,
  ): Promise<Partial<ReadDump>> {
    let layer: DumpLayer | 'structure' = 'structure'
    const plainBytes = by.decode(source, name, (told) => {
      layer = told
    })
    const plain = watchPlain(plainBytes, name, (bytes) => customAsSql(bytes, signal))
    try {
      // eslint-disable-next-line no-unused-vars
      for await (const _ of plain.sql);
      return { ...plain.end(), origin: plain.origin() }
    } catch (error) {
      if (!isLandfallError(error)) {
        if (signal.aborted || source.destroyed) return {}
        throw error
      }
      return { fault: error, layer, origin: plain.origin() }
    }
  }
}

function withoutCrc({ bytes, sha256 }: StoredDigest): Digest {
  return { bytes, sha256 }
}
