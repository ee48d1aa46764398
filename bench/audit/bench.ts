/**
 * `landfall audit` against `rclone check` and `aws s3 sync --dryrun`: one sandbox process, one run, answers compared.
 * Each contestant is a process of its own, and so is what its memory is measured on.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startPrivateRedis } from '../../src/demo/redis-server.ts'
import { orderFaults } from '../../src/demo/sandbox-control.ts'
import type { Finding } from '../../src/domain/audit/finding.ts'
import type { AuditSummary } from '../../src/domain/audit/report.ts'
import { atLeast, atMost, type Bench, type Report, round, whole } from '../support/bench.ts'
import { ACCOUNT, BUCKETS, PAIR, type Shape, type Truth } from './world.ts'

const CLI = join(import.meta.dirname, '..', '..', 'src', 'cli.ts')
const CHECKERS = [8, 32, 64] as const
const SMALL = 100_000
/** As in src/commands/audit-report.ts. */
const LIST_DOLLARS = 0.000_005
const GET_DOLLARS = 0.000_000_4

interface Run {
  readonly seconds: number
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
  /** Peak resident memory of the process, MiB. */
  readonly peakMiB: number
  readonly requests: Readonly<Record<string, number>>
  readonly dollars: number
}

interface World {
  readonly url: string
  readonly truth: Truth
  readonly folder: string
  stop(): Promise<void>
}

export const audit: Bench = {
  name: 'audit',
  about: 'landfall audit, beside rclone check and aws s3 sync --dryrun',
  options: {
    versions: { about: 'versions a side', default: String(SMALL) },
    latency: { about: 'ms that each request to S3 takes', default: '20' },
    shape: { about: 'deep (folders of suppliers) or flat (one folder)', default: 'deep' },
  },
  async run(values, say): Promise<Report> {
    const versions = whole(values, 'versions')
    const latencyMs = whole(values, 'latency', 0)
    const shape: Shape = values['shape'] === 'flat' ? 'flat' : 'deep'
    const base = versions === SMALL ? undefined : await peakOf(SMALL, latencyMs, shape, say)
    const world = await startWorld(versions, shape, say)
    try {
      await orderFaults(world.url, { requests: [{ service: 's3', latencyMs }] })
      return await compare(world, say, base)
    } finally {
      await world.stop()
    }
  },
}

async function compare(world: World, say: (text: string) => void, base: number | undefined): Promise<Report> {
  const { truth } = world
  const own = await landfall(world, say)
  const found = await findingsOf(world)
  const rclones: Record<number, Run> = {}
  for (const checkers of CHECKERS) rclones[checkers] = await rclone(world, checkers, [], say)
  const fast = await rclone(world, 64, ['--fast-list'], say)
  const sync = await awsSync(world, say)

  const others = [...Object.values(rclones), fast, sync]
  const fastest = Math.min(...others.map(({ seconds }) => seconds))
  for (const other of others) {
    // One that asked nothing has compared nothing: its time would be no figure.
    if ((other.requests['ListObjectsV2'] ?? 0) === 0) throw new Error(`a contestant listed nothing: ${other.stderr}`)
  }
  const byRclone = rcloneFindings(fast.stdout)
  const bySync = syncFindings(sync.stdout)
  const keys = new Set(found.map(({ key }) => key))
  const theirs = [...byRclone, ...bySync].filter((key) => !keys.has(key))
  const wanted = truth.missing.length + truth.hidden + truth.bySize.length + truth.byContent.length
  return {
    bars: [
      atLeast('times as fast as the fastest of the others', round(fastest / own.seconds, 2), 3),
      atMost('of their findings, not found', theirs.length, 0),
      atMost('findings too few or too many', Math.abs(found.length - wanted), 0),
      atMost('peak memory, MiB', round(own.peakMiB), 300),
      ...(base === undefined
        ? []
        : [atMost(`peak memory as a multiple of that at ${SMALL}`, round(own.peakMiB / base, 2), 1.3)]),
    ],
    figures: {
      versions_a_side: truth.versions,
      keys: truth.keys,
      to_find: {
        missing: truth.missing.length,
        missing_that_only_versions_show: truth.hidden,
        mismatched: truth.bySize.length + truth.byContent.length,
      },
      landfall: { ...figures(own), findings: found.length, versions_per_second: round(truth.versions / own.seconds) },
      ...Object.fromEntries(CHECKERS.map((checkers) => [`rclone_checkers_${checkers}`, figures(rclones[checkers]!)])),
      rclone_checkers_64_fast_list: { ...figures(fast), findings: byRclone.size },
      aws_s3_sync_dryrun: { ...figures(sync), findings: bySync.size },
    },
  }
}

function figures({ seconds, peakMiB, requests, dollars }: Run) {
  return { seconds: round(seconds, 2), peak_mib: round(peakMiB), requests, dollars: round(dollars, 5) }
}

/** Peak memory at another size, in a world of its own. */
async function peakOf(versions: number, latencyMs: number, shape: Shape, say: (text: string) => void): Promise<number> {
  const world = await startWorld(versions, shape, say)
  try {
    await orderFaults(world.url, { requests: [{ service: 's3', latencyMs }] })
    return (await landfall(world, say)).peakMiB
  } finally {
    await world.stop()
  }
}

