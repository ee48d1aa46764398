/**
 * A stream of unknown length into S3, beside the tools that do it, on one sandbox, with the same parts:
 *
 *   npm run bench -- dump [--mib 2048] [--rounds 1]
 *
 * Landfall also hashes both streams and counts rows. Seconds are from the start of the process to its end, by the clock
 * on the wall; memory is the process' greatest resident size. With zstd and age: the same text, against
 * `zstd | age | aws s3 cp -`, two threads of zstd each. What a tool lacks on this machine is left out, and said so.
 */
import { spawn, spawnSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CreateBucketCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { planParts } from '../../src/domain/dump/parts.ts'
import { atLeast, atMost, type Bench, median, round, whole } from '../support/bench.ts'

const MIB = 2 ** 20
const BUCKET = 'bench-dumps'
const RSS_BAR = 200
const SHIP = join(import.meta.dirname, 'ship-process.ts')
const SANDBOX = join(import.meta.dirname, '..', '..', 'sandbox', 'main.ts')

type Kind = 'incompressible' | 'text'

interface Contestant {
  readonly name: string
  readonly needs: readonly string[]
  /** A shell's command; the stream is its standard input. */
  readonly command: (key: string) => string
}

interface Run {
  readonly seconds: number
  readonly maxRssMb?: number | undefined
}

export const dump: Bench = {
  name: 'dump',
  about: 'a dump on its way into S3: speed and memory, beside rclone rcat and aws s3 cp',
  options: {
    mib: { about: 'MiB of each stream', default: '2048' },
    rounds: { about: 'runs of each; the median counts', default: '1' },
  },
  async run(values, say) {
    const mib = whole(values, 'mib', 64)
    const rounds = whole(values, 'rounds')
    const folder = await mkdtemp(join(tmpdir(), 'landfall-bench-dump-'))
    const sandbox = await startSandbox()
    const s3 = new S3Client({
      endpoint: sandbox.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: '111111111111', secretAccessKey: 'x' },
      forcePathStyle: true,
    })
    try {
      await s3.send(new CreateBucketCommand({ Bucket: BUCKET }))
      const recipient = await identityToRecipient(await generateIdentity())
      const files = { incompressible: join(folder, 'incompressible'), text: join(folder, 'text') }
      await fill(files.incompressible, mib, 'incompressible')
      await fill(files.text, mib, 'text')
      const world = { url: sandbox.url, folder, s3, rounds, mib, say }
      const raw = await contestants(world, recipient)
      const results: Record<string, Record<string, Run>> = {}
      for (const kind of ['incompressible', 'text'] as const) {
        results[kind] = await race(world, raw.plain, files[kind], kind)
      }
      results['zstd and age'] = await race(world, raw.encoded, files.text, 'zstd and age')
      return { bars: barsOf(results), figures: { mib, partMib: planParts(mib * MIB).size / MIB, results } }
    } finally {
      s3.destroy()
      await sandbox.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

interface World {
  readonly url: string
  readonly folder: string
  readonly s3: S3Client
  readonly rounds: number
  readonly mib: number
  readonly say: (text: string) => void
}

function barsOf(results: Readonly<Record<string, Readonly<Record<string, Run>>>>) {
  return Object.entries(results).flatMap(([kind, runs]) => {
    const { landfall, ...others } = runs
    const fastest = Math.min(...Object.values(others).map(({ seconds }) => seconds))
    return [
      ...(Number.isFinite(fastest)
        ? [
            atLeast(
              `${kind}: speed, times the fastest other`,
              round(fastest / landfall!.seconds, 2),
              kind === 'zstd and age' ? 0.9 : 1,
            ),
          ]
        : []),
      atMost(`${kind}: MB of memory`, round(landfall!.maxRssMb!), RSS_BAR),
    ]
  })
}

async function contestants({ url, folder, mib }: World, recipient: string) {
  const { size, concurrency } = planParts(mib * MIB)
  const part = size / MIB
  await writeFile(
    join(folder, 'aws-config'),
    `[default]\nregion = eu-west-1\ns3 =\n  multipart_chunksize = ${part}MB\n  max_concurrent_requests = ${concurrency}\n  addressing_style = path\n`,
  )
  await writeFile(
    join(folder, 'rclone.conf'),
    `[bench]\ntype = s3\nprovider = Other\nendpoint = ${url}\nregion = eu-west-1\naccess_key_id = 111111111111\nsecret_access_key = x\nforce_path_style = true\n`,
  )
  const ship = (to: string) => (key: string) => `${process.execPath} ${SHIP} ${url} ${BUCKET} ${key} ${mib * MIB} ${to}`
  const aws = (key: string): string =>
    `AWS_CONFIG_FILE=${folder}/aws-config aws --endpoint-url ${url} s3 cp --only-show-errors --expected-size ${mib * MIB} - s3://${BUCKET}/${key}`
  const plain: readonly Contestant[] = [
    { name: 'landfall', needs: [], command: ship('none') },
    {
      name: 'rclone rcat',
      needs: ['rclone'],
      command: (key) =>
        `rclone --config ${folder}/rclone.conf --s3-chunk-size ${part}M --s3-upload-concurrency ${concurrency} --s3-no-check-bucket rcat bench:${BUCKET}/${key}`,
    },
    { name: 'aws s3 cp', needs: ['aws'], command: aws },
  ]
  const threads = Math.min(4, availableParallelism())
  const encoded: readonly Contestant[] = [
    { name: 'landfall', needs: [], command: ship(recipient) },
    {
      name: 'zstd | age | aws s3 cp',
      needs: ['zstd', 'age', 'aws'],
      command: (key) => `zstd -q -3 -T${threads} --check | age -r ${recipient} | ${aws(key)}`,
    },
  ]
  return { plain, encoded }
}

async function race(world: World, all: readonly Contestant[], file: string, kind: string) {
  const results: Record<string, Run> = {}
  for (const { name, needs, command } of all) {
    const absent = needs.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
    if (absent.length > 0) {
      world.say(`SKIPPED: ${name}: this machine has no ${absent.join(', ')}`)
      continue
    }
    const runs: Run[] = []
    for (let turn = 0; turn < world.rounds; turn += 1) {
      const key = `${kind.replaceAll(' ', '-')}-${name.replaceAll(/\W+/g, '-')}-${turn}`
      runs.push(await timed(command(key), file, world.folder))
      // The sandbox keeps objects in memory.
      await world.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }))
    }
    const memory = runs.map(({ maxRssMb }) => maxRssMb).filter((value) => value !== undefined)
    results[name] = {
      seconds: round(median(runs.map(({ seconds }) => seconds)), 2),
      ...(memory.length > 0 && { maxRssMb: round(Math.max(...memory)) }),
    }
    world.say(`${kind}, ${name}: ${results[name].seconds} s`)
  }
  return results
}

