/** BullMQ's pieces as app.ts joins them, on the run's Redis under a prefix of the test's own. */
import { onTestFinished } from 'vitest'
import type { Clock, Random } from '../../../src/ports.ts'
import { makeProducer, type Producer } from '../../../src/queues/producer.ts'
import {
  bullPrefix,
  closeRedis,
  makeRedis,
  makeRedisWatch,
  type RedisClient,
  type RedisWatch,
} from '../../../src/queues/redis.ts'
import { type Handlers, makeRunner, type Runner } from '../../../src/queues/runner.ts'
import { POLICY } from '../../../src/queues/policy.ts'
import { recordingLog } from '../../support/log.ts'
import { randomPrefix } from '../../support/prefix.ts'

export const clock: Clock = { now: () => Date.now() }
export const random: Random = { next: () => Math.random() }

/** As shipped, but with a dead worker found in a second. */
export const QUICK = Object.fromEntries(
  Object.entries(POLICY).map(([job, policy]) => [job, { ...policy, lockMs: 600, stalledMs: 300, backoffMs: 20 }]),
) as unknown as typeof POLICY

export interface Bull {
  readonly log: ReturnType<typeof recordingLog>
  readonly watch: RedisWatch
  readonly prefix: string
  /** For looking at keys, and for breaking them. */
  readonly redis: RedisClient
  readonly producer: Producer
  /** Closed when the test is over, whatever becomes of it. */
  readonly run: (handlers: Handlers, connection?: RedisClient) => Runner
  readonly connect: (role: 'producer' | 'worker') => RedisClient
  readonly keys: () => Promise<string[]>
}

/** The producer fails fast: it is handed out connected, unless Redis is not there yet. */
export async function setUpBull(
  url: string,
  options: { readonly waits?: boolean; readonly cluster?: boolean } = {},
): Promise<Bull> {
  const log = recordingLog()
  const watch = makeRedisWatch({ clock, log })
  const prefix = bullPrefix(randomPrefix())
  const closers: (() => Promise<unknown>)[] = []
  const connect = (role: 'producer' | 'worker'): RedisClient => {
    const client = makeRedis(url, { cluster: options.cluster ?? false, role, watch })
    closers.push(() => closeRedis(client))
    return client
  }
  const redis = connect('worker')
  const connection = connect('producer')
  const producer = makeProducer({ connection, prefix, policy: QUICK, watch, clock, random })
  closers.push(() => producer.close())
  onTestFinished(async () => {
    for (const close of closers.toReversed()) await close()
  })
  if (options.waits !== false) await Promise.all([connected(redis), connected(connection)])
  return {
    log,
    watch,
    prefix,
    redis,
    producer,
    connect,
    run(handlers, connection = connect('worker')) {
      const runner = makeRunner({ handlers, connection, prefix, policy: QUICK, watch, clock, log })
      closers.push(() => runner.close({ graceMs: 0, lastMs: 500 }))
      return runner
    },
    keys: () => redis.keys(`${prefix}:*`),
  }
}

async function connected(client: RedisClient): Promise<void> {
  if (client.status !== 'ready') await new Promise((resolve) => client.once('ready', resolve))
}
