/**
 * The shell of `landfall`: finds the command, runs it, and turns what it throws into one message and an exit code.
 */
import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { EXIT, LandfallError } from '../domain/errors.ts'
import { type CommandEntry, examples, type Io } from './command.ts'
import { COMMANDS } from './index.ts'
import { printError } from './output.ts'

/** Runs one command line (without the name of the program) and returns the exit code; throws nothing. */
export async function main(
  argv: readonly string[],
  io: Io,
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<number> {
  try {
    const program = await makeProgram(argv, io, commands)
    await program.parseAsync(argv, { from: 'user' })
    return io.exitCode
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok
    // Bare `landfall`, or a command that needs a subcommand: the help is on stderr already.
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage
    return printError(asUsage(error), io, wantsJson(argv))
  }
}

async function makeProgram(argv: readonly string[], io: Io, commands: readonly CommandEntry[]): Promise<Command> {
  const program = new Command('landfall')
    .description(packageJson.description)
    .version(packageJson.version, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // The shell prints errors itself, in one shape.
      outputError: () => {},
      getOutHelpWidth: () => io.stdout.columns,
      getErrHelpWidth: () => io.stderr.columns,
      getOutHasColors: () => io.stdout.colour,
      getErrHasColors: () => io.stderr.colour,
    })
    .addHelpText(
      'after',
      `${examples('landfall config check', 'landfall run', 'landfall status --watch')}
Exit codes: 0 success, 1 fault, 2 usage or configuration, 3 something is at risk, 4 unreachable, 5 refused,
6 missing, 7 forced to stop (docs/cli.md)`,
    )
  for (const entry of commands) {
    // Only what is asked for is loaded: the others lend their name to the help and to "did you mean".
    const module = argv.includes(entry.name) ? await entry.load() : undefined
    if (module === undefined) program.command(entry.name).description(entry.summary)
    else module.register(program, io)
  }
  return program
}

/** `--json` before any `--`: from where on all words are arguments. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return argv.slice(0, end === -1 ? undefined : end).includes('--json')
}

function asUsage(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error
  const message = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ')
  return new LandfallError('USAGE', message, { cause: error })
}
