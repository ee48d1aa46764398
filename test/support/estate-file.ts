/** A configuration file for a small estate with times short enough for a test. JSON is YAML. */
import { writeFile } from 'node:fs/promises'
import { ACCOUNT } from './local-aws.ts'

export interface EstateFileOptions {
  readonly redisUrl: string
  readonly cluster?: boolean
  /** 0: a free one. */
  readonly httpPort?: number
  /** Merged over each pair. */
  readonly pair?: Readonly<Record<string, unknown>>
  /** Merged over `service`. */
  readonly service?: Readonly<Record<string, unknown>>
}

/** The second one's destination tells nothing: looks alone find its replicas. */
export const PAIRS = ['documents', 'communications'] as const
export const QUIET_PAIR = 'communications'
export const SNAPSHOT_BUCKET = 'landfall-snapshots'
export const BATCH = { roleArn: `arn:aws:iam::${ACCOUNT}:role/batch-replication`, bucket: 'faults-redrive' } as const
export const QUEUES = ['landfall-eu-west-1', 'landfall-eu-west-2'] as const

export function estateDocument(options: EstateFileOptions) {
  return {
    name: 'faults',
    accounts: { main: { id: ACCOUNT } },
    service: {
      region: 'eu-west-2',
      redis: { url: options.redisUrl, cluster: options.cluster ?? false, durability: 'sync' },
      http: { port: options.httpPort ?? 0 },
      snapshot: { bucket: SNAPSHOT_BUCKET, region: 'eu-west-2', account: 'main', every: '10s' },
      metrics: { every: '1s' },
      intake: { consumersPerQueue: 2, wait: '1s', visibility: '5s' },
      verify: { lanesPerPair: 2, concurrency: 16, lease: '3s', tick: '100ms' },
      shutdownGrace: '5s',
      ...options.service,
    },
    queues: [
      { name: QUEUES[0], region: 'eu-west-1', account: 'main' },
      { name: QUEUES[1], region: 'eu-west-2', account: 'main' },
    ],
    pairs: PAIRS.map((name) => ({
      name,
      source: { bucket: `faults-${name}-source`, region: 'eu-west-1', account: 'main' },
      destination: { bucket: `faults-${name}-destination`, region: 'eu-west-2', account: 'main' },
      // Longer than any outage here: nothing turns late or fails for want of Landfall.
      late: '2m',
      fail: '10m',
      firstLook: { min: '200ms', max: '1s' },
      redrive: { batch: BATCH },
      ...options.pair,
    })),
  }
}

/** Writes any document: tests also want broken ones. */
export async function writeEstateFile(path: string, document: unknown): Promise<string> {
  await writeFile(path, JSON.stringify(document, null, 2))
  return path
}
