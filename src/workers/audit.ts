/**
 * The audits that the service does by itself: each pair as often as its configuration says, one container at a time for
 * each pair, in steps. The state between two steps is in the ledger, so that any container goes on with it; a job that is
 * lost or doubled costs time only.
 *
 * What is missing is booked (as `landfall audit --repair` does): a number at risk that leaves out what the audit has just
 * found would be wrong.
 */
import { logName } from '../domain/trace.ts'
import { isAtRisk } from '../domain/audit/finding.ts'
import { summaryLine } from '../domain/audit/report.ts'
import type { JobData } from '../domain/jobs.ts'
import type { AuditLedger, Clock, Handler, Ledger, Log, Random } from '../ports.ts'
import type { Audit, PairToAudit } from './audit/engine.ts'
import { type AuditState, newState, STATE_FORMAT } from './audit/state.ts'

export interface AuditJobNeeds {
  readonly pairs: readonly (PairToAudit & { readonly auditEveryMs?: number | undefined })[]
  readonly audit: Audit
  readonly ledger: AuditLedger & Pick<Ledger, 'lease'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Names this container, for leases. */
  readonly holder: string
  /** How long one step may last, ms. */
  readonly stepMs?: number | undefined
}

/** Well below the job's lock, which other work in this process may renew late. */
const STEP_MS = 15_000
/** A container that died leaves its pair for so long. */
const LEASE_MS = 90_000
/** Findings that are logged, of each step. */
const LOGGED = 20

export function makeAuditJob(needs: AuditJobNeeds): Handler<JobData['audit']> {
  const { audit, ledger, clock, random, log, holder, stepMs = STEP_MS } = needs
  const pairs = new Map(needs.pairs.map((pair) => [pair.name, pair]))

  return async ({ pair: name }, signal) => {
    const pair = pairs.get(name)
    if (pair?.auditEveryMs === undefined) return { kind: 'done' }
    const lease = `audit:${name}`
    if (!(await ledger.lease(lease, holder, LEASE_MS))) return { kind: 'done' }
    try {
      const state = await due(pair, pair.auditEveryMs)
      if (state === undefined) return { kind: 'done' }
      const ended = await step(pair, state, signal, lease)
      return ended ? { kind: 'done' } : { kind: 'wait', ms: 0, why: 'the audit goes on with its next step' }
    } finally {
      // To whichever container takes the next step.
      await ledger.lease(lease, holder, 1)
    }
  }

  /** What was left, or a new audit when its time has come. */
  async function due(pair: PairToAudit, everyMs: number): Promise<AuditState | undefined> {
    const left = (await ledger.auditLeft(pair.name)) as AuditState | undefined
    if (left?.format === STATE_FORMAT) return left
    const last = await ledger.lastAudit(pair.name)
    const now = clock.now()
    if (last !== undefined && now < last.startedAt + everyMs) return undefined
    log.info({ pair: pair.name }, 'an audit begins')
    const seed = Math.floor(random.next() * 2 ** 32)
    return newState({ pair: pair.name, startedAt: now, seed, deep: 0, repair: true })
  }

  /** True: the audit is over. */
  async function step(pair: PairToAudit, state: AuditState, signal: AbortSignal, lease: string): Promise<boolean> {
    const until = clock.now() + stepMs
    let logged = 0
    const result = await audit({
      pair,
      state,
      sink: {
        async write(findings) {
          for (const { class: found, key, versionId, why, reason } of findings) {
            if ((found !== 'missing' && found !== 'mismatched') || logged >= LOGGED) continue
            logged += 1
            log.warn({ pair: pair.name, class: found, ...logName({ key, versionId }), why, reason }, 'the audit found')
          }
        },
        async checkpoint(left) {
          await ledger.saveAuditLeft(pair.name, left)
          await ledger.lease(lease, holder, LEASE_MS)
        },
      },
      // A shutdown ends it as the end of a step does: what is confirmed stays.
      enough: () => signal.aborted || clock.now() >= until,
    })
    if (result.kind === 'left') return false
    await ledger.saveAudit(result.summary)
    await ledger.saveAuditLeft(pair.name, undefined)
    const { counts } = result.summary
    const ids = { pair: pair.name, ...counts.findings, compared: counts.compared, booked: result.summary.booked }
    const said = `audit: ${summaryLine(result.summary)}`
    if (isAtRisk(counts)) log.warn({ ...ids, said }, 'an audit ended: not everything is at the destination')
    else log.info({ ...ids, said }, 'an audit ended: nothing that has had its time is missing')
    return true
  }
}
