/** What goes by: noise, as pg_dump's custom format looks from outside, and the text of a plain dump; both are whole dumps. */
import { spawn } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { type FileHandle, open, stat, statfs } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { END_MARKER } from '../../src/domain/dump/plain-scanner.ts'

export const MIB = 2 ** 20
const ROWS_AT_ONCE = 10_000
const WORDS = ['supplier', 'g-cloud-14', 'submitted', 'draft', 'cloud hosting', 'digital-outcomes', 'null', 'framework']

/** The way of a stream into a process: files, one behind the other, through a pipe. */
export interface Feed {
  readonly files: readonly string[]
  readonly bytes: number
}

/** `2048MiB`, `10GiB` or a number of bytes. */
export function bytesOf(text: string, name: string): number {
  const [, number, unit = ''] = /^(\d+)(MiB|GiB)?$/.exec(text) ?? []
  if (number === undefined) throw new Error(`--${name} must be bytes, as 512MiB or 10GiB: ${text}`)
  return Number(number) * ({ MiB: MIB, GiB: 1024 * MIB }[unit] ?? 1)
}

export async function makeNoise(folder: string, bytes: number): Promise<Feed> {
  const file = join(folder, 'noise')
  const noise = Buffer.alloc(8 * MIB)
  let isFirst = true
  await fill(file, bytes, () => {
    randomFillSync(noise)
    if (isFirst) noise.write('PGDMP')
    isFirst = false
    return noise
  })
  return feedOf([file])
}

/** The body's rows come again and again: what lies between is more than zstd's window. */
export async function makeText(folder: string, bytes: number, copies = 1): Promise<Feed> {
  const [head, body, tail] = ['head', 'body', 'tail'].map((name) => join(folder, name)) as [string, string, string]
  let turn = 0
  await fill(head, 0, () => Buffer.alloc(0), 'COPY public.drafts (id, name, at, data, note) FROM stdin;\n')
  await fill(body, bytes, () => Buffer.from(rowsFrom(ROWS_AT_ONCE * turn++)))
  // The body may be cut off amid a row.
  await fill(tail, 0, () => Buffer.alloc(0), `\n\\.\n\n--\n${END_MARKER}\n--\n`)
  return feedOf([head, ...Array.from({ length: copies }, () => body), tail])
}

/** Undefined where there is room for `bytes` in the folder; else what is missing. */
export async function lacksDisk(folder: string, bytes: number): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  return free > bytes * 1.2 ? undefined : `${gib(free)} GiB of disk are free, ${gib(bytes * 1.2)} are needed`
}

/** The sandbox keeps objects in memory, and for a moment twice. */
export function lacksMemory(bytes: number): string | undefined {
  const free = freemem()
  return free > bytes ? undefined : `${gib(free)} GiB of memory are free, ${gib(bytes)} are needed`
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1)
}

async function feedOf(files: readonly string[]): Promise<Feed> {
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size))
  return { files, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}

async function fill(file: string, bytes: number, next: () => Buffer, first = ''): Promise<void> {
  const to: FileHandle = await open(file, 'w')
  if (first !== '') await to.write(first)
  for (let left = bytes; left > 0;) {
    const piece = next()
    await to.write(piece.subarray(0, left))
    left -= piece.length
  }
  await to.close()
}

/** Rows of numbers, words, times and hashes. */
function rowsFrom(from: number): string {
  return Array.from({ length: ROWS_AT_ONCE }, (_, index) => {
    const n = from + index
    const hash = ((n * 2_654_435_761) >>> 0).toString(16).padStart(8, '0')
    return `${n}\t${WORDS[n % 8]}-${hash}\t2026-11-${String((n % 28) + 1).padStart(2, '0')} 02:00:00\t{"status": "${WORDS[(n >> 3) % 8]}", "declaration": "${hash}${hash}"}\t\\N\n`
  }).join('')
}

/** So that no contestant waits for the disk. */
export async function warm({ files }: Feed): Promise<void> {
  const child = spawn('cat', files, { stdio: ['ignore', 'ignore', 'inherit'] })
  await once(child, 'close')
}
