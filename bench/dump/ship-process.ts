/**
 * Landfall's own way of a stream into S3, as a process: standard input (or, where LANDFALL_BENCH_DATABASE has a URL, what
 * `pg_dump` says of that) -> hashed, counted, perhaps compressed and encrypted -> parts. Arguments: sandbox' URL, bucket,
 * key, expected bytes, `none` or an age recipient (with zstd), format. Prints one JSON line.
 */
import '../../src/commands/young-heap.ts'
import { Socket } from 'node:net'
import { makeDumpEncoder } from '../../src/codec/encode.ts'
import { planParts } from '../../src/domain/dump/parts.ts'
import type { DumpFormat } from '../../src/domain/dump/name.ts'
import { openDump } from '../../src/postgres/dump.ts'
import { readReusing } from '../../src/postgres/output.ts'
import { systemRandom } from '../../src/system.ts'
import { uploadStream } from '../../src/workers/dump-upload.ts'
import { openStore } from './store.ts'

const [url, bucket, key, expected, recipient, format] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  DumpFormat,
]
const { signal } = new AbortController()
const { store, log, close } = openStore(url, bucket)
const encoded = recipient !== 'none'
const encoder = await makeDumpEncoder({
  name: 'bench',
  format,
  compression: encoded ? 'zstd' : 'none',
  encryption: encoded ? { kind: 'age', recipients: [recipient] } : undefined,
})
const database = process.env['LANDFALL_BENCH_DATABASE']
const opened =
  database === undefined
    ? undefined
    : await openDump({
        dump: { name: 'bench', format, rows: 'stream' },
        url: database,
        env: { PATH: process.env['PATH'] },
        log,
        signal,
      })
const source = opened?.stream ?? readReusing((onread) => new Socket({ fd: 0, writable: false, onread })).chunks
const upload = await store.begin({ key, metadata: {}, contentType: 'application/octet-stream' })
const encoding = encoder.encode(source)
const whole = await uploadStream({
  store,
  random: systemRandom,
  policy: { attempts: 3, firstWaitMs: 100, mostWaitMs: 1000 },
  log,
  plan: planParts(Number(expected)),
  upload,
  stream: encoding.stream,
  hashed: encoding.stored,
  signal,
})
await opened?.finish()
const { plain, rows, lacks } = encoding.end()
if (lacks !== undefined) throw new Error(lacks)
await store.complete(upload, whole)
await opened?.close()
close()
console.log(
  JSON.stringify({
    maxRssMb: process.resourceUsage().maxRSS / 1024,
    plain,
    tables: rows?.size ?? 0,
    stored: whole.stored,
  }),
)
