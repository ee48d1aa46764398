#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { processIo } from './commands/io.ts'
import { printError } from './commands/output.ts'

// Half of what a command needs to start is the reading of its modules; Node keeps what it made of them, where it can. In
// the user's own folder: what lies in /tmp, another user may have put there.
enableCompileCache(join(homedir(), '.cache', 'landfall', 'compiled'))
const { main } = await import('./commands/shell.ts')

const io = processIo()

// A fault outside of any command's own flow. Its state is unknown: end at once; the container starts anew.
process.on('uncaughtException', (error) => {
  process.exit(printError(error, io, false))
})

process.exitCode = await main(process.argv.slice(2), io)
