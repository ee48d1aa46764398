/** `landfall failures list | show | redrive | discard | log`: what failed, by cause, and what a person orders about it. */
import type { Command } from 'commander'
import { examples, type Io } from './command.ts'
import { registerDiscard } from './failures-discard.ts'
import { registerList } from './failures-list.ts'
import { registerLog } from './failures-log.ts'
import { registerRedrive } from './failures-redrive.ts'
import { registerShow } from './failures-show.ts'

export function register(program: Command, io: Io): void {
  const failures = program
    .command('failures')
    .description('what failed to replicate, by cause; order its re-drive, or give it up with a reason')
    .addHelpText(
      'after',
      examples(
        'landfall failures list',
        'landfall failures list --pair documents-production --versions',
        'landfall failures show s3://digitalmarketplace-documents-production-production/a/b.pdf',
        'landfall failures redrive --reason DstPutObjectNotPermitted --probe --yes',
        'landfall failures redrive --prefix 2024/ --yes',
        'landfall failures discard --prefix tmp/ --because "test uploads" --yes',
        'landfall failures log',
      ),
    )
  registerList(failures, io)
  registerShow(failures, io)
  registerRedrive(failures, io)
  registerDiscard(failures, io)
  registerLog(failures, io)
}
