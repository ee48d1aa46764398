/**
 * The demo's database: a private PostgreSQL with a small marketplace in it, dumped each minute into the backups account,
 * and verified. Where none can be started the demo goes on without it, and says so.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import packageJson from '../../package.json' with { type: 'json' }
import type { Aws } from '../aws/clients.ts'
import { dumpSides } from '../aws/dump-catalogs.ts'
import { makeDumpDecoder } from '../codec/decode.ts'
import { compressionOf, makeDumpEncoder } from '../codec/encode.ts'
import { replicaPlace } from '../config/dump-places.ts'
import type { Environment } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import type { Dump } from '../config/estate-dumps.ts'
import { type DumpHealth, dumpHealthOf } from '../domain/dump/health.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { LedgerConnection } from '../ledger/connection.ts'
import { makeDumpLedger } from '../ledger/dump-ledger.ts'
import type { Clock, Log } from '../ports.ts'
import { type Cluster, startCluster } from '../postgres/cluster.ts'
import { customAsSql } from '../postgres/custom.ts'
import { openDump } from '../postgres/dump.ts'
import { toolEnvironment } from '../postgres/environment.ts'
import { openSession } from '../postgres/session.ts'
import { openScratch } from '../postgres/scratch.ts'
import { findTools, newestTool } from '../postgres/tools.ts'
import { toolVersions } from '../postgres/versions.ts'
import { newRunId, systemRandom } from '../system.ts'
import { makeRunDump } from '../workers/dump.ts'
import { makeCatalogReader } from '../workers/dump-catalog.ts'
import { makeVerifyDump } from '../workers/dump-verify.ts'
import { makeDrill } from '../workers/drill.ts'
import { filesOf, storeReport } from '../workers/drill-report.ts'

export interface DemoDumps {
  /** Ends dumps and database. */
  stop(): Promise<void>
  /** What came of them; `why`: what kept the last one from being made. */
  summary(): Promise<{ readonly made: number; readonly health: DumpHealth; readonly why: string | null }>
}

interface Needs {
  readonly estate: Estate
  readonly dump: Dump
  readonly aws: Aws
  readonly connection: LedgerConnection
  readonly prefix: string
  readonly env: Environment
  readonly clock: Clock
  readonly log: Log
  readonly say: (text: string) => void
}

const EVERY_MS = 60_000
/** Until the first replica is there: replication takes seconds here. */
const REPLICA_LOOKS = 20
const REPLICA_MS = 500
const DATABASE = 'marketplace'

const MARKETPLACE = `
CREATE TABLE suppliers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE services (id int PRIMARY KEY, supplier_id int NOT NULL REFERENCES suppliers, title text NOT NULL, data jsonb);
CREATE TABLE agreements (id int GENERATED ALWAYS AS IDENTITY, supplier_id int REFERENCES suppliers, signed_at timestamptz);
INSERT INTO suppliers SELECT n, 'Supplier ' || n FROM generate_series(1, 500) n;
INSERT INTO services SELECT n, n % 500 + 1, 'Service ' || n, jsonb_build_object('lot', 'cloud-hosting', 'price', n)
  FROM generate_series(1, 5000) n;
INSERT INTO agreements (supplier_id, signed_at) SELECT n, now() FROM generate_series(1, 300) n
`

/** The dump of the demo's estate; undefined where this machine cannot make one, and then `say` was told why. */
export async function demoDump(example: Estate, env: Environment, say: Needs['say']): Promise<Dump | undefined> {
  const pair = example.pairs.find(({ name }) => name === 'database-backups')
  const path = env['PATH'] ?? ''
  for (const tool of ['initdb', 'psql', 'pg_dump'] as const) {
    if ((await findTools(tool, path)).length > 0) continue
    say(`dumps: none, since this machine has no ${tool} (PostgreSQL)`)
    return undefined
  }
  if (pair === undefined) return undefined
  return {
    name: 'production',
    stage: 'production',
    // The traffic makes up files of others in the same bucket.
    place: { ...pair.source, prefix: 'marketplace/' },
    pair: pair.name,
    format: 'plain',
    compression: 'zstd',
    rows: 'stream',
    expectedBytes: 16 * 2 ** 20,
    bounds: { smallest: 0.5, largest: 3 },
    freshMs: 5 * EVERY_MS,
    drill: { everyMs: 8 * 86_400_000, checks: [] },
  }
}

