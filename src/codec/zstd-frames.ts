/**
 * Cuts a zstd stream at its frames' ends, and drops skippable frames. Node's decompressor forgets what stands behind a
 * frame in the same chunk, be it another frame (`pzstd` writes many) or garbage: with a frame a chunk it forgets nothing.
 *
 * Source: RFC 8878, section 3.1.
 */
import { LandfallError } from '../domain/errors.ts'
import { type ByteReader, readBytes } from './bytes.ts'

const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50
const PIECE = 128 * 1024
const RAW_OR_PACKED = new Set([0, 2])

/** Throws DUMP_UNREADABLE, DUMP_TRUNCATED, DUMP_CORRUPT. */
export async function* zstdFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const bytes = readBytes(source)
  for (let frames = 0; ; frames += 1) {
    const magic = Buffer.from(await bytes.take(4))
    if (magic.length === 0 && frames > 0) return
    if (magic.length < 4) throw truncated()
    const value = magic.readUInt32LE()
    if (value >>> 4 === SKIPPABLE >>> 4) await skip(bytes)
    else if (value === MAGIC) yield* frame(bytes, magic)
    else if (frames === 0) throw new LandfallError('DUMP_UNREADABLE', 'it does not begin as a zstd file does')
    else throw new LandfallError('DUMP_CORRUPT', 'something stands behind the end of its zstd data')
  }
}

async function* frame(bytes: ByteReader, magic: Uint8Array): AsyncGenerator<Uint8Array> {
  const descriptor = await exactly(bytes, 1)
  const flags = descriptor[0]!
  const isSingle = (flags & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][flags & 3]!
  const content = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6]!
  yield Buffer.concat([magic, descriptor, await exactly(bytes, (isSingle ? 0 : 1) + dictionary + content)])
  for (;;) {
    const head = await exactly(bytes, 3)
    const value = head[0]! | (head[1]! << 8) | (head[2]! << 16)
    const kind = (value >> 1) & 3
    const isLast = (value & 1) !== 0
    // A run of one byte is stored as that byte.
    const size = RAW_OR_PACKED.has(kind) ? value >> 3 : 1
    if (kind === 3 || size > PIECE) throw new LandfallError('DUMP_CORRUPT', 'a block of its zstd data is none')
    const sum = isLast && (flags & 4) !== 0 ? 4 : 0
    yield Buffer.concat([head, await exactly(bytes, size + sum)])
    if (isLast) return
  }
}

async function skip(bytes: ByteReader): Promise<void> {
  let left = Buffer.from(await exactly(bytes, 4)).readUInt32LE()
  while (left > 0) {
    const some = await bytes.some(Math.min(left, PIECE))
    if (some.length === 0) throw truncated()
    left -= some.length
  }
}

async function exactly(bytes: ByteReader, count: number): Promise<Uint8Array> {
  const taken = await bytes.take(count)
  if (taken.length < count) throw truncated()
  return taken
}

function truncated(): LandfallError {
  return new LandfallError('DUMP_TRUNCATED', 'its zstd data end before their end')
}
