/**
 * `node sandbox/main.ts [--port N] [--host H] [--seed S] [--json] [--with-stdin]`: the sandbox as a process of its own.
 * Prints one line when it serves, and runs until SIGTERM or SIGINT.
 */
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startSandbox } from './server.ts'
import type { SandboxLog } from './types.ts'

const HELP = `Usage: sandbox [options]

A local AWS for tests and demonstrations: S3 with replication, SQS, SNS, IAM, STS and CloudWatch on one
port, in memory.
Any credentials are accepted; an access key of twelve digits is the account it acts for.

  --port <n>     port to listen on (default 4566; 0 takes a free one)
  --host <name>  address to listen on (default 127.0.0.1)
  --seed <text>  makes ids, lags and failures repeatable (default 1)
  --json         print the ready line as JSON: {"ready":true,"url":"..."}
  --with-stdin   end, too, when standard input ends: with the process that started it, however that went
  --help         this text
`

/** Runs a sandbox until a signal ends it; resolves to the exit code: 0, 2 for wrong usage, 1 where it can't listen. */
export async function runSandbox(argv: readonly string[]): Promise<number> {
  const options = parse(argv)
  if (options === undefined) return 2
  if (options.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  let sandbox
  try {
    const port = Number(options.port)
    sandbox = await startSandbox({ port, host: options.host, seed: options.seed, log: STDERR })
  } catch (error) {
    process.stderr.write(`sandbox: can't listen on ${options.host}:${options.port}: ${String(error)}\n`)
    return 1
  }
  // Listened for before the ready line, so that whoever reads the line may signal at once.
  const ended = Promise.race([signalled(), ...(options['with-stdin'] === true ? [stdinEnded()] : [])])
  const ready = JSON.stringify({ ready: true, url: sandbox.url, seed: sandbox.world.seed })
  process.stdout.write(options.json === true ? `${ready}\n` : `sandbox ready at ${sandbox.url}\n`)
  await ended
  await sandbox.close()
  // An open standard input would keep the process alive.
  process.stdin.destroy()
  return 0
}

function parse(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: '4566' },
        host: { type: 'string', default: '127.0.0.1' },
        seed: { type: 'string', default: '1' },
        json: { type: 'boolean' },
        'with-stdin': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) throw new Error(`No such port: ${values.port}`)
    return values
  } catch (error) {
    process.stderr.write(`sandbox: ${error instanceof Error ? error.message : String(error)}\n\n${HELP}`)
    return undefined
  }
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
}

async function stdinEnded(): Promise<void> {
  await once(process.stdin.resume(), 'end')
}

const STDERR: SandboxLog = {
  debug: () => {},
  error: (ids, message) => void process.stderr.write(`sandbox: ${message} ${describe(ids)}\n`),
}

function describe(ids: object): string {
  return JSON.stringify(ids, (_name, value: unknown) => (value instanceof Error ? value.stack : value))
}

if (import.meta.main) process.exitCode = await runSandbox(process.argv.slice(2))
