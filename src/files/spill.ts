/** A `Spill` in temporary files, one a part: gone at the end, and with the machine's temporary folder at the latest. */
import { createReadStream } from 'node:fs'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { diskFault } from '../domain/disk-full.ts'
import { SPILL_PARTS, type Spill } from '../domain/audit/spill.ts'

/** Characters a part keeps in memory before it is written: all parts together take some 4 MiB. */
const BUFFER = 64 * 1024

/** Throws DISK_FULL, as its writes do. */
export async function openFileSpill(folder = tmpdir()): Promise<Spill> {
  const place = await mkdtemp(join(folder, 'landfall-spill-')).catch((error: unknown) => {
    throw diskFault(folder, error)
  })
  const buffers = Array.from({ length: SPILL_PARTS }, () => '')
  const written = new Set<number>()
  const fileOf = (part: number): string => join(place, `${part}.jsonl`)

  async function flush(part: number): Promise<void> {
    const text = buffers[part]!
    if (text === '') return
    buffers[part] = ''
    written.add(part)
    await appendFile(fileOf(part), text).catch((error: unknown) => {
      throw diskFault(place, error)
    })
  }

  return {
    async write(part, line) {
      buffers[part] += `${line}\n`
      if (buffers[part]!.length >= BUFFER) await flush(part)
    },
    async *read(part) {
      await flush(part)
      if (!written.has(part)) return
      yield* createInterface({ input: createReadStream(fileOf(part), 'utf8'), crlfDelay: Infinity })
    },
    async end() {
      await rm(place, { recursive: true, force: true })
    },
  }
}
