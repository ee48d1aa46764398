/** `landfall dump ...`: database dumps, made, listed, fetched, shipped, pruned. One file a subcommand. */
import './young-heap.ts'
import type { Command } from 'commander'
import { examples, type Io } from './command.ts'
import { registerDumpFetch } from './dump-fetch.ts'
import { registerDumpList } from './dump-list.ts'
import { registerDumpPrune } from './dump-prune.ts'
import { registerDumpRestore } from './dump-restore.ts'
import { registerDumpRun } from './dump-run.ts'
import { registerDumpShip } from './dump-ship.ts'
import { registerDumpShow } from './dump-show.ts'
import { registerDumpVerify } from './dump-verify.ts'

export function register(program: Command, io: Io): void {
  const dump = program
    .command('dump')
    .description('database dumps: what there is, whether it is good, and how to get at it')
    .addHelpText('after', examples('landfall dump list production', 'landfall dump fetch production --from eu-west-2'))
  registerDumpRun(dump, io)
  registerDumpList(dump, io)
  registerDumpShow(dump, io)
  registerDumpVerify(dump, io)
  registerDumpFetch(dump, io)
  registerDumpRestore(dump, io)
  registerDumpShip(dump, io)
  registerDumpPrune(dump, io)
}
