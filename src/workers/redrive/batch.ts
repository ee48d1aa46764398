/**
 * Re-drives by S3 Batch Replication: one job for many versions.
 *
 * A job is booked, then its versions are claimed, then S3 is told. A crash at any of these points leaves a booked job,
 * which the next turn creates again under the same token with what it has in hand: S3 makes one job of one token, so
 * nothing is driven twice, and what was not claimed yet is parked as before.
 */
import { FAILURES } from '../../domain/failures.ts'
import { BATCH_REFUSED } from '../../domain/redrive.ts'
import { estimate } from '../../domain/repair/cost.ts'
import { probeAnswered } from '../../domain/repair/incident.ts'
import { toDrive } from '../../domain/repair/plan.ts'
import type { Driven, RedriveJob, ToDrive } from '../../domain/repair/words.ts'
import { isLandfallError, type LandfallError } from '../../domain/errors.ts'
import { versionId63, type VersionId63 } from '../../domain/version.ts'
import type { BatchState } from '../../ports.ts'
import { AUTOMATIC, raise, type RedriveNeeds, standing, type Turn, WHO } from './needs.ts'

export interface Batches {
  /** Goes on with a job that is under way. Resolves with whether it is over. */
  settle(turn: Turn, job: RedriveJob): Promise<boolean>
  start(turn: Turn, order: Order): Promise<void>
}

export interface Order {
  readonly versions: readonly ToDrive[]
  readonly by?: string | undefined
  /** Reason of the incident whose probe it is. */
  readonly probeOf?: string | undefined
}

/** What a job came to for a version of which S3's report says nothing, or nothing that is a failure. */
const SUCCEEDED = 'succeeded'
const NOT_REACHED = 'not in the completion report'
/** Report lines settled in one step. */
const CHUNK = 500

