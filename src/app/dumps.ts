/** What the service does about dumps: it makes, verifies and drills them by children, and knows how they stand. */
import type { Aws } from '../aws/clients.ts'
import { dumpSides } from '../aws/dump-catalogs.ts'
import type { Estate } from '../config/estate.ts'
import type { Log } from '../ports.ts'
import type { Children } from '../workers/child-command.ts'
import { makeCatalogReader } from '../workers/dump-catalog.ts'
import { type AskDumpHealth, makeDumpHealth } from '../workers/dump-health.ts'
import { makeDrills, makeVerifyDumps } from '../workers/dump-jobs.ts'
import { makeScheduledDumps } from '../workers/scheduled-dump.ts'
import type { Base } from './base.ts'

/** The safety net under the events of dumps, and of their replicas. */
const DUMPS_DUE_MS = 600_000
/** The catalogs of dumps change a few times a day; a listing of each bucket at most so often. */
const DUMPS_FRESH_MS = 300_000
const DUMPS_PATIENCE_MS = 5_000

/** Undefined where the estate has none. */
export function makeDumps({ estate, clock, log }: Base, aws: Aws): AskDumpHealth | undefined {
  if (estate.dumps.length === 0) return undefined
  const dumps = estate.dumps.map((dump) => {
    const sides = dumpSides(estate, aws, dump)
    return { name: dump.name, replicated: sides.replica !== undefined, catalog: makeCatalogReader(sides) }
  })
  const freshMs = Math.min(DUMPS_FRESH_MS, 2 * estate.service.metrics.everyMs)
  return makeDumpHealth({ dumps, clock, log, freshMs, patienceMs: DUMPS_PATIENCE_MS })
}

/** The handlers and schedules of those that the estate has. */
export function dumpJobs(estate: Estate, children: Children, log: Log) {
  const made = estate.dumps.flatMap(({ name, schedule, database }) =>
    schedule === undefined || database === undefined ? [] : [{ name, cron: schedule }],
  )
  const drilled = estate.dumps.flatMap(({ name, drill }) =>
    drill.schedule === undefined ? [] : [{ name, cron: drill.schedule }],
  )
  const needs = (dumps: readonly { readonly name: string }[]) => ({
    dumps: new Set(dumps.map(({ name }) => name)),
    children,
    log,
  })
  const all = estate.dumps.map(({ name }) => name)
  return {
    handlers: {
      ...(made.length > 0 && { dump: makeScheduledDumps(needs(made)) }),
      ...(all.length > 0 && { 'dump-verify': makeVerifyDumps(needs(estate.dumps)) }),
      ...(drilled.length > 0 && { drill: makeDrills(needs(drilled)) }),
    },
    schedules: {
      dumps: made,
      drills: drilled,
      ...(all.length > 0 && { verifies: { dumps: all, everyMs: DUMPS_DUE_MS } }),
    },
  }
}
