/**
 * How a command of `landfall` is made. One file in this folder for each:
 *
 *   export function register(program: Command, io: Io): void {
 *     withConfig(program.command('status').summary('what is at risk').addHelpText('after', examples('landfall status')))
 *       .option('--json', JSON_HELP)
 *       .action(async (options: { config?: string; json?: true }) => {
 *         const estate = await loadEstate({ path: options.config, env: io.env })
 *         ...
 *         if (somethingIsAtRisk) io.exitCode = EXIT.atRisk
 *       })
 *   }
 *
 * and a line in index.ts. The file is imported only when its command is asked for, so it may import what it likes (but
 * the sandbox only by `await import()`, since a production image has none). An action writes data to `io.stdout` and
 * everything else to `io.stderr`, never calls `process.exit`, and fails by throwing a `LandfallError`: the shell prints
 * its message, code and hint, and ends with its exit code. A code other than 0 without an error goes into `io.exitCode`.
 */
import type { Command } from 'commander'
import type { Environment } from '../config/environment.ts'

/** A place that text goes to. */
export interface Out {
  write(text: string): void
  readonly isTTY: boolean
  /** Characters a line may have. */
  readonly columns: number
  /** Whether colours are wanted: a terminal, and no NO_COLOR. */
  readonly colour: boolean
}

/** What a command has of the outside world: its environment and its two streams. */
export interface Io {
  readonly env: Environment
  readonly stdout: Out
  readonly stderr: Out
  /** 0 until a command says otherwise; an error's code goes before it. */
  exitCode: number
}

export interface CommandModule {
  register(program: Command, io: Io): void
}

/** A line of index.ts. */
export interface CommandEntry {
  readonly name: string
  /** What `landfall --help` says of it. */
  readonly summary: string
  load(): Promise<CommandModule>
}

export const JSON_HELP = 'print JSON to stdout'

/** Adds `--config`. */
export function withConfig(command: Command): Command {
  return command.option('-c, --config <file>', 'the configuration (default: $LANDFALL_CONFIG, else landfall.yaml)')
}

/** For `addHelpText('after', ...)`. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`
}
