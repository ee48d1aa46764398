/**
 * What a command is at, on stderr: one line that is written over on a terminal, plain lines elsewhere (a log wants the
 * steps, not each count).
 */
import { stripVTControlCharacters } from 'node:util'
import type { Out } from './command.ts'

export interface Progress {
  /** A step, which stays to be read. */
  say(text: string): void
  /** How far it is; shown on terminals only, until the next call. */
  update(text: string): void
  /** Clears what `update` left. */
  done(): void
}

export function makeProgress(out: Out): Progress {
  let shown = false

  function clear(): void {
    if (shown) out.write('\r\u001B[K')
    shown = false
  }

  return {
    say(text) {
      clear()
      out.write(`${text}\n`)
    },
    update(text) {
      if (!out.isTTY) return
      clear()
      out.write(
        stripVTControlCharacters(text)
          .replaceAll('\n', ' ')
          .slice(0, Math.max(0, out.columns - 1)),
      )
      shown = true
    },
    done: clear,
  }
}
