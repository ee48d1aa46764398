/** One of the two measured processes, as the benchmark sees it: alive for all rounds, so that its code is warm. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Order, Word } from './protocol.ts'

type Said<Did extends Word['did']> = Word & { readonly did: Did }

export interface Contestant {
  /** Gives an order and waits until it is obeyed. Rejects when the process ends instead. */
  order<Did extends Order['do']>(order: Order & { readonly do: Did }): Promise<Said<Did>>
  /** The next word of this kind; call it before what will cause it. */
  said<Did extends Word['did']>(did: Did): Promise<Said<Did>>
  stop(): Promise<void>
}

/** `profile`: a folder for V8's CPU profile, written when it stops. `options`: of Node. */
export function startContestant(
  entry: 'landfall' | 'bare',
  { profile, options = [] }: { readonly profile?: string | undefined; readonly options?: readonly string[] } = {},
): Contestant {
  const execArgv = [...options, ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`])]
  const child = fork(join(import.meta.dirname, `${entry}-process.ts`), { execArgv, stdio: ['ignore', 2, 2, 'ipc'] })
  const waiting = new Map<Word['did'], PromiseWithResolvers<Word>>()
  child.on('message', (word: Word) => {
    waiting.get(word.did)?.resolve(word)
    waiting.delete(word.did)
  })
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the ${entry} process ended with ${String(code)}`))
    waiting.clear()
  })

  function said<Did extends Word['did']>(did: Did): Promise<Said<Did>> {
    const deferred = Promise.withResolvers<Word>()
    waiting.set(did, deferred)
    return deferred.promise as Promise<Said<Did>>
  }

  return {
    said,
    order(order) {
      const obeyed = said(order.do)
      child.send(order)
      return obeyed
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}
