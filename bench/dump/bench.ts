/**
 * A dump on its way into S3, beside the tools that do it, on one sandbox, with the same parts:
 *
 *   npm run bench -- dump [--size 2GiB] [--rounds 3] [--database 512MiB] [--path 10GiB]
 *
 * Every contestant reads a pipe that `cat` fills from the page cache, or that `pg_dump` fills. The contestants take turns,
 * round by round, and the median of the rounds' ratios counts. Landfall hashes what comes in and what is stored and counts
 * rows; the others do not. What this machine lacks for a contest is said, and the contest left out.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CreateBucketCommand, DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { planParts } from '../../src/domain/dump/parts.ts'
import { atLeast, atMost, type Bar, type Bench, median, round, whole } from '../support/bench.ts'
import { cpuSecondsOf } from '../support/process.ts'
import { bare, BUCKET, type Contest, type Contestant, encoded, LANDFALL, writeSettings } from './contestants.ts'
import { startDatabase } from './database.ts'
import { runPath } from './path.ts'
import { bytesOf, type Feed, lacksDisk, lacksMemory, makeNoise, makeText, MIB, warm } from './streams.ts'
import { type Run, timed } from './timed.ts'

const GIB = 2 ** 30
const RSS_BAR = 200
const SANDBOX = join(import.meta.dirname, '..', '..', 'sandbox', 'main.ts')

interface Figures {
  readonly seconds: number
  readonly cpuSecondsPerGib: number
  /** Of the sandbox meanwhile: what it costs to be spoken to in this way. */
  readonly sandboxCpuSecondsPerGib: number
  /** All processes of the pipe, `cat` among them. */
  readonly pipeMb?: number | undefined
  /** Landfall's own process, as the kernel counted it. */
  readonly maxRssMb?: number | undefined
  /** Seconds of this one by Landfall's, round by round: above 1 Landfall was faster. */
  readonly timesLandfall?: readonly number[] | undefined
}

