/**
 * What ioredis and Redis say -> the error table's words (docs/errors.md). The caller sees a `LandfallError` or a result.
 */
import { type ErrorCode, isLandfallError, LandfallError } from '../domain/errors.ts'

/** Reply prefixes of a Redis that refuses who we are. `NOPERM` comes from an ACL that lacks a command or a key. */
const REFUSED = ['NOAUTH', 'WRONGPASS', 'NOPERM', 'ERR invalid password', 'ERR Client sent AUTH']

/**
 * Reply prefixes that pass by themselves: a start, a failover, a resharding, a disk that refuses writes, a script that
 * runs too long.
 */
const PASSING = [
  'LOADING',
  'BUSY',
  'MASTERDOWN',
  'READONLY',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MOVED',
  'ASK',
  'MISCONF',
  'NOREPLICAS',
  'UNBLOCKED',
]

/** `doing` is what was asked of Redis, for the message. Never throws. */
export function ledgerError(error: unknown, doing: string): LandfallError {
  if (isLandfallError(error)) return error
  const said = messageOf(error)
  return new LandfallError(codeOf(error, said), `redis: ${doing}: ${said}`, { cause: error })
}

function codeOf(error: unknown, said: string): ErrorCode {
  if (REFUSED.some((prefix) => said.startsWith(prefix))) return 'REDIS_REFUSED'
  if (said.startsWith('OOM')) return 'REDIS_FULL'
  if (PASSING.some((prefix) => said.startsWith(prefix))) return 'REDIS_UNREACHABLE'
  // Any other reply of Redis is a fault of ours; all that is no reply is the connection's.
  return error instanceof Error && error.name === 'ReplyError' ? 'INTERNAL' : 'REDIS_UNREACHABLE'
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // ClusterAllFailedError ("Failed to refresh slots cache.") keeps what really happened beside it.
  const last = (error as { lastNodeError?: unknown }).lastNodeError
  if (last instanceof Error) return last.message
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message
  return error.message
}
