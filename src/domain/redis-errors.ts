/**
 * What Redis and its client say, in the error table's words: one reading for the ledger and for BullMQ's connections.
 * Works on names and texts alone, since ioredis has no codes.
 */
import { type ErrorCode, isLandfallError, LandfallError } from './errors.ts'

/** A Redis that refuses who we are. `NOPERM` comes from an ACL that lacks a command or a key. */
const REFUSED = /^(NOAUTH|WRONGPASS|NOPERM|ERR invalid password|ERR Client sent AUTH)/
/** A start, a failover, a resharding, a disk that refuses writes, a script that runs too long: these pass by themselves. */
const PASSING = /^(LOADING|BUSY|MASTERDOWN|READONLY|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|MISCONF|NOREPLICAS|UNBLOCKED)/
const CONNECTION =
  /Connection is closed|Connection is in closing state|isn't writeable|max retries per request|timed out|refresh slots cache|startup nodes|Too many Cluster redirections|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST/

/** `doing`: what was asked of Redis, for the message. Never throws; a `LandfallError` is handed back as it is. */
export function redisError(error: unknown, doing?: string): LandfallError {
  if (isLandfallError(error)) return error
  const said = replyOf(textOf(error))
  return new LandfallError(codeOf(error, said), `redis: ${doing === undefined ? '' : `${doing}: `}${said}`, {
    cause: error,
  })
}

function codeOf(error: unknown, said: string): ErrorCode {
  if (REFUSED.test(said)) return 'REDIS_REFUSED'
  if (said.startsWith('OOM')) return 'REDIS_FULL'
  if (PASSING.test(said) || CONNECTION.test(said)) return 'REDIS_UNREACHABLE'
  // What the system says (a socket, a name) is an outage; any other reply of Redis is a fault of ours.
  return error instanceof Error && 'code' in error && 'syscall' in error ? 'REDIS_UNREACHABLE' : 'INTERNAL'
}

/** A primary that was demoted in a failover: its connection has to look for the new one. */
export function isDemoted(error: Error): boolean {
  return replyOf(error.message).startsWith('READONLY')
}

/** Before Redis 7, what a command inside a script answered comes wrapped: `ERR Error running script ...: -OOM ...`. */
function replyOf(said: string): string {
  return /^ERR Error running script.*?: -([A-Z].*)$/s.exec(said)?.[1] ?? said
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // A cluster's error keeps what really happened beside it, a refused connection inside it.
  const { lastNodeError } = error as { lastNodeError?: unknown }
  if (lastNodeError instanceof Error) return lastNodeError.message
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message
  return error.message
}
