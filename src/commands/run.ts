/** `landfall run`: the service. */
import { type Command, InvalidArgumentError } from 'commander'
import { type App, type Part, PARTS, startApp } from '../app.ts'
import { placeHints, usesOwnEndpoint } from '../config/environment.ts'
import { readToken } from '../config/secret.ts'
import { loadEstate } from '../config/load.ts'
import { secretsOf } from '../config/redact.ts'
import { telemetryOf } from '../config/telemetry.ts'
import { EXIT, LandfallError } from '../domain/errors.ts'
import { makeLog } from '../log.ts'
import { examples, type Io, withConfig } from './command.ts'
import { printError } from './output.ts'

interface Options {
  readonly config?: string
  readonly only?: ReadonlySet<Part>
  readonly redisWait: number
}

export function register(program: Command, io: Io): void {
  withConfig(
    program
      .command('run')
      .description(
        'the service: takes events from SQS, verifies that every version lands, publishes metrics; until SIGTERM or SIGINT, which it obeys gracefully (a second one ends it at once)',
      ),
  )
    .option(
      '--only <parts>',
      `do only some of: ${PARTS.join(', ')} (comma-separated); other containers do the rest`,
      parts,
    )
    .option('--redis-wait <seconds>', 'how long to wait at the start for a Redis that is not there yet', seconds, 60)
    .addHelpText(
      'after',
      `${examples('landfall run', 'landfall run --config /etc/landfall.yaml', 'landfall run --only intake')}
The operator's page is at / of service.http (default 127.0.0.1:9320); health: GET /livez, /readyz, /metrics (Prometheus).
What is down at the start: a Redis is waited for; AWS regions are worked without until they answer. A wrong
configuration, refused credentials, a missing queue or bucket end it at once, with what to do next.`,
    )
    .action(async ({ config, only, redisWait }: Options) => {
      const estate = await loadEstate({ path: config, env: io.env })
      const { token } = estate.service.http
      const httpToken = token && (await readToken(token, 'service.http.token', io.env))
      const log = makeLog({
        level: estate.service.log.level,
        pretty: io.stdout.isTTY,
        secrets: [...secretsOf(estate), ...(httpToken === undefined ? [] : [httpToken])],
      })
      const telemetry = telemetryOf(io.env)
      for (const warning of telemetry?.warnings ?? []) log.warn({ warning }, 'the environment is probably not meant so')
      // Listened for before the start, which may wait a minute for Redis.
      const signalled = firstSignal()
      const starting = startApp({
        estate,
        pathStyle: usesOwnEndpoint(io.env),
        log,
        only,
        place: placeHints(io.env),
        httpToken,
        telemetry: telemetry !== undefined && 'sampler' in telemetry ? telemetry : undefined,
        redisWaitMs: redisWait * 1000,
        dumpCommand: {
          file: process.execPath,
          // As commands/young-heap.ts has it, and from the very start.
          args: ['--max-semi-space-size=1', process.argv[1]!],
          more: config === undefined ? [] : ['--config', config],
          env: io.env,
        },
      })
      const app = await Promise.race([starting, signalled.then(() => undefined)])
      await signalled
      // A start that is still under way when the signal comes: what it has opened closes with the process.
      const code = app === undefined ? EXIT.ok : await stopWithin(app, estate.service.shutdownGraceMs, io)
      // Whatever still holds a socket is waited for no more.
      process.exit(code)
    })
}

/** Resolves at the first signal; the second one ends the process at once. */
function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0
    const signalled = (): void => {
      seen += 1
      if (seen > 1) process.exit(EXIT.forced)
      resolve()
    }
    process.on('SIGTERM', signalled)
    process.on('SIGINT', signalled)
  })
}

/** A little longer than the grace: whatever then still hangs must not keep the container from ending. */
const MARGIN_MS = 5_000

/** The exit code: 0, or that of what went wrong, which it prints. */
async function stopWithin(app: App, graceMs: number, io: Io): Promise<number> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new LandfallError('INTERNAL', `the shutdown did not end within ${graceMs + MARGIN_MS} ms`)),
    graceMs + MARGIN_MS,
  )
  try {
    await Promise.race([app.stop(), promise])
    return EXIT.ok
  } catch (error) {
    return printError(error, io, false)
  } finally {
    clearTimeout(timer)
  }
}

function parts(text: string): ReadonlySet<Part> {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !PARTS.some((part) => part === name))
  if (unknown.length > 0)
    throw new InvalidArgumentError(`No such part: ${unknown.join(', ')}. There are: ${PARTS.join(', ')}.`)
  return new Set(PARTS.filter((part) => names.includes(part)))
}

function seconds(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value <= 86_400))
    throw new InvalidArgumentError('It must be a number of seconds.')
  return value
}
