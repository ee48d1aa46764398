/**
 * How the ledger writes what was tried with an open version, and that a person wants it driven again.
 *
 * Tried: `<attempts>|<forgiven>|<strategy>|<at>|<token>|<outcome>|<replicaId>`, all numbers decimal (the scripts write
 * them: prelude.ts knows the same form), absent texts empty. Wanted: `<at>|<by>`, the name unescaped since it comes last.
 */
import type { Strategy, Tried, Wanted } from '../domain/repair/words.ts'
import { decodeText } from './record.ts'

export function decodeTried(text: string): Tried {
  const [attempts, forgiven, strategy, at, token, outcome, replicaId] = text.split('|')
  return {
    attempts: Number(attempts),
    forgiven: Number(forgiven),
    strategy: strategy as Strategy,
    at: Number(at),
    ...(token === '' ? {} : { token: token! }),
    ...(outcome === '' ? {} : { outcome: decodeText(outcome!) }),
    ...(replicaId === '' ? {} : { replicaId: decodeText(replicaId!) }),
  }
}

export function decodeWanted(text: string): Wanted {
  const bar = text.indexOf('|')
  return { at: Number(text.slice(0, bar)), by: text.slice(bar + 1) }
}
