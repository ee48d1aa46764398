/**
 * One run of `landfall audit`: pair after pair, one file of findings, one checkpoint for all of it.
 */
import type { Estate, Pair } from '../config/estate.ts'
import type { Finding } from '../domain/audit/finding.ts'
import type { AuditSummary } from '../domain/audit/report.ts'
import { LandfallError } from '../domain/errors.ts'
import { type AuditFiles, openAuditFiles, readCheckpoint } from '../files/audit-files.ts'
import type { Clock } from '../ports.ts'
import type { Audit, AuditProgress } from '../workers/audit/engine.ts'
import { type AuditState, newState, STATE_FORMAT } from '../workers/audit/state.ts'

export interface SessionOptions {
  readonly pairs: readonly string[]
  readonly repair: boolean
  /** Percent. */
  readonly deep: number
  readonly out?: string | undefined
}

/** What the checkpoint keeps beside the pair's own state. */
export interface SessionState extends SessionOptions {
  readonly done: readonly AuditSummary[]
  readonly current: AuditState
}

export interface SessionNeeds {
  readonly estate: Pick<Estate, 'pairs'>
  readonly audit: Audit
  readonly clock: Clock
  /** Of a fresh sample of `--deep`. */
  readonly seed: () => number
  readonly checkpoint: string
  readonly enough: () => boolean
  readonly signal?: AbortSignal | undefined
  readonly onPair?: ((pair: string) => void) | undefined
  readonly onProgress?: ((pair: string, progress: AuditProgress) => void) | undefined
  /** A pair is through. */
  readonly onDone: (summary: AuditSummary, shown: readonly Finding[]) => Promise<void>
}

/** Findings that are printed, of each pair. */
const SHOWN = 20

/** What a killed audit left; undefined: nothing. Throws USAGE for a checkpoint of another version or estate. */
export async function readSession(file: string, estate: Pick<Estate, 'pairs'>) {
  const kept = await readCheckpoint<SessionState>(file)
  if (kept === undefined) return undefined
  const { current, pairs } = kept.state
  const isOurs =
    current.format === STATE_FORMAT && pairs.every((name) => estate.pairs.some((pair) => pair.name === name))
  if (!isOurs) {
    throw new LandfallError('USAGE', `the checkpoint ${file} is of another configuration or version of Landfall`, {
      hint: 'Begin anew without --resume.',
    })
  }
  return kept
}

/** True: all pairs are through, and the checkpoint is gone. False: stopped, and it stands. */
export async function runSession(
  needs: SessionNeeds,
  options: SessionOptions,
  from: Awaited<ReturnType<typeof readSession>>,
): Promise<boolean> {
  const { checkpoint, clock } = needs
  const files = await openAuditFiles<SessionState>({ checkpoint, out: options.out, from })
  const done: AuditSummary[] = [...(from?.state.done ?? [])]
  let resumed = from?.state.current
  try {
    for (const name of options.pairs.slice(done.length)) {
      needs.onPair?.(name)
      const state =
        resumed ??
        newState({
          pair: name,
          startedAt: clock.now(),
          seed: needs.seed(),
          deep: options.deep,
          repair: options.repair,
        })
      resumed = undefined
      const summary = await auditOne(needs, options, { files, done, state })
      if (summary === undefined) return false
      done.push(summary)
    }
    await files.done()
    return true
  } finally {
    await files.close()
  }
}

async function auditOne(
  needs: SessionNeeds,
  options: SessionOptions,
  at: {
    readonly files: AuditFiles<SessionState>
    readonly done: readonly AuditSummary[]
    readonly state: AuditState
  },
): Promise<AuditSummary | undefined> {
  const { files, done, state } = at
  const pair = pairOf(needs.estate, state.pair)
  const shown: Finding[] = []
  const result = await needs.audit({
    pair,
    state,
    sink: {
      async write(findings) {
        await files.write(pair.name, findings)
        for (const finding of findings) if (shown.length < SHOWN && isUnexplained(finding)) shown.push(finding)
      },
      checkpoint: (current) => files.checkpoint({ ...options, done, current }),
    },
    signal: needs.signal,
    enough: needs.enough,
    onProgress: (progress) => needs.onProgress?.(pair.name, progress),
  })
  if (result.kind === 'left') return undefined
  await needs.onDone(result.summary, shown)
  return result.summary
}

/** Throws USAGE where the configuration has no such pair. */
export function pairOf(estate: Pick<Estate, 'pairs'>, name: string): Pair {
  const pair = estate.pairs.find((one) => one.name === name)
  if (pair !== undefined) return pair
  throw new LandfallError('USAGE', `no pair ${name} in the configuration`, {
    hint: `There are: ${estate.pairs.map((one) => one.name).join(', ')}.`,
  })
}

export function isUnexplained({ class: name }: Finding): boolean {
  return unexplainedClasses.has(name)
}

const unexplainedClasses: ReadonlySet<Finding['class']> = new Set(['missing', 'mismatched', 'wrong current', 'extra'])
