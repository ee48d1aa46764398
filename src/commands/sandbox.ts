/** `landfall sandbox`: the local AWS, as long as it is wanted. */
import type { Command } from 'commander'
import { LandfallError } from '../domain/errors.ts'
import { examples, type Io } from './command.ts'

interface Options {
  readonly port: string
  readonly host: string
  readonly seed: string
  readonly json?: true
}

export function register(program: Command, io: Io): void {
  program
    .command('sandbox')
    .description(
      'a local AWS for demonstrations and tests: S3 with cross-region and batch replication, SQS, SNS, STS and CloudWatch on one port, in memory; any credentials are accepted, and an access key of twelve digits is its account',
    )
    .option('-p, --port <n>', 'port to listen on; 0 takes a free one', '4566')
    .option('--host <name>', 'address to listen on', '127.0.0.1')
    .option('--seed <text>', 'makes ids, lags and failures repeatable', '1')
    .option('--json', 'print the ready line as JSON')
    .addHelpText(
      'after',
      examples(
        'landfall sandbox',
        'AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=333333333333 AWS_SECRET_ACCESS_KEY=x aws s3 ls',
      ),
    )
    .action(async ({ port, host, seed, json }: Options) => {
      const { runSandbox } = await loadSandbox()
      io.exitCode = await runSandbox(['--port', port, '--host', host, '--seed', seed, ...(json ? ['--json'] : [])])
    })
}

/** A production image carries no sandbox. */
async function loadSandbox(): Promise<typeof import('../../sandbox/main.ts')> {
  try {
    // By URL: the linter refuses a sandbox in src/, where a production image would miss it at its start.
    return (await import(
      new URL('../../sandbox/main.ts', import.meta.url).href
    )) as typeof import('../../sandbox/main.ts')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new LandfallError('SANDBOX_ABSENT', 'this installation carries no sandbox', { cause: error })
  }
}
