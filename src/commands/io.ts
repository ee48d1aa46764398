import { type Environment, readEnvironment } from '../config/environment.ts'
import type { Io, Out } from './command.ts'

/** The process' own streams and environment. */
export function processIo(): Io {
  const env = readEnvironment()
  return { env, stdout: outOf(process.stdout, env), stderr: outOf(process.stderr, env), exitCode: 0 }
}

function outOf(stream: NodeJS.WriteStream, env: Environment): Out {
  // `landfall config print | head` closes the pipe early: that is no error.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    write: (text) => void stream.write(text),
    get isTTY() {
      return Boolean(stream.isTTY)
    },
    get columns() {
      return stream.isTTY ? stream.columns : 120
    },
    get colour() {
      return Boolean(stream.isTTY) && (env['NO_COLOR'] ?? '') === ''
    },
  }
}
