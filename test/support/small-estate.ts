import type { Alarms, Estate, Pair } from '../../src/config/estate.ts'
import type { Dump } from '../../src/config/estate-dumps.ts'

/** Estate with one account `main`, a queue in each region, and whatever the test overrides. */
export function smallEstate(overrides: Partial<Estate> = {}, service: Partial<Estate['service']> = {}): Estate {
  return {
    name: 'test',
    accounts: { main: { name: 'main', id: '111111111111' } },
    queues: [
      { name: 'intake-1', region: 'eu-west-1', account: 'main', consumers: 1 },
      { name: 'intake-2', region: 'eu-west-2', account: 'main', consumers: 1 },
    ],
    pairs: [smallPair('documents')],
    dumps: [],
    shipments: [],
    ...overrides,
    service: {
      region: 'eu-west-2',
      redis: { url: 'redis://127.0.0.1', cluster: false, durability: 'window' },
      http: { host: '127.0.0.1', port: 0 },
      metrics: { enabled: true, namespace: 'Landfall', region: 'eu-west-2', everyMs: 60_000 },
      alarms: smallAlarms(),
      intake: { consumersPerQueue: 1, waitSeconds: 1, visibilitySeconds: 30 },
      verify: { lanesPerPair: 1, concurrency: 4, leaseMs: 30_000, tickMs: 1000 },
      doctor: { everyMs: 86_400_000 },
      shutdownGraceMs: 1000,
      log: { level: 'silent', sample: 1 },
      ...service,
    },
  }
}

/** `<name>-source` in eu-west-1 and `<name>-destination` in eu-west-2. */
export function smallPair(name: string, overrides: Partial<Pair> = {}): Pair {
  return {
    name,
    source: { bucket: `${name}-source`, region: 'eu-west-1', account: 'main' },
    destination: { bucket: `${name}-destination`, region: 'eu-west-2', account: 'main' },
    evidence: 'auto',
    match: 'version',
    deleteMarkers: true,
    excludePrefixes: [],
    lateAfterMs: 900_000,
    failAfterMs: 3_600_000,
    recheckAfterMs: 3_600_000,
    firstLook: { minMs: 1000, maxMs: 60_000 },
    purgePrincipals: [],
    attributesSample: 0,
    redrive: {
      automatic: true,
      copy: false,
      retrigger: false,
      everyMs: 900_000,
      attempts: 3,
      rate: { versionsPerSecond: 50, bytesPerSecond: 64 * 2 ** 20 },
      hourly: { versions: 100_000, bytes: 2 ** 40, dollars: 50 },
      probe: { minMs: 300_000, maxMs: 21_600_000 },
    },
    stage: 'main',
    alarms: { rpoMs: 1_800_000 },
    ...overrides,
  }
}

export function smallAlarms(overrides: Partial<Alarms> = {}): Alarms {
  return {
    prefix: 'landfall-',
    topics: [],
    estateTopics: [],
    tags: {},
    thresholds: { late: 0, failed: 0, mismatched: 0, unannounced: 10, queueAgeMs: 900_000, inFlight: 100_000 },
    budget: { objective: 0.999, least: 5 },
    ...overrides,
  }
}

/** Made by others, plain, `<name>-202611240200.sql.gz`, in `<name>-dumps` of eu-west-1. */
export function smallDump(name: string, overrides: Partial<Dump> = {}): Dump {
  return {
    name,
    stage: name,
    place: { bucket: `${name}-dumps`, region: 'eu-west-1', account: 'main', prefix: '' },
    format: 'plain',
    compression: 'gzip',
    rows: 'none',
    expectedBytes: 2 ** 30,
    bounds: { smallest: 0.5, largest: 3 },
    freshMs: 26 * 3_600_000,
    drill: { everyMs: 8 * 86_400_000, checks: [] },
    ...overrides,
  }
}
