/**
 * Landfall's own way of a stream into S3, as a process: standard input -> hashed, counted, perhaps compressed and
 * encrypted -> parts. Arguments: sandbox' URL, bucket, key, expected bytes, `none` or an age recipient (with zstd),
 * format.
 * Prints one JSON line.
 */
import '../../src/commands/young-heap.ts'
import { Socket } from 'node:net'
import { makeAws } from '../../src/aws/clients.ts'
import { makeDumpStore } from '../../src/aws/dump-store.ts'
import { makeDumpEncoder } from '../../src/codec/encode.ts'
import { planParts } from '../../src/domain/dump/parts.ts'
import type { DumpFormat } from '../../src/domain/dump/name.ts'
import type { Estate } from '../../src/config/estate.ts'
import { pointAtSandbox } from '../../src/config/environment.ts'
import { makeLog } from '../../src/log.ts'
import { readReusing } from '../../src/postgres/output.ts'
import { systemRandom } from '../../src/system.ts'
import { uploadStream } from '../../src/workers/dump-upload.ts'

const [url, bucket, key, expected, recipient, format] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  DumpFormat,
]
const ACCOUNT = '111111111111'
pointAtSandbox(url, ACCOUNT)
const place = { bucket, region: 'eu-west-1', account: 'main' }
// Of the estate only this is looked at here.
const estate = {
  accounts: { main: { name: 'main', id: ACCOUNT } },
  pairs: [],
  service: { region: 'eu-west-1', verify: { lanesPerPair: 1, concurrency: 1 } },
} as unknown as Estate
const log = makeLog({ level: 'error', pretty: false, to: 'stderr' })
const aws = makeAws({ estate, log, pathStyle: true, timeouts: { requestMs: 120_000 } })
const store = makeDumpStore({ estate, aws, place })
const encoded = recipient !== 'none'
const encoder = await makeDumpEncoder({
  name: 'bench',
  format,
  compression: encoded ? 'zstd' : 'none',
  encryption: encoded ? { kind: 'age', recipients: [recipient] } : undefined,
})
const began = performance.now()
const upload = await store.begin({ key, metadata: {}, contentType: 'application/octet-stream' })
const stream = encoder.encode(readReusing((onread) => new Socket({ fd: 0, writable: false, onread })).chunks)
const whole = await uploadStream({
  store,
  random: systemRandom,
  policy: { attempts: 3, firstWaitMs: 100, mostWaitMs: 1000 },
  log,
  plan: planParts(Number(expected)),
  upload,
  stream: stream.stream,
  signal: new AbortController().signal,
})
const { plain, rows } = stream.end()
await store.complete(upload, whole)
const seconds = (performance.now() - began) / 1000
aws.close()
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
console.log(
  JSON.stringify({
    seconds,
    maxRssMb: maxRSS / 1024,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    plain,
    tables: rows?.size ?? 0,
    stored: whole.stored,
  }),
)