/** Starts at once, and is never waited for: whatever fails here is said, and costs the demo nothing else. */
export function startDemoDumps(needs: Needs): DemoDumps {
  const { clock, log, say, dump } = needs
  const stopping = new AbortController()
  const catalog = makeCatalogReader(dumpSides(needs.estate, needs.aws, dump))
  let made = 0
  let drilled = false
  let why: string | null = null

  async function work(): Promise<void> {
    let cluster: Cluster | undefined
    try {
      cluster = await startCluster({ env: needs.env, log, signal: stopping.signal })
      const url = await fill(cluster, needs)
      say(`dumps: a PostgreSQL of our own, dumped each minute into ${dump.place.bucket}`)
      while (!stopping.signal.aborted) {
        await once(url)
        await sleep(EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {})
      }
    } catch (error) {
      if (stopping.signal.aborted) return
      tell(error)
    } finally {
      await cluster?.stop()
    }
  }

  async function once(url: string): Promise<void> {
    try {
      const done = await makeDump(needs, url, stopping.signal)
      await verify(needs, catalog, done.key, stopping.signal)
      made += 1
      why = null
      for (let times = 0; times < REPLICA_LOOKS && !drilled && !stopping.signal.aborted; times += 1) {
        drilled = await drillOnce(needs, catalog, stopping.signal)
        if (!drilled) await sleep(REPLICA_MS, undefined, { signal: stopping.signal }).catch(() => {})
      }
    } catch (error) {
      if (!stopping.signal.aborted) tell(error)
    }
  }

  function tell(error: unknown): void {
    why = isLandfallError(error) ? `${error.code}: ${error.message}` : String(error)
    say(`dumps: ${why}`)
    log.warn({ err: error }, 'the dump of the demo failed')
  }

  const working = work()
  return {
    async stop() {
      stopping.abort()
      await working
    },
    async summary() {
      const entries = await catalog.read()
      return { made, why, health: dumpHealthOf(dump.name, entries, { now: clock.now(), replicated: true }) }
    },
  }
}

/** Resolves to the database's URL. */
async function fill(cluster: Cluster, { env }: Needs): Promise<string> {
  const psql = await newestTool('psql', env['PATH'] ?? '')
  const run = async (database: string, sql: string): Promise<void> => {
    const session = openSession({ psql, env: toolEnvironment(env, { env: { ...cluster.env, PGDATABASE: database } }) })
    try {
      await session.run(sql)
    } finally {
      await session.close()
    }
  }
  await run('postgres', `CREATE DATABASE ${DATABASE}`)
  await run(DATABASE, MARKETPLACE)
  const { PGUSER = '', PGPASSWORD = '', PGHOST = '', PGPORT = '' } = cluster.env
  return `postgresql://${PGUSER}:${PGPASSWORD}@/${DATABASE}?host=${encodeURIComponent(PGHOST)}&port=${PGPORT}`
}

async function makeDump(
  { estate, dump, aws, connection, prefix, env, clock, log }: Needs,
  url: string,
  signal: AbortSignal,
) {
  const run = makeRunDump({
    dump,
    store: dumpSides(estate, aws, dump).here,
    ledger: makeDumpLedger({ connection, prefix }),
    open: async (stop) => openDump({ dump, url, env, log, signal: stop }),
    encoder: async () => makeDumpEncoder(dump),
    compression: compressionOf(dump),
    runId: newRunId(),
    landfallVersion: packageJson.version,
    clock,
    random: systemRandom,
    log,
  })
  return run(signal)
}

async function verify(
  { estate, dump, aws, env, clock }: Needs,
  catalog: ReturnType<typeof makeCatalogReader>,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const { here } = dumpSides(estate, aws, dump)
  const entries = await catalog.read({ signal })
  const which = entries.find((entry) => entry.key === key && entry.here?.superseded === false)
  if (which === undefined) throw new LandfallError('DUMP_MISSING', `${key} is not in its bucket`)
  const look = makeVerifyDump({
    dump,
    store: here,
    ...(await readingOf(env)),
    clock,
    landfallVersion: packageJson.version,
  })
  await look(entries, which, { signal })
}

/** Of a plain dump that is not encrypted. */
async function readingOf(env: Environment) {
  return {
    decoder: await makeDumpDecoder({ path: env['PATH'] ?? '' }),
    customAsSql: (source: AsyncIterable<Uint8Array>, stop: AbortSignal) => customAsSql(source, { env, signal: stop }),
    tools: await toolVersions(env),
  }
}

/** Restores the newest replica into a scratch server; false: no replica is there yet. */
async function drillOnce(
  { estate, dump, aws, env, clock, log }: Needs,
  catalog: ReturnType<typeof makeCatalogReader>,
  signal: AbortSignal,
): Promise<boolean> {
  const { replica, drills } = dumpSides(estate, aws, dump)
  const entry = (await catalog.read({ signal })).find((one) => one.replica !== undefined && one.manifest !== undefined)
  const place = replicaPlace(estate, dump)
  if (entry?.replica === undefined || replica === undefined || place === undefined) return false
  const drill = makeDrill({
    dump,
    place,
    store: replica,
    ...(await readingOf(env)),
    openScratch: async (stop) => openScratch({ env, log, signal: stop }),
    clock,
    landfallVersion: packageJson.version,
  })
  const report = await drill({ entry, held: entry.replica }, { signal })
  if (drills !== undefined) await storeReport(drills, filesOf(report))
  return true
}
