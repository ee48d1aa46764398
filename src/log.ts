/** The log: JSON lines on stdout for machines, readable lines on a terminal; ids first, a static message second. */
import { type DestinationStream, type Logger, pino } from 'pino'
import { makeScrub } from './domain/scrub.ts'
import type { Log } from './ports.ts'

export interface LogOptions {
  readonly level: string
  /** Readable lines (pino-pretty) instead of JSON. */
  readonly pretty: boolean
  /** Where to; stdout where absent. */
  readonly to?: 'stdout' | 'stderr' | DestinationStream | undefined
  /** Texts that must not be written, wherever they come from. */
  readonly secrets?: readonly string[] | undefined
}

/** Whatever a careless line might carry along. Secrets have no business in a log line in the first place. */
const SECRETS = [
  'url',
  'redisUrl',
  'password',
  'secretAccessKey',
  'sessionToken',
  'accessKeyId',
  'externalId',
  'authorization',
  'token',
]

export function makeLog({ level, pretty, to = 'stdout', secrets = [] }: LogOptions): Log {
  // The whole line, since a secret comes in what others wrote: messages of errors, down to their last cause.
  const streamWrite = makeScrub(secrets)
  const options = {
    level,
    base: { service: 'landfall' },
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    hooks: { streamWrite },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  }
  if (typeof to === 'object') return asLog(pino(options, to))
  const fd = to === 'stdout' ? 1 : 2
  if (!pretty) return asLog(pino(options, pino.destination({ fd, sync: true })))
  const { formatters: _formatters, ...rest } = options
  return asLog(
    pino({
      ...rest,
      transport: { target: 'pino-pretty', options: { destination: fd, ignore: 'service,pid,hostname' } },
    }),
  )
}

/** pino's own methods take more forms than Landfall uses. */
function asLog(logger: Logger): Log {
  return logger
}