export function makeBatches(needs: RedriveNeeds & { readonly newToken: () => string }): Batches {
  const { ledger, batch, clock, log, newToken } = needs
  /** S3's ids of jobs that were told of. */
  const heldUp = new Set<string>()

  return {
    async settle(turn, job) {
      if (job.state === 'booked' || job.jobId === undefined) {
        const rows = (await ledger.inHand(turn.pair.name, job.token)).map(toDrive)
        return !(await create(turn, job, rows))
      }
      const state = await stateOf(turn, job.jobId)
      if (state.kind === 'running') {
        tellHeld(turn.pair.name, job.jobId, state.held)
        return false
      }
      try {
        await end(turn, { ...job, jobId: job.jobId }, state)
        return true
      } catch (error) {
        // The job is over, and S3 has not written its report yet.
        if (isLandfallError(error) && error.code === 'BATCH_REPORT_PENDING') return false
        throw error
      }
    },

    async start(turn, { versions, by = AUTOMATIC, probeOf }) {
      const { pair, keep } = turn
      const job: RedriveJob = {
        token: newToken(),
        state: 'booked',
        strategy: 'batch',
        createdAt: clock.now(),
        ...sizeOf(versions),
        probeOf,
        by,
      }
      await ledger.saveJob(pair.name, job)
      // Before the claims: a crash in between counts too much against the budget, and never too little.
      await ledger.spend(pair.name, estimate('batch', versions))
      const claimed = new Set<VersionId63>()
      for (let from = 0; from < versions.length; from += 10 * CHUNK) {
        await keep()
        const ids = versions.slice(from, from + 10 * CHUNK).map(({ id }) => id)
        for (const id of await ledger.claim(pair.name, { token: job.token, strategy: 'batch', ids })) claimed.add(id)
      }
      await create(
        turn,
        job,
        versions.filter(({ id }) => claimed.has(id)),
      )
    },
  }

  /** Once: it may stay so for days, and only a person goes on with it. */
  function tellHeld(pair: string, job: string, how: string | undefined): void {
    if (how === undefined) heldUp.delete(job)
    if (how === undefined || heldUp.has(job)) return
    heldUp.add(job)
    const next =
      'Somebody paused it, or S3 wants it confirmed: go on with it in the S3 console (Batch Operations), or cancel it.'
    log.warn({ pair, batchJob: job, state: how, next }, 'a re-drive is held up')
  }

  /** Resolves with whether the job is under way now. What may be tried again rejects, and leaves the job booked. */
  async function create(turn: Turn, job: RedriveJob, rows: readonly ToDrive[]): Promise<boolean> {
    const { pair, keep } = turn
    if (rows.length === 0) {
      await ledger.endJob(pair.name, job.token)
      return false
    }
    await keep()
    // A Redis that forgot the claims would have them driven again beside this job.
    await ledger.durable()
    const { token } = job
    const description = `Landfall re-drive of ${rows.length} versions of ${pair.name}`
    try {
      const versions = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
      const { jobId } = await batch.create(pair.name, { token, description, versions })
      await ledger.saveJob(pair.name, { ...job, state: 'created', jobId, ...sizeOf(rows) })
      log.info(
        { pair: pair.name, batchJob: jobId, ...sizeOf(rows), by: job.by, probeOf: job.probeOf },
        're-drive begun',
      )
      if (job.by === AUTOMATIC) {
        const reason = job.probeOf === undefined ? 'batch' : `batch, probe of ${job.probeOf}`
        await ledger.record({ who: WHO, what: 'redrive', pair: pair.name, count: rows.length, reason })
      }
      return true
    } catch (error) {
      if (!isLandfallError(error) || isPassing(error)) throw error
      await giveUp(turn, job, `${error.code}: ${error.message}`)
      return false
    }
  }

  /** What S3 will not tell us ends the job for us: its versions are looked at, and whatever landed has landed. */
  async function stateOf({ pair }: Turn, jobId: string): Promise<BatchState> {
    try {
      return await batch.state(pair.name, jobId)
    } catch (error) {
      if (!isLandfallError(error) || isPassing(error)) throw error
      log.error(
        { pair: pair.name, batchJob: jobId, err: error, next: error.hint },
        'S3 does not tell how a re-drive goes',
      )
      return { kind: 'failed', reason: `${error.code}: ${error.message}` }
    }
  }

  async function end(
    turn: Turn,
    job: RedriveJob & { readonly jobId: string },
    state: BatchState & { readonly kind: 'complete' | 'failed' },
  ): Promise<void> {
    const { pair } = turn
    const tasks = await readReport(turn, job)
    if (state.kind === 'failed' && tasks.done + tasks.failed === 0) {
      await giveUp(turn, job, state.reason)
      return
    }
    await free(turn, job, state.kind === 'failed' ? `the job failed: ${state.reason}` : NOT_REACHED)
    await ledger.endJob(pair.name, job.token)
    // By the report, since most of what it brought landed by its event before. Last: a crash may count them not, never twice.
    await ledger.note(pair.name, { redriven: tasks.done, redriveFailed: tasks.failed })
    // Tasks ran, so the job's role, manifest and report are as they should be.
    if (await ledger.endIncident(pair.name, BATCH_REFUSED)) {
      log.info({ pair: pair.name, reason: BATCH_REFUSED }, 'an incident is over')
      await ledger.record({ who: WHO, what: 'incident ended', pair: pair.name, count: 0, reason: BATCH_REFUSED })
    }
    log.info(
      { pair: pair.name, batchJob: job.jobId, ...tasks, versions: job.versions, state: state.kind },
      're-drive ended',
    )
  }

  /** Line by line, so that a long report needs no memory; a crash in the middle reads it again, and counts nothing twice. */
  async function readReport(
    turn: Turn,
    job: RedriveJob & { readonly jobId: string },
  ): Promise<{ done: number; failed: number }> {
    const { pair, keep } = turn
    const tasks = { done: 0, failed: 0 }
    let chunk: Driven[] = []
    const flush = async (): Promise<void> => {
      await keep()
      await take(turn, job, chunk)
      tasks.done += chunk.filter(({ succeeded }) => succeeded).length
      tasks.failed += chunk.filter(({ succeeded }) => !succeeded).length
      chunk = []
    }
    try {
      for await (const driven of batch.report(pair.name, job)) {
        chunk.push(driven)
        if (chunk.length >= CHUNK) await flush()
      }
    } catch (error) {
      if (!isLandfallError(error) || isPassing(error)) throw error
      log.error(
        { pair: pair.name, batchJob: job.jobId, err: error, next: error.hint },
        'the report of a re-drive is not read',
      )
    }
    if (chunk.length > 0) await flush()
    return tasks
  }

  async function take({ pair }: Turn, job: RedriveJob, chunk: readonly Driven[]): Promise<void> {
    const tasks = chunk.map((driven) => ({ ...driven, id: versionId63(driven) }))
    const done = tasks.filter(({ succeeded }) => succeeded)
    const failed = tasks.filter(({ succeeded }) => !succeeded)
    await answerProbe(job, pair.name, done)
    // S3's last word on why: it is what the next look records, and what the next strategy is chosen by.
    const known = failed.flatMap(({ id, reason }) => (isCause(reason) ? [{ id, reason }] : []))
    if (known.length > 0) await ledger.nudge(pair.name, known)
    const outcomes = tasks.map(({ id, succeeded, reason = 'failed, without a reason' }) => ({
      id,
      outcome: succeeded ? SUCCEEDED : reason,
    }))
    await ledger.unclaim(pair.name, job.token, outcomes)
  }

  /** Before its version is freed: a crash may tell of the probe twice, and never not at all. */
  async function answerProbe(job: RedriveJob, pair: string, done: readonly { readonly id: string }[]): Promise<void> {
    if (job.probeOf === undefined || done.length === 0) return
    const incident = (await ledger.incidents(pair)).find(({ reason }) => reason === job.probeOf)
    if (incident === undefined || !done.some(({ id }) => id === incident.probe)) return
    await ledger.saveIncident(pair, probeAnswered(incident))
  }

  /** The job as a whole came to nothing: an incident of its own, so that the next hundred are not made in vain. */
  async function giveUp(turn: Turn, job: RedriveJob, why: string): Promise<void> {
    const { pair } = turn
    const incident = await standing(ledger, pair, BATCH_REFUSED)
    if (incident === undefined) await raise(needs, pair, { reason: BATCH_REFUSED, versions: job.versions, detail: why })
    else await ledger.saveIncident(pair.name, { ...incident, detail: why })
    const freed = await free(turn, job, `${BATCH_REFUSED}: ${why}`)
    await ledger.note(pair.name, { redriveFailed: freed })
    await ledger.endJob(pair.name, job.token)
  }

  /** All that the job still has in hand is looked at afresh. */
  async function free({ pair, keep }: Turn, { token }: RedriveJob, outcome: string): Promise<number> {
    await keep()
    const left = await ledger.inHand(pair.name, token)
    return ledger.unclaim(
      pair.name,
      token,
      left.map(({ version }) => ({ id: version.id, outcome })),
    )
  }
}

/** An outage, or credentials that have expired: neither says anything of the job, which may well be running. */
function isPassing({ disposition, code }: LandfallError): boolean {
  return disposition === 'retryable' || code === 'AWS_REFUSED'
}

/** A word of S3's table. Others, as `AccessDenied`, are kept as the outcome: they must not take a better reason's place. */
function isCause(reason: string | undefined): reason is string {
  return reason !== undefined && FAILURES.get(reason)?.by === 's3'
}

function sizeOf(versions: readonly ToDrive[]): { versions: number; bytes: number } {
  return { versions: versions.length, bytes: versions.reduce((sum, { size = 0 }) => sum + size, 0) }
}
