/**
 * BullMQ's connections to Redis (the ledger makes its own: it needs other promises). All in one place, since the
 * differences matter:
 * - `producer` fails fast: a poke that cannot be made now is made by the next tick; it must not pile up in memory
 * - `worker` waits for ever: BullMQ's loop ends for good when a command of its own is rejected
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { ErrorCode } from '../domain/errors.ts'
import { isDemoted, redisError } from '../domain/redis-errors.ts'
import { redisCredentials } from '../config/redis-url.ts'
import type { Clock, Log } from '../ports.ts'
import { makeOutage } from './outage.ts'

export type RedisClient = Redis | Cluster
export type RedisRole = 'producer' | 'worker'

export interface RedisSettings {
  /** The URL names one node of a Redis Cluster; the others are found through it. */
  readonly cluster: boolean
  readonly role: RedisRole
  readonly watch: RedisWatch
}

/** A hash tag: all of BullMQ's keys lie in one slot, as its scripts demand of a cluster. */
export function bullPrefix(suffix?: string): string {
  return suffix === undefined ? '{landfall}' : `{landfall-${suffix}}`
}

const ROLES = {
  producer: { maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false, commandTimeout: 5_000 },
  // Its blocking commands take up to 10 s. Without this a connection whose other end vanished would hang for good.
  worker: { maxRetriesPerRequest: null, socketTimeout: 30_000 },
} satisfies Record<RedisRole, RedisOptions>

/** Begins to connect, and goes on by itself. Never throws: an outage is told by `watch`, and by the commands' own errors. */
export function makeRedis(url: string, { cluster, role, watch }: RedisSettings): RedisClient {
  const enableOfflineQueue = role === 'worker'
  const node = {
    ...ROLES[role],
    connectionName: `landfall-${role}`,
    connectTimeout: 5_000,
    // A primary that was demoted in a failover: find the new one (ElastiCache moves the name).
    reconnectOnError: isDemoted,
  } satisfies RedisOptions
  const client = cluster
    ? new Cluster([url], {
        enableOfflineQueue,
        clusterRetryStrategy: retryMs,
        redisOptions: { ...node, ...redisCredentials(url) },
      })
    : new Redis(url, { ...node, enableOfflineQueue, retryStrategy: retryMs })
  watch.add(client)
  return client
}

function retryMs(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 6), 2_000)
}

/** Closes politely while Redis answers, else at once. Never throws. */
export async function closeRedis(client: RedisClient): Promise<void> {
  if (client.status === 'ready') {
    const tooLong = setTimeout(() => client.disconnect(), 1_000)
    await client.quit().catch(() => undefined)
    clearTimeout(tooLong)
  }
  client.disconnect()
}

/** A job that ran while its keys were deleted, or that another worker took as stalled: the ledger knows what is due. */
const JOB_IS_GONE = /Missing (key|lock) for job|Lock mismatch for job|could not renew lock for job/

/** One outage of Redis is one line in the log, however many connections meet it, and one line when it is over. */
export interface RedisWatch {
  add(client: RedisClient): void
  /** An error that BullMQ raised: the connections' own are known already. */
  raised(error: unknown, from: string): void
  readonly down: ErrorCode | undefined
}

export function makeRedisWatch(needs: { readonly clock: Clock; readonly log: Log }): RedisWatch {
  const { clock, log } = needs
  const outage = makeOutage({ subject: 'Redis', clock, log })
  const down = new Set<RedisClient>()
  return {
    get down() {
      return outage.cause?.code
    },
    add(client) {
      client.on('error', (error: unknown) => {
        down.add(client)
        outage.failed(redisError(error))
      })
      client.on('ready', () => {
        down.delete(client)
        if (down.size === 0) outage.over()
      })
      client.on('end', () => down.delete(client))
    },
    raised(error, from) {
      const known = redisError(error)
      const ids = { from, code: known.code, error: known.message }
      if (known.code !== 'INTERNAL') log.debug(ids, 'Redis failed a command of BullMQ')
      else if (JOB_IS_GONE.test(known.message)) log.debug(ids, 'a job is gone from Redis; it is poked again')
      else log.error(ids, 'BullMQ reports an error')
    },
  }
}
