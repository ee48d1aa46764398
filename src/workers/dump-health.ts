/**
 * How the dumps stand, for whoever asks often (metrics, status): the buckets are listed every few minutes at most. A
 * bucket that does not answer leaves what was known of its dump, so that its ages go on growing.
 */
import { type DumpHealth, dumpHealthOf } from '../domain/dump/health.ts'
import { isLandfallError } from '../domain/errors.ts'
import type { Clock, Log } from '../ports.ts'
import type { CatalogReader } from './dump-catalog.ts'

export interface DumpHealthNeeds {
  readonly dumps: readonly { readonly name: string; readonly replicated: boolean; readonly catalog: CatalogReader }[]
  readonly clock: Clock
  readonly log: Log
  /** How old a catalog may be before it is read again, ms. */
  readonly freshMs: number
  /** How long a reading is waited for, ms; meanwhile what was known stands. */
  readonly patienceMs: number
}

/** Dumps of which nothing is known yet are left out. Never rejects. */
export type AskDumpHealth = () => Promise<readonly DumpHealth[]>

export function makeDumpHealth({ dumps, clock, log, freshMs, patienceMs }: DumpHealthNeeds): AskDumpHealth {
  const known = new Map<string, DumpHealth>()
  const asked = new Map<string, { readonly at: number; readonly reading: Promise<void> }>()
  /** Told of once. */
  const silent = new Set<string>()

  async function read({ name, replicated, catalog }: DumpHealthNeeds['dumps'][number]): Promise<void> {
    try {
      known.set(name, dumpHealthOf(name, await catalog.read(), { now: clock.now(), replicated }))
      if (silent.delete(name)) log.info({ dump: name }, 'the catalog of this dump is read again')
    } catch (error) {
      if (silent.has(name)) return
      silent.add(name)
      const said = isLandfallError(error)
        ? { code: error.code, error: error.message, next: error.hint }
        : { err: error }
      log.warn({ dump: name, ...said }, 'the catalog of this dump cannot be read; what was known of it stands')
    }
  }

  async function one(dump: DumpHealthNeeds['dumps'][number]): Promise<void> {
    const last = asked.get(dump.name)
    const reading = last !== undefined && clock.now() - last.at < freshMs ? last.reading : read(dump)
    if (reading !== last?.reading) asked.set(dump.name, { at: clock.now(), reading })
    await patiently(reading, patienceMs)
  }

  return async () => {
    await Promise.all(dumps.map(one))
    return dumps.flatMap(({ name }) => known.get(name) ?? [])
  }
}

async function patiently(reading: Promise<void>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  try {
    await Promise.race([reading, late])
  } finally {
    clearTimeout(timer)
  }
}
