/** What the demo says at its end: one JSON document, and whether it was a success. */
import { createHash } from 'node:crypto'
import { summarise } from '../domain/lag.ts'
import type { Act } from '../domain/repair/words.ts'
import type { StatusReport } from '../domain/status.ts'
import { EVIDENCE, OPEN_STATES, VERDICTS, type OpenState, type VersionId63 } from '../domain/version.ts'
import type { DemoDumps } from './dumps.ts'
import type { WrittenVersion } from './traffic.ts'

export interface SummaryParts {
  readonly seed: number
  readonly seconds: number
  readonly report: StatusReport
  /** The most that was open in each state at any look of the demo. */
  readonly seen: Readonly<Record<OpenState, number>>
  /** What Landfall did by itself, newest first. */
  readonly acts: readonly Act[]
  /** By pair: what the generator wrote, and which of it the ledger was told of. */
  readonly written: ReadonlyMap<string, readonly WrittenVersion[]>
  readonly known: ReadonlyMap<string, ReadonlySet<VersionId63>>
  /** Version ids of which the sandbox dropped an event, on order. */
  readonly dropped: ReadonlySet<string>
  /** All pairs' lags, by bucket. */
  readonly lags: ReadonlyMap<number, number>
  readonly requests: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** How many were made, and which are on; null where the run was too short for them. */
  /** Null where the machine can make none, or the run is to be repeatable. */
  readonly dumps: Awaited<ReturnType<DemoDumps['summary']>> | null
  readonly alarms: { readonly made: number; readonly on: readonly string[] | null }
}

export type Summary = ReturnType<typeof summaryOf>

export function summaryOf(parts: SummaryParts) {
  const { report, written, known, dropped } = parts
  const { pairs, equation, atRisk } = report
  const total = (of: (pair: StatusReport['pairs'][number]) => number): number =>
    pairs.reduce((sum, pair) => sum + of(pair), 0)
  const unknown = [...written].flatMap(([pair, versions]) =>
    versions.filter(({ id }) => known.get(pair)?.has(id) !== true),
  )
  const actsOf = (what: Act['what']): number => parts.acts.filter((act) => act.what === what).length
  const lag = summarise(parts.lags, 0)
  const inSeconds = (ms: number | undefined): number | null => (ms === undefined ? null : ms / 1000)
  return {
    seed: parts.seed,
    seconds: parts.seconds,
    written: [...written.values()].reduce((sum, versions) => sum + versions.length, 0),
    received: equation.received,
    reopened: equation.reopened,
    verdicts: Object.fromEntries(VERDICTS.map((verdict) => [verdict, total((pair) => pair.closed[verdict])])),
    open: Object.fromEntries(OPEN_STATES.map((state) => [state, total((pair) => pair.open[state])])),
    /** The most that was open in each state during the run. */
    openSeen: parts.seen,
    evidence: Object.fromEntries(EVIDENCE.map((kind) => [kind, total((pair) => pair.evidence[kind])])),
    redrives: {
      /** Came back as done, and were then verified afresh. */
      done: total((pair) => pair.notes.redriven),
      failed: total((pair) => pair.notes.redriveFailed),
      jobs: actsOf('redrive'),
      incidents: actsOf('incident opened'),
      incidentsOver: actsOf('incident ended'),
    },
    atRisk,
    equation,
    /** Written, told of by an event, and yet not in the ledger: must be 0. */
    lost: unknown.filter(({ versionId }) => !dropped.has(versionId)).length,
    /** Written, and never told of: the sandbox dropped the event, on order. Only an audit can find these. */
    silenced: unknown.filter(({ versionId }) => dropped.has(versionId)).length,
    duplicates: total((pair) => pair.duplicates),
    unannounced: total((pair) => pair.unannounced),
    /** Arrivals that still wait for their source's event; after an hour they count as unannounced. */
    early: total((pair) => pair.early),
    lagSeconds: { p50: inSeconds(lag.p50), p95: inSeconds(lag.p95), p99: inSeconds(lag.p99) },
    requests: Object.fromEntries(
      [...parts.requests].map(([service, actions]) => [
        service,
        [...actions.values()].reduce((sum, count) => sum + count, 0),
      ]),
    ),
    dumps: parts.dumps,
    alarms: parts.alarms,
    /** Equal for two runs that received the same versions. */
    receivedSet: digest(known),
  }
}

export const succeeded = (summary: Summary): boolean => summary.equation.holds && summary.lost === 0

function digest(known: ReadonlyMap<string, ReadonlySet<VersionId63>>): string {
  const hash = createHash('sha256')
  for (const [pair, ids] of [...known].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${pair}\n`)
    for (const id of [...ids].sort()) hash.update(`${id}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}
