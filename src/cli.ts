#!/usr/bin/env node
import { processIo } from './commands/io.ts'
import { printError } from './commands/output.ts'
import { main } from './commands/shell.ts'

const io = processIo()

// A fault outside of any command's own flow. Its state is unknown: end at once; the container starts anew.
process.on('uncaughtException', (error) => {
  process.exit(printError(error, io, false))
})

process.exitCode = await main(process.argv.slice(2), io)
