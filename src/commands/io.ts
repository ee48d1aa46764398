import { isatty } from 'node:tty'
import { type Environment, readEnvironment } from '../config/environment.ts'
import type { Io, Out } from './command.ts'

/** The process' own streams and environment. */
export function processIo(): Io {
  const env = readEnvironment()
  return {
    env,
    stdout: outOf(process.stdout, isatty(1), env),
    stderr: outOf(process.stderr, isatty(2), env),
    exitCode: 0,
  }
}

function outOf(stream: NodeJS.WriteStream, isTTY: boolean, env: Environment): Out {
  // `landfall config print | head` closes the pipe early: that is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    write: (text) => void stream.write(text),
    isTTY,
    // Read each time: a window changes its width.
    get columns() {
      return isTTY ? stream.columns : 120
    },
    colour: isTTY && (env['NO_COLOR'] ?? '') === '',
  }
}
