/** What `landfall doctor` looks at, and with what. */
import { setTimeout as sleep } from 'node:timers/promises'
import { makeAlarms } from '../aws/alarms.ts'
import { makeCanaryWriter } from '../aws/canary.ts'
import { type Aws, makeAws } from '../aws/clients.ts'
import { observeClocks } from '../aws/observe/clock.ts'
import { hereBy } from '../aws/observe/here.ts'
import { observe } from '../aws/observe/index.ts'
import { makeObjectStore } from '../aws/object-store.ts'
import { makeSnapshotStore } from '../aws/snapshot-store.ts'
import { placeHints, usesOwnEndpoint } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import { readSecret } from '../config/secret.ts'
import { warningsOf } from '../config/warnings.ts'
import { alarmsOf } from '../domain/alarms/alarms.ts'
import type { Finding } from '../domain/doctor/finding.ts'
import type { CanaryRun, RedisFacts, Surroundings } from '../domain/doctor/surroundings.ts'
import type { PgVersion } from '../domain/dump/fit.ts'
import type { Seen } from '../domain/setup/observed.ts'
import { connectLedger } from '../ledger/connection.ts'
import { makeLedger } from '../ledger/ledger.ts'
import { makeLog } from '../log.ts'
import { serverVersion } from '../postgres/server-version.ts'
import { toolVersions } from '../postgres/versions.ts'
import type { Log } from '../ports.ts'
import { systemClock } from '../system.ts'
import { followCanary } from '../workers/canary.ts'
import { type Looks, makeDoctor, seeing } from '../workers/doctor.ts'
import type { Io } from './command.ts'

const PATIENCE_MS = 180_000
const DATABASE_MS = 20_000

export interface OpenDoctor {
  examine(): Promise<readonly Finding[]>
  close(): void
}

export async function openDoctor(needs: {
  readonly estate: Estate
  readonly io: Io
  readonly quick: boolean
  /** How long canaries are waited for; absent: none is written. */
  readonly canaryMs?: number | undefined
  readonly tell: (text: string) => void
}): Promise<OpenDoctor> {
  const { estate, io, quick, canaryMs, tell } = needs
  const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr' })
  const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env) })
  const looks: Looks = {
    warnings: async () => warningsOf(estate),
    clocks: async () => observeClocks(aws, estate, systemClock),
    place: async () => hereBy(placeHints(io.env)),
    redis: async () => seeing(async () => redisFacts(estate)),
    ...(quick ? {} : thorough(estate, aws, io)),
    ...(canaryMs !== undefined && { canaries: async () => canaries(estate, aws, log, canaryMs) }),
  }
  const doctor = makeDoctor({
    estate,
    observe: async () =>
      observe({
        estate,
        aws,
        onProgress: (name, done, known) => tell(`${done} of ${known} looked at  ${name}`),
      }),
    looks,
    patienceMs: PATIENCE_MS,
  })
  return { examine: async () => doctor({ quick }), close: () => aws.close() }
}

function thorough(estate: Estate, aws: Aws, io: Io): Looks {
  return {
    token: async () => estate.service.http.token !== undefined,
    tools: async () => toolVersions(io.env),
    databases: async () => databases(estate, io),
    alarms: async () => alarms(estate, aws),
    snapshot: async () => snapshot(estate, aws),
  }
}

/** Of all pairs at the same time. A pair whose canary cannot be written says why. */
async function canaries(
  estate: Estate,
  aws: Aws,
  log: Log,
  waitMs: number,
): Promise<ReadonlyMap<string, Seen<CanaryRun>>> {
  const { url, cluster, durability } = estate.service.redis
  const opened = await seeing(async () => connectLedger(url, { cluster }))
  if (opened.is !== 'there') return new Map(estate.pairs.map(({ name }) => [name, opened]))
  const connection = opened.value
  try {
    const needs = {
      write: makeCanaryWriter({ estate, aws }),
      ledger: makeLedger({ connection, clock: systemClock, durability }),
      objects: makeObjectStore({ estate, aws, clock: systemClock, log }),
      clock: systemClock,
      pause: async (ms: number) => sleep(ms),
    }
    const runs = estate.pairs.map(
      async (pair) => [pair.name, await seeing(async () => followCanary(needs, pair, waitMs))] as const,
    )
    return new Map(await Promise.all(runs))
  } finally {
    connection.disconnect()
  }
}

async function redisFacts(estate: Estate): Promise<readonly RedisFacts[]> {
  const { url, cluster, durability } = estate.service.redis
  const connection = await connectLedger(url, { cluster })
  try {
    return await makeLedger({ connection, clock: systemClock, durability }).facts()
  } finally {
    connection.disconnect()
  }
}

async function databases(estate: Estate, io: Io): Promise<ReadonlyMap<string, Seen<PgVersion>>> {
  const made = estate.dumps.flatMap(({ name, database }) => (database === undefined ? [] : [{ name, database }]))
  const ask = async (name: string, database: (typeof made)[number]['database']): Promise<PgVersion> =>
    serverVersion(
      await readSecret(database, `dumps.${name}.database`, io.env),
      io.env,
      AbortSignal.timeout(DATABASE_MS),
    )
  return new Map(
    await Promise.all(
      made.map(async ({ name, database }) => [name, await seeing(async () => ask(name, database))] as const),
    ),
  )
}

async function alarms(estate: Estate, aws: Pick<Aws, 'cloudWatch'>): Promise<Surroundings['alarms']> {
  // Without metrics the configuration says itself that nothing is told of.
  if (!estate.service.metrics.enabled) return undefined
  return seeing(async () => {
    const standing = new Set((await makeAlarms({ estate, aws }).list()).map(({ name }) => name))
    const wanted = alarmsOf(estate).map(({ name }) => name)
    return { wanted: wanted.length, missing: wanted.filter((name) => !standing.has(name)) }
  })
}

async function snapshot(estate: Estate, aws: Pick<Aws, 's3'>): Promise<Surroundings['snapshot']> {
  const store = makeSnapshotStore({ estate, aws })
  if (store === undefined) return undefined
  return seeing(async () => ({ written: (await store.whose()) !== undefined }))
}
