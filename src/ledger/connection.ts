/**
 * The ledger's own connection to Redis. BullMQ's are made elsewhere (queues/): its workers must wait for ever, and the
 * ledger must not.
 */
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { redisCredentials } from '../config/redis-url.ts'
import { LandfallError } from '../domain/errors.ts'
import { isDemoted, redisError } from '../domain/redis-errors.ts'

export type LedgerConnection = Redis | Cluster

export interface ConnectOptions {
  /** The URL names one node of a Redis Cluster; the others are found through it. */
  readonly cluster?: boolean | undefined
  /** How long to wait for a Redis that is not there yet, ms. */
  readonly connectTimeoutMs?: number | undefined
  /** How long one command may take before its caller gets REDIS_UNREACHABLE, ms. */
  readonly commandTimeoutMs?: number | undefined
  /** Told once, of the first failure, where Redis is not there yet and is waited for. */
  readonly onWait?: ((error: LandfallError) => void) | undefined
  /** Told of every connection error after the first connection stood; reconnecting goes on by itself. */
  readonly onError?: ((error: LandfallError) => void) | undefined
}

const ATTEMPT_MS = 5_000

/**
 * Connects, and waits until Redis answers. The connection keeps reconnecting by itself; commands given meanwhile fail
 * at once, and those in flight when it breaks fail too (whether they were done is unknown: every step of the ledger
 * may be repeated).
 *
 * Throws REDIS_UNREACHABLE, REDIS_REFUSED.
 */
export async function connectLedger(url: string, options: ConnectOptions = {}): Promise<LedgerConnection> {
  const connectTimeoutMs = options.connectTimeoutMs ?? 10_000
  const shared = {
    connectionName: 'landfall-ledger',
    // Of one attempt, now and at each reconnection: a host that swallows packets must not use up the whole wait.
    connectTimeout: Math.min(ATTEMPT_MS, connectTimeoutMs),
    // ioredis holds a timer for this long even where the socket has closed already, and with it a process that is done.
    disconnectTimeout: 100,
    commandTimeout: options.commandTimeoutMs ?? 5_000,
    maxRetriesPerRequest: 0,
    // Resending would run a script twice behind its caller's back, who would see its own ids as duplicates.
    autoResendUnfulfilledCommands: false,
    // A primary that was demoted in a failover: find the new one (ElastiCache moves the name).
    reconnectOnError: isDemoted,
  } satisfies RedisOptions
  const retry = (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), 2_000)
  const connection =
    options.cluster === true
      ? new Cluster([url], {
          enableOfflineQueue: false,
          lazyConnect: true,
          clusterRetryStrategy: retry,
          redisOptions: { ...shared, ...redisCredentials(url) },
        })
      : new Redis(url, { ...shared, enableOfflineQueue: false, lazyConnect: true, retryStrategy: retry })
  await ready(connection, connectTimeoutMs, options.onWait)
  // Without a listener ioredis prints to the console.
  connection.on('error', (error: unknown) => options.onError?.(redisError(error, 'connection')))
  return connection
}

/** Retries until the deadline, except where Redis refuses us: that does not mend itself. */
async function ready(connection: LedgerConnection, timeoutMs: number, onWait: ConnectOptions['onWait']): Promise<void> {
  let last: LandfallError | undefined
  let timer: NodeJS.Timeout | undefined
  const listeners = new AbortController()
  try {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: unknown): void => {
        const first = last === undefined
        last = redisError(error, 'connect')
        if (last.code === 'REDIS_REFUSED') reject(last)
        else if (first) onWait?.(last)
      }
      connection.on('error', failed).once('ready', resolve)
      listeners.signal.addEventListener('abort', () => connection.off('error', failed).off('ready', resolve))
      timer = setTimeout(
        () => reject(last ?? new LandfallError('REDIS_UNREACHABLE', `redis: no answer in ${timeoutMs} ms`)),
        timeoutMs,
      )
      connection.connect().catch(failed)
    })
  } catch (error) {
    connection.on('error', () => {})
    connection.disconnect()
    throw error
  } finally {
    clearTimeout(timer)
    listeners.abort()
  }
}
