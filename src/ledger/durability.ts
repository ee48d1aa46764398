/**
 * How well Redis keeps what it was told, read from INFO alone: managed Redis forbids CONFIG.
 */
import { Cluster, type Redis } from 'ioredis'
import type { RedisFacts } from '../domain/doctor/surroundings.ts'
import { LandfallError } from '../domain/errors.ts'
import type { LedgerHealth } from '../domain/snapshot.ts'
import type { LedgerConnection } from './connection.ts'
import { redisError } from '../domain/redis-errors.ts'

export type Durability = 'sync' | 'window'

/** What a failover may forget with `window`: Redis' own `appendfsync everysec` may lag a second behind its timer. */
export const WINDOW_SECONDS = 2

const WAIT_MS = 2_000

export interface DurabilityNeeds {
  readonly connection: LedgerConnection
  readonly durability: Durability
  readonly now: () => number
}

export interface Keeper {
  check(): Promise<void>
  durable(): Promise<void>
  health(): Promise<LedgerHealth>
  /** Of each primary. */
  facts(): Promise<readonly RedisFacts[]>
}

type Info = ReadonlyMap<string, string>

export function makeKeeper({ connection, durability, now }: DurabilityNeeds): Keeper {
  let cached: { readonly at: number; readonly infos: Promise<readonly Info[]> } | undefined
  let waitsForDisk: boolean | undefined

  /** One INFO per primary, at most once a second: readiness and intake ask often. */
  function infos(): Promise<readonly Info[]> {
    if (cached === undefined || now() - cached.at >= 1_000) {
      const asked = { at: now(), infos: Promise.all(primaries(connection).map(readInfo)) }
      cached = asked
      asked.infos.catch(() => {
        if (cached === asked) cached = undefined
      })
    }
    return cached.infos
  }

  async function canWait(): Promise<boolean> {
    waitsForDisk ??= (await infos()).every(hasWaitAof)
    return waitsForDisk
  }

  return {
    async check() {
      for (const info of await infos()) {
        checkFit(info)
        if (durability === 'sync' && info.get('aof_enabled') !== '1') {
          throw new LandfallError('REDIS_NOT_DURABLE', 'redis: no append-only file (aof_enabled:0)')
        }
      }
    },

    async durable() {
      // Without WAITAOF, `appendfsync always` has written to disk before it answers: nothing is left to wait for.
      if (durability === 'window' || !(await canWait())) return
      await Promise.all(primaries(connection).map(waitForDisk))
    },

    async health() {
      const all = await infos()
      const shares = all.map(memoryShare).filter((share) => share !== undefined)
      return {
        durability,
        how:
          durability === 'window'
            ? `held back ${WINDOW_SECONDS} s`
            : (await canWait())
              ? 'WAITAOF'
              : 'appendfsync always (as configured)',
        mayForgetSeconds: durability === 'window' ? WINDOW_SECONDS : 0,
        ...(shares.length === 0 ? {} : { memoryShare: Math.max(...shares) }),
        version: all[0]?.get('valkey_version') ?? all[0]?.get('redis_version') ?? 'unknown',
      }
    },

    facts: async () => (await infos()).map(factsOf),
  }
}

/** The connections that this client writes through: `WAITAOF` waits for the writes of its own connection only. */
function primaries(connection: LedgerConnection): readonly Redis[] {
  return connection instanceof Cluster ? connection.nodes('master') : [connection]
}

async function readInfo(node: Redis): Promise<Info> {
  try {
    const text = await node.info()
    return new Map(
      text.split(/\r?\n/).flatMap((line): [string, string][] => {
        const at = line.indexOf(':')
        return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : []
      }),
    )
  } catch (error) {
    throw redisError(error, 'INFO')
  }
}

async function waitForDisk(node: Redis): Promise<void> {
  let reply: unknown
  try {
    reply = await node.call('WAITAOF', 1, 0, WAIT_MS)
  } catch (error) {
    throw redisError(error, 'WAITAOF')
  }
  if (Array.isArray(reply) && Number(reply[0]) >= 1) return
  throw new LandfallError('REDIS_UNREACHABLE', `redis: the append-only file was not on disk after ${WAIT_MS} ms`, {
    hint: 'Is the disk of Redis slow or full? `redis-cli info persistence` tells.',
  })
}

/** Redis 7.2 brought it; Valkey reports itself as Redis 7.2.4. */
function hasWaitAof(info: Info): boolean {
  return atLeast(info.get('redis_version') ?? '0', 7, 2)
}

function checkFit(info: Info): void {
  const version = info.get('redis_version') ?? '0'
  if (!atLeast(version, 6, 2)) throw new LandfallError('REDIS_UNFIT', `redis: version ${version} is older than 6.2`)
  const policy = info.get('maxmemory_policy') ?? 'noeviction'
  if (Number(info.get('maxmemory') ?? 0) > 0 && policy !== 'noeviction') {
    throw new LandfallError('REDIS_UNFIT', `redis: maxmemory-policy is ${policy}: it would drop the ledger's keys`)
  }
}

function memoryShare(info: Info): number | undefined {
  const max = Number(info.get('maxmemory') ?? 0)
  return max > 0 ? Number(info.get('used_memory') ?? 0) / max : undefined
}

function factsOf(info: Info): RedisFacts {
  const [version, valkey] = [info.get('redis_version') ?? '0', info.get('valkey_version')]
  const number = (name: string): number => Number(info.get(name) ?? 0)
  return {
    version,
    product: valkey === undefined ? `Redis ${version}` : `Valkey ${valkey}`,
    role: info.get('role') ?? 'unknown',
    replicas: number('connected_slaves'),
    appendOnly: info.get('aof_enabled') === '1',
    // Before its first write there is none to speak of.
    appendOnlyWell: (info.get('aof_last_write_status') ?? 'ok') === 'ok',
    eviction: info.get('maxmemory_policy') ?? 'noeviction',
    maxMemory: number('maxmemory'),
    usedMemory: number('used_memory'),
    evictedKeys: number('evicted_keys'),
  }
}

function atLeast(version: string, major: number, minor: number): boolean {
  const [is = 0, isMinor = 0] = version.split('.').map(Number)
  return is > major || (is === major && isMinor >= minor)
}
