/**
 * zstd on several threads of Node's pool: the stream is cut into pieces, and each becomes a frame of its own. `zstd -d`
 * reads frames one behind the other as one file (RFC 8878, section 3.1), as it reads what `pzstd` writes.
 *
 * Not zstd's own threads (ZSTD_c_nbWorkers): with them it may leave input for later, which Node 24 takes for the end of
 * the stream, and ends it there without an error (lib/zlib.js, processCallback). Found by a benchmark. Whether all of a
 * piece went into its frame is asked here each time.
 *
 * A frame within one window is also packed faster than a long stream, whose window lies in two places at a time, and
 * into no more bytes (docs/adr/0011-dump-pipeline.md).
 */
import { availableParallelism } from 'node:os'
import { constants, createZstdCompress } from 'node:zlib'
import { LandfallError } from '../domain/errors.ts'

/** Of what goes in: half a window of level 3. */
export const ZSTD_PIECE = 1024 * 1024
/** zstd's default. */
const LEVEL = 3
/** The pool has four threads, and others than this need them too. */
const MOST_AT_ONCE = 3
const OUTPUT = 512 * 1024

/** Packs one piece at a time into a frame, in parts; its context is used again for the next. */
interface Packer {
  pack(piece: Uint8Array): Promise<readonly Uint8Array[]>
  close(): void
}

interface Packing {
  readonly buffer: Buffer
  readonly packer: Packer
  readonly frame: Promise<readonly Uint8Array[]>
}

export async function* zstdPieces(
  source: AsyncIterable<Uint8Array>,
  size: number = ZSTD_PIECE,
  atOnce: number = Math.min(MOST_AT_ONCE, availableParallelism()),
): AsyncGenerator<Uint8Array> {
  const idle = Array.from({ length: atOnce }, makePacker)
  const all = [...idle]
  const free: Buffer[] = []
  const packing: Packing[] = []
  let filling: Buffer | undefined
  let filled = 0
  let any = false

  function pack(buffer: Buffer, length: number): void {
    any = true
    const packer = idle.pop()!
    const frame = packer.pack(buffer.subarray(0, length))
    // Asked for in its turn; until then a failure has no one to tell.
    frame.catch(() => {})
    packing.push({ buffer, packer, frame })
  }

  async function first(): Promise<readonly Uint8Array[]> {
    const { buffer, packer, frame } = packing.shift()!
    const done = await frame
    free.push(buffer)
    idle.push(packer)
    return done
  }

  try {
    for await (const chunk of source) {
      let at = 0
      while (at < chunk.length) {
        filling ??= free.pop() ?? Buffer.allocUnsafeSlow(size)
        const taken = Math.min(size - filled, chunk.length - at)
        filling.set(chunk.subarray(at, at + taken), filled)
        filled += taken
        at += taken
        if (filled < size) continue
        // The next piece goes first, and then what is done: or a thread would stand idle while the frame goes its way.
        const done = idle.length === 0 ? await first() : []
        pack(filling, size)
        filling = undefined
        filled = 0
        yield* done
      }
    }
    if (idle.length === 0) yield* await first()
    // Of an empty stream an empty frame.
    if (filled > 0 || !any) pack(filling ?? Buffer.alloc(0), filled)
    while (packing.length > 0) yield* await first()
  } finally {
    for (const packer of all) packer.close()
  }
}

function makePacker(): Packer {
  const engine = createZstdCompress({
    chunkSize: OUTPUT,
    params: {
      [constants.ZSTD_c_compressionLevel]: LEVEL,
      // A reader then knows a damaged byte from a good one.
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  })
  let parts: Uint8Array[] = []
  let given = 0
  let fail: (error: Error) => void = () => {}
  engine.on('data', (part: Buffer) => parts.push(part)).on('error', (error) => fail(error))
  return {
    pack: (piece) =>
      new Promise((resolve, reject) => {
        fail = reject
        given += piece.length
        if (piece.length > 0) engine.write(piece)
        // Ends the frame; what is written next begins another.
        engine.flush(constants.ZSTD_e_end, () => {
          const done = parts
          parts = []
          if (engine.bytesWritten === given) resolve(done)
          else reject(short(engine.bytesWritten, given))
        })
      }),
    close: () => void engine.destroy(),
  }
}

/** What ends before its input did must not pass for a whole dump. */
function short(packed: number, given: number): LandfallError {
  return new LandfallError('DUMP_INCOMPLETE', `only ${packed} of ${given} bytes were compressed`)
}