export const dump: Bench = {
  name: 'dump',
  about:
    'a dump on its way into S3: speed and memory, beside rclone rcat, aws s3 cp and pg_dump | zstd | age | aws s3 cp',
  options: {
    size: { about: 'of each stream, as 512MiB or 2GiB', default: '2GiB' },
    rounds: { about: 'turns of each; the median counts', default: '3' },
    database: { about: 'of the database that pg_dump dumps; 0 leaves it out', default: '512MiB' },
    path: { about: 'of the text that goes the whole path, there and back; 0 leaves it out', default: '10GiB' },
  },
  async run(values, say) {
    const size = bytesOf(values['size']!, 'size')
    const rounds = whole(values, 'rounds')
    const databaseBytes = bytesOf(values['database']!, 'database')
    const pathBytes = bytesOf(values['path']!, 'path')
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
      const identity = await generateIdentity()
      const contest: Contest = {
        url: sandbox.url,
        folder,
        plan: planParts(size),
        bytes: size,
        recipient: await identityToRecipient(identity),
      }
      const world: World = { s3, pid: sandbox.pid, rounds, say, env: await writeSettings(contest) }
      const bars: Bar[] = []
      const results: Record<string, Record<string, Figures>> = {}
      const text = await streams(world, contest, bars, results)
      if (databaseBytes > 0) await fromDatabase(world, { ...contest, bytes: databaseBytes }, bars, results)
      const path =
        pathBytes > 0 && text !== undefined ? await wholePath(world, contest, { pathBytes, text, identity }) : undefined
      if (path !== undefined) bars.push(...path.bars)
      const plan = { partMib: contest.plan.size / MIB, atOnce: contest.plan.concurrency }
      return {
        bars,
        figures: { size: values['size'], ...plan, results, ...(path !== undefined && { path: path.figures }) },
      }
    } finally {
      s3.destroy()
      await sandbox.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

interface World {
  readonly s3: S3Client
  /** The sandbox'. */
  readonly pid: number
  readonly rounds: number
  readonly say: (text: string) => void
  readonly env: Readonly<Record<string, string>>
}

type Results = Record<string, Record<string, Figures>>

/** Gives back the text, for the whole path. */
async function streams(world: World, contest: Contest, bars: Bar[], results: Results): Promise<Feed | undefined> {
  const { folder, bytes } = contest
  // An upload that is completed is there twice for a moment.
  const lack = (await lacksDisk(folder, 2 * bytes)) ?? lacksMemory(3 * bytes)
  if (lack !== undefined) {
    world.say(`SKIPPED: streams of ${bytes / GIB} GiB: ${lack}`)
    return undefined
  }
  const noise = await makeNoise(folder, bytes)
  results['incompressible'] = await race(world, bare(contest, 'custom'), noise, 'incompressible')
  bars.push(...barsOf('incompressible', results['incompressible'], 1))
  await rm(noise.files[0]!)
  const text = await makeText(folder, bytes)
  results['text'] = await race(world, bare(contest, 'plain'), text, 'text')
  bars.push(...barsOf('text', results['text'], 1))
  results['zstd and age'] = await race(world, encoded(contest), text, 'zstd and age')
  bars.push(...barsOf('zstd and age', results['zstd and age'], 0.9))
  return text
}

/** `pg_dump | zstd | age | aws s3 cp -`, and Landfall's own way from the server on. */
async function fromDatabase(world: World, contest: Contest, bars: Bar[], results: Results): Promise<void> {
  const kind = 'pg_dump, zstd and age'
  const lack = await lacksDisk(contest.folder, 3 * contest.bytes)
  if (lack !== undefined) return world.say(`SKIPPED: ${kind}: ${lack}`)
  let database
  try {
    database = await startDatabase(contest.bytes)
  } catch (error) {
    return world.say(`SKIPPED: ${kind}: no PostgreSQL can be started here: ${String(error)}`)
  }
  const pgDump = 'pg_dump --format=plain --no-acl --no-owner --clean --if-exists --no-password'
  const all = encoded(contest).map((one) =>
    one.name === LANDFALL
      ? one
      : {
          ...one,
          name: `pg_dump | ${one.name}`,
          needs: ['pg_dump', ...one.needs],
          command: (key: string) => `${pgDump} | ${one.command(key)}`,
        },
  )
  try {
    const env = { ...world.env, ...database.env, LANDFALL_BENCH_DATABASE: database.url }
    results[kind] = await race({ ...world, env }, all, undefined, kind, contest.bytes)
    bars.push(...barsOf(kind, results[kind], 0.9))
  } finally {
    await database.stop()
  }
}

async function wholePath(
  world: World,
  contest: Contest,
  { pathBytes, text, identity }: { readonly pathBytes: number; readonly text: Feed; readonly identity: string },
) {
  // What is stored is a fifth of it, or less.
  const lack = lacksMemory(0.6 * pathBytes)
  if (lack !== undefined) {
    world.say(`SKIPPED: the whole path of ${pathBytes / GIB} GiB: ${lack}`)
    return undefined
  }
  return runPath({ contest, env: world.env, say: world.say, pathBytes, text, identity })
}

function barsOf(kind: string, figures: Readonly<Record<string, Figures>>, bar: number): readonly Bar[] {
  const { [LANDFALL]: landfall, ...others } = figures
  const rounds = landfall?.timesLandfall ?? []
  return [
    ...(Object.keys(others).length > 0 && rounds.length > 0
      ? [atLeast(`${kind}: speed, times the fastest other`, round(median(rounds), 2), bar)]
      : []),
    ...(landfall?.maxRssMb === undefined ? [] : [atMost(`${kind}: MB of memory`, landfall.maxRssMb, RSS_BAR)]),
  ]
}

/** In turns, so that what else the machine does falls on all. */
async function race(world: World, all: readonly Contestant[], feed: Feed | undefined, kind: string, of?: number) {
  const bytes = feed?.bytes ?? of!
  const here = all.filter(({ name, needs }) => {
    const absent = needs.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
    if (absent.length > 0) world.say(`SKIPPED: ${kind}: ${name}: this machine has no ${absent.join(', ')}`)
    return absent.length === 0
  })
  const runs = new Map<string, (Run & { readonly sandbox: number })[]>(here.map(({ name }) => [name, []]))
  for (let turn = 0; turn < world.rounds; turn += 1) {
    if (feed !== undefined) await warm(feed)
    for (const { name, command } of here) {
      const key = `${kind}-${name}-${turn}`.replaceAll(/\W+/g, '-')
      const before = cpuSecondsOf(world.pid)
      const run = await timed(
        feed === undefined ? command(key) : `cat ${feed.files.join(' ')} | ${command(key)}`,
        world.env,
      )
      runs.get(name)!.push({ ...run, sandbox: cpuSecondsOf(world.pid) - before })
      world.say(`${kind}, ${name}: ${run.seconds} s, ${round(run.cpuSeconds, 2)} s of CPU`)
      // The sandbox keeps objects in memory.
      await world.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: key }))
    }
  }
  const rivals = here
    .filter(({ name, beside }) => name !== LANDFALL && beside !== true)
    .map(({ name }) => runs.get(name)!)
  return Object.fromEntries(
    here.map(({ name }): [string, Figures] => {
      const own = runs.get(name)!
      const own1 = own.map(({ said }) => said?.['maxRssMb']).filter((value) => typeof value === 'number')
      const landfall = runs.get(LANDFALL)!
      const times =
        name === LANDFALL
          ? landfall.map(({ seconds }, turn) => Math.min(...rivals.map((runs_) => runs_[turn]!.seconds)) / seconds)
          : own.map(({ seconds }, turn) => seconds / landfall[turn]!.seconds)
      const most = Math.max(...own.map(({ pipeMb }) => pipeMb ?? 0))
      return [
        name,
        {
          seconds: round(median(own.map(({ seconds }) => seconds)), 2),
          cpuSecondsPerGib: round((median(own.map(({ cpuSeconds }) => cpuSeconds)) / bytes) * GIB, 2),
          sandboxCpuSecondsPerGib: round((median(own.map(({ sandbox }) => sandbox)) / bytes) * GIB, 2),
          ...(most > 0 && { pipeMb: round(most) }),
          ...(own1.length > 0 && { maxRssMb: round(Math.max(...own1)) }),
          ...(times.every(Number.isFinite) && { timesLandfall: times.map((value) => round(value, 2)) }),
        },
      ]
    }),
  )
}

async function startSandbox() {
  const child = spawn(process.execPath, [SANDBOX, '--json', '--with-stdin', '--port', '0', '--seed', '1'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return {
    url: (JSON.parse(line) as { url: string }).url,
    pid: child.pid!,
    async stop() {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
