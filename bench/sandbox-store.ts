/**
 * What the sandbox's S3 holds in memory, and how fast it lists and answers at that size.
 *
 *   npm run bench -- sandbox [--versions 1000000] [--requests 20000]
 *
 * Memory is the resident size of a process that holds the versions (bodies of 100 bytes, keys of some 70, one key in ten
 * with several versions, one write in ten a delete marker). A page is a whole ListObjectVersions or ListObjectsV2 answer of
 * 1,000 entries, its XML included, by the clock on the wall. Requests go over HTTP to a sandbox process of its own, 16 at a time, kept alive; its
 * CPU time is what one core would be busy with, since client and server share this machine's cores.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { makeIam } from '../sandbox/iam/iam.ts'
import { makeClock } from '../sandbox/clock.ts'
import { makeFaultBox } from '../sandbox/faults/box.ts'
import { makeRandom } from '../sandbox/random.ts'
import { makeS3 } from '../sandbox/s3/service.ts'
import type { Call } from '../sandbox/types.ts'
import { atLeast, atMost, type Bench, round, whole } from './support/bench.ts'
import { cpuSecondsOf } from './support/process.ts'

const RSS_BAR = 1000
const PAGE_BAR = 10
const HEAD_BAR = 4000
const PUT_BAR = 2000

export const sandboxStore: Bench = {
  name: 'sandbox',
  about: "what the sandbox's S3 holds in memory, and how fast it lists and answers at that size",
  options: {
    versions: { about: 'versions in one bucket', default: '1000000' },
    requests: { about: 'PUTs, and HEADs, over HTTP', default: '20000' },
  },
  async run(values) {
    const versions = whole(values, 'versions')
    const requests = whole(values, 'requests')
    const rates = await measureRequests(requests)
    const store = await measureStore(versions)
    const bars = [
      atMost(`resident MB with ${versions} versions`, store.rssMb, RSS_BAR),
      ...Object.entries(store.pages).map(([name, { p99Ms }]) =>
        atMost(`${name}: 99th percentile of a page, ms`, p99Ms, PAGE_BAR),
      ),
      atLeast('HEAD requests a second of CPU', rates.HEAD.perCpuSecond, HEAD_BAR),
      atLeast('PUT requests a second of CPU', rates.PUT.perCpuSecond, PUT_BAR),
    ]
    return { bars, figures: { versions, requests, store, rates } }
  },
}

// ------------------------------------------------------------------ memory and listings, in this process

async function measureStore(versions: number) {
  const clock = makeClock()
  const random = makeRandom('bench')
  const { service, store } = makeS3({
    clock,
    random,
    faults: makeFaultBox(),
    iam: makeIam({ clock }),
  })
  const bucket = store.createBucket('bench', 'eu-west-1', '111111111111')
  bucket.versioning = 'Enabled'
  const writer = { principal: 'AWS:AIDAEXAMPLE', requestId: '0000000000000000' }
  const body = Buffer.alloc(100)
  const keys: string[] = []
  const start = performance.now()
  for (let n = 0; n < versions; n++) {
    const again = n > 0 && random.next('again') < 0.2
    const key = again ? keys[random.int('which', keys.length)]! : keyOf(random.int('key', 1e9), n)
    if (!again) keys.push(key)
    if (again && random.next('marker') < 0.5) {
      store.remove(bucket, key, writer)
    } else {
      body.writeUInt32LE(n, 0)
      store.put(bucket, { key, body, contentType: 'application/pdf' }, 'ObjectCreated:Put', writer)
    }
  }
  const writesPerSecond = Math.round(versions / ((performance.now() - start) / 1000))
  const rssMb = Math.round(process.memoryUsage().rss / 1e6)

  const page = async (query: (marker: string) => string) => {
    const times: number[] = []
    // The first hundred are not counted: the compiler is at work.
    for (let n = -100; n < 1000; n++) {
      const call = listCall(query(encodeURIComponent(keys[random.int('pages', keys.length)]!)))
      const from = performance.now()
      const reply = await service.handle(call, '')
      if (n >= 0) times.push(performance.now() - from)
      if (reply.status !== 200) throw new Error(`a listing answered ${reply.status}`)
    }
    times.sort((a, b) => a - b)
    return { p50Ms: round(times[500]!, 2), p99Ms: round(times[990]!, 2), mostMs: round(times[999]!, 2) }
  }
  const pages = {
    ListObjectVersions: await page((marker) => `versions&key-marker=${marker}`),
    ListObjectsV2: await page((marker) => `list-type=2&start-after=${marker}`),
    'ListObjectsV2 with 1,000 common prefixes': await page(
      (marker) => `list-type=2&delimiter=%2F&prefix=g-cloud%2F&start-after=${marker}`,
    ),
  }
  clock.close()
  return { writesPerSecond, rssMb, pages }
}

/** A folder for each key, so that a listing with a delimiter has as many common prefixes as there are keys. */
function keyOf(folder: number, n: number): string {
  return `g-cloud/${String(folder).padStart(9, '0')}/documents/${n}-service-definition-document.pdf`
}

function listCall(search: string): Call {
  return {
    method: 'GET',
    path: '/bench',
    query: new URLSearchParams(search),
    headers: {},
    host: '127.0.0.1',
    region: 'eu-west-1',
    account: '111111111111',
    accessKey: undefined,
    who: { account: '111111111111', arn: 'arn:aws:iam::111111111111:user/bench', userId: 'AIDABENCH' },
    requestId: '0000000000000000',
    stream: Readable.from([]),
    body: () => Promise.resolve(Buffer.alloc(0)),
    onGone: () => {},
  }
}

// ------------------------------------------------------------------ requests, over HTTP

async function measureRequests(requests: number) {
  const entry = join(import.meta.dirname, '..', 'sandbox', 'main.ts')
  const child = spawn(process.execPath, [entry, '--json', '--with-stdin', '--port', '0'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { port } = new URL((JSON.parse(line) as { url: string }).url)
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const authorization =
    'AWS4-HMAC-SHA256 Credential=111111111111/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0'

  async function send(method: string, path: string, body?: string): Promise<void> {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const sent = request({ port, method, path, agent, headers: { authorization, ...length } })
    sent.end(body)
    const [reply] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
    reply.resume()
    await once(reply, 'end')
    if (reply.statusCode !== 200) throw new Error(`${method} ${path} answered ${reply.statusCode}`)
  }

  async function many(one: (n: number) => Promise<void>) {
    let next = 0
    const cpu = cpuSecondsOf(child.pid!)
    const start = performance.now()
    const worker = async (): Promise<void> => {
      while (next < requests) await one(next++)
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    const seconds = (performance.now() - start) / 1000
    const busy = cpuSecondsOf(child.pid!) - cpu
    return { perSecond: Math.round(requests / seconds), perCpuSecond: Math.round(requests / busy) }
  }

  await send('PUT', '/bench')
  await send('PUT', '/bench?versioning', '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>')
  const put = (n: number) => send('PUT', `/bench/folder/${n}`, `body ${n}`)
  const head = (n: number) => send('HEAD', `/bench/folder/${n}`)
  // Once unmeasured, while the compiler works.
  await many(put)
  await many(head)
  const measured = { PUT: await many(put), HEAD: await many(head) }
  agent.destroy()
  child.kill()
  await once(child, 'exit')
  return measured
}