async function startWorld(versions: number, shape: Shape, say: (text: string) => void): Promise<World> {
  say(`filling two buckets with ${versions} versions each`)
  const folder = await mkdtemp(join(tmpdir(), 'landfall-bench-audit-'))
  const entry = join(import.meta.dirname, 'sandbox-process.ts')
  const child = spawn(process.execPath, ['--max-old-space-size=8192', entry, String(versions), shape], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const { url, truth } = JSON.parse(line) as { url: string; truth: Truth }
  const redis = await startPrivateRedis()
  const place = (bucket: string, region: string) => ({ bucket, region, account: 'main' })
  const estate = {
    name: 'bench',
    accounts: { main: { id: ACCOUNT } },
    // An empty ledger: the audit asks it of which versions an event ever told.
    service: { redis: { url: redis.url, durability: 'window' } },
    queues: [{ name: 'q', region: 'eu-west-1', account: 'main' }],
    pairs: [
      {
        name: PAIR,
        source: place(BUCKETS.source, 'eu-west-1'),
        destination: place(BUCKETS.destination, 'eu-west-2'),
      },
    ],
  }
  await writeFile(join(folder, 'landfall.yaml'), JSON.stringify(estate))
  return {
    url,
    truth,
    folder,
    async stop() {
      child.stdin.end()
      await ended
      await redis.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The whole process, start included. */
async function landfall(world: World, say: (text: string) => void): Promise<Run> {
  say('landfall audit')
  const out = join(world.folder, 'findings.jsonl')
  const config = join(world.folder, 'landfall.yaml')
  const run = await execute(world, process.execPath, [CLI, 'audit', '--config', config, '--json', '--out', out])
  if (run.code !== 3) throw new Error(`landfall audit ended with ${run.code}: ${run.stderr}`)
  const { pairs } = JSON.parse(run.stdout.trim().split('\n').at(-1)!) as { pairs: readonly AuditSummary[] }
  const { counts } = pairs[0]!
  if (counts.compared !== world.truth.versions) throw new Error(`landfall compared ${counts.compared} versions`)
  return run
}

async function findingsOf({ folder }: World): Promise<readonly Finding[]> {
  const text = await readFile(join(folder, 'findings.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding)
}

async function rclone(
  world: World,
  checkers: number,
  more: readonly string[],
  say: (text: string) => void,
): Promise<Run> {
  say(`rclone check --checkers ${checkers} ${more.join(' ')}`)
  return execute(world, 'rclone', [
    'check',
    `here:${BUCKETS.source}`,
    `there:${BUCKETS.destination}`,
    '--one-way',
    '--checkers',
    String(checkers),
    '--combined',
    '-',
    '-q',
    ...more,
  ])
}

/** `- key`, `+ key` and `* key` are what differs; `= key` is the same. */
function rcloneFindings(stdout: string): ReadonlySet<string> {
  return new Set(
    stdout
      .split('\n')
      .filter((line) => /^[-+*!] /.test(line))
      .map((line) => line.slice(2)),
  )
}

async function awsSync(world: World, say: (text: string) => void): Promise<Run> {
  say('aws s3 sync --dryrun')
  const args = ['--source-region', 'eu-west-1', '--region', 'eu-west-2', '--endpoint-url', world.url, '--dryrun']
  return execute(world, 'aws', ['s3', 'sync', `s3://${BUCKETS.source}`, `s3://${BUCKETS.destination}`, ...args])
}

function syncFindings(stdout: string): ReadonlySet<string> {
  const key = new RegExp(`^\\(dryrun\\) copy: s3://${BUCKETS.source}/(.*) to s3://`)
  return new Set(stdout.split('\n').flatMap((line) => key.exec(line)?.[1] ?? []))
}

/** As an rclone remote is described by the environment alone. */
function remote(name: string, region: string, url: string): Readonly<Record<string, string>> {
  const of = {
    TYPE: 's3',
    PROVIDER: 'Minio',
    ENDPOINT: url,
    REGION: region,
    FORCE_PATH_STYLE: 'true',
    ACCESS_KEY_ID: ACCOUNT,
    SECRET_ACCESS_KEY: 's',
  }
  return Object.fromEntries(Object.entries(of).map(([field, value]) => [`RCLONE_CONFIG_${name}_${field}`, value]))
}

async function execute(world: World, command: string, args: readonly string[]): Promise<Run> {
  await fetch(`${world.url}/_sandbox/stats`, { method: 'DELETE' })
  const began = performance.now()
  const child = spawn(command, [...args], {
    cwd: world.folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? world.folder,
      AWS_ENDPOINT_URL: world.url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...remote('HERE', 'eu-west-1', world.url),
      ...remote('THERE', 'eu-west-2', world.url),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let peakKiB = 0
  const timer = setInterval(() => {
    peakKiB = Math.max(peakKiB, peakOfTree(child.pid!))
  }, 50)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  clearInterval(timer)
  const seconds = (performance.now() - began) / 1000
  const reply = (await (await fetch(`${world.url}/_sandbox/stats`)).json()) as {
    totals: Record<string, Record<string, number>>
  }
  const requests = reply.totals['s3'] ?? {}
  let dollars = 0
  for (const [action, count] of Object.entries(requests)) {
    dollars += count * (action.startsWith('List') ? LIST_DOLLARS : GET_DOLLARS)
  }
  return { seconds, stdout, stderr, code, peakMiB: peakKiB / 1024, requests, dollars }
}

/** `VmHWM` of the process, or of the child that a wrapper started: the kernel's own peak, whenever it is read. */
function peakOfTree(pid: number): number {
  const children = childrenOf(pid)
  return Math.max(peakKiBOf(pid), ...children.map((child) => peakKiBOf(child)))
}

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function peakKiBOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
