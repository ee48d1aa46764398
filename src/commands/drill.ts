/** `landfall drill ...`: what a loss of the sources' region would ask for, done now. One file a subcommand. */
import type { Command } from 'commander'
import { examples, type Io } from './command.ts'
import { registerDrillDump } from './drill-dump.ts'
import { registerDrillReplicas } from './drill-replicas.ts'

export function register(program: Command, io: Io): void {
  const drill = program
    .command('drill')
    .description('restore a dump, or read the replicas, as if the region of the sources were gone')
    .addHelpText(
      'after',
      examples('landfall drill dump production', 'landfall drill replicas --pair documents-production --sample 50'),
    )
  registerDrillDump(drill, io)
  registerDrillReplicas(drill, io)
}
