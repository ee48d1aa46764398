/** `landfall dump`: database dumps. One file a subcommand. */
import './young-heap.ts'
import type { Command } from 'commander'
import { examples, type Io } from './command.ts'
import { registerDumpRun } from './dump-run.ts'

export function register(program: Command, io: Io): void {
  const command = program
    .command('dump')
    .description('database dumps: made, and stored where they are safe')
    .addHelpText('after', examples('landfall dump run production'))
  registerDumpRun(command, io)
}