async function timed(command: string, file: string, home: string): Promise<Run> {
  // Nothing of this machine's own settings for AWS, proxies and certificates.
  const env = { PATH: process.env['PATH'], HOME: home, AWS_ACCESS_KEY_ID: '111111111111', AWS_SECRET_ACCESS_KEY: 'x' }
  const input = await open(file)
  const began = performance.now()
  const child = spawn('bash', ['-c', `set -o pipefail; ${command}`], { env, stdio: [input.fd, 'pipe', 'pipe'] })
  let out = ''
  let said = ''
  child.stdout!.on('data', (text: Buffer) => (out += text.toString()))
  child.stderr!.on('data', (text: Buffer) => (said += text.toString()))
  const [code] = (await once(child, 'close')) as [number]
  const seconds = (performance.now() - began) / 1000
  const { size } = await input.stat()
  await input.close()
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${said}`)
  if (out === '') return { seconds }
  const shipped = JSON.parse(out) as { maxRssMb: number; plain: { bytes: number } }
  if (shipped.plain.bytes !== size) throw new Error(`${shipped.plain.bytes} of ${size} bytes were shipped`)
  return { seconds, maxRssMb: shipped.maxRssMb }
}

/** What a plain dump looks like: rows of numbers, words, times and hashes. */
function textOf(from: number): string {
  const words = [
    'supplier',
    'g-cloud-14',
    'submitted',
    'draft',
    'cloud hosting',
    'digital-outcomes',
    'null',
    'framework',
  ]
  return Array.from({ length: 10_000 }, (_, index) => {
    const n = from + index
    const hash = ((n * 2_654_435_761) >>> 0).toString(16).padStart(8, '0')
    return `${n}\t${words[n % 8]}-${hash}\t2026-11-${String((n % 28) + 1).padStart(2, '0')} 02:00:00\t{"status": "${words[(n >> 3) % 8]}", "declaration": "${hash}${hash}"}\t\\N\n`
  }).join('')
}

async function fill(file: string, mib: number, kind: Kind): Promise<void> {
  const to = await open(file, 'w')
  const noise = Buffer.alloc(8 * MIB)
  let left = mib * MIB
  let turn = 0
  if (kind === 'text') await to.write('COPY public.drafts (id, name, at, data, note) FROM stdin;\n')
  while (left > 0) {
    const piece = kind === 'text' ? Buffer.from(textOf(turn * 10_000)) : randomFillSync(noise)
    await to.write(piece.subarray(0, left))
    left -= piece.length
    turn += 1
  }
  await to.close()
}

async function startSandbox() {
  const child = spawn(process.execPath, [SANDBOX, '--json', '--with-stdin', '--port', '0', '--seed', '1'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return {
    url: (JSON.parse(line) as { url: string }).url,
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
