/**
 * Re-drives by the two strategies that write: one version at a time, at the pair's rate, each claimed just before it is
 * written. A crash leaves a booked job, and what it has in hand is looked at afresh before anything is written again.
 */
import { logName } from '../../domain/trace.ts'
import { type ErrorCode, isLandfallError, type LandfallError } from '../../domain/errors.ts'
import { COPY_REFUSED, STOPPED } from '../../domain/redrive.ts'
import { costOf } from '../../domain/repair/cost.ts'
import { probeAnswered, probeLost } from '../../domain/repair/incident.ts'
import { pace } from '../../domain/repair/pace.ts'
import type { RedriveJob, Strategy, ToDrive } from '../../domain/repair/words.ts'
import { versionId63 } from '../../domain/version.ts'
import type { CopyOutcome, Pace } from '../../ports.ts'
import { mapLimited } from '../concurrency.ts'
import type { Order } from './batch.ts'
import { AUTOMATIC, type PairToRedrive, raise, type RedriveNeeds, standing, type Turn, WHO } from './needs.ts'

export type CopyStrategy = Exclude<Strategy, 'batch'>

export interface Copies {
  /** What a run that broke off had in hand. */
  settle(turn: Turn, job: RedriveJob): Promise<void>
  /** Resolves with whether the turn had time for all of it; the rest is as it was. */
  run(turn: Turn, strategy: CopyStrategy, order: Order): Promise<boolean>
}

/** In one turn no copy begins later than this: other pairs, and the jobs and orders of this one, have their turn too. */
export const COPY_TURN_MS = 20_000

/** At the same time; the rate bounds them besides. An outage costs each of them one attempt and no more. */
const LANES = 4
const INTERRUPTED = 'interrupted: what it came to is not known'
/** S3 copies faster by itself; the lease lasts as long as it might take. Bytes a second. */
const SLOWEST = 10 * 2 ** 20
/** What streams renews the lease so often. */
const KEEP_MS = 15_000
/** What a person mends for all copies: a grant, a bucket, the configuration. */
const SET_UP: ReadonlySet<ErrorCode> = new Set(['ACCESS_DENIED', 'BUCKET_MISSING', 'BUCKET_REGION', 'CONFIG_INVALID'])
/** A new version is looked for soon, should its event get lost. */
const LOOK_MS = 30_000

interface Run {
  /** No copy begins later, ms. */
  readonly until: number
  failure: Error | undefined
  /** The last one's, and how many came one after the other. */
  refusal: LandfallError | undefined
  inRow: number
  copied: number
  stopped: number
  /** Its time was over before its versions were. */
  late: boolean
}

export function makeCopies(needs: RedriveNeeds & { readonly newToken: () => string }): Copies {
  const { ledger, copier, clock, log, pause, newToken } = needs
  /** By pair: when the next version, and when the next byte, may be written. */
  const versionAt = new Map<string, number>()
  const byteAt = new Map<string, number>()

  return {
    async settle({ pair }, { token }) {
      const left = await ledger.inHand(pair.name, token)
      await ledger.unclaim(
        pair.name,
        token,
        left.map(({ version }) => ({ id: version.id, outcome: INTERRUPTED })),
      )
      await ledger.endJob(pair.name, token)
    },

    async run(turn, strategy, { versions, by = AUTOMATIC, probeOf }) {
      const { pair } = turn
      const token = newToken()
      const bytes = versions.reduce((sum, { size = 0 }) => sum + size, 0)
      const createdAt = clock.now()
      const job = {
        token,
        state: 'booked',
        strategy,
        createdAt,
        versions: versions.length,
        bytes,
        probeOf,
        by,
      } as const
      await ledger.saveJob(pair.name, job)
      // A probe that is put off would cost the incident a whole interval.
      const until = probeOf === undefined ? createdAt + COPY_TURN_MS : Infinity
      const run: Run = { until, failure: undefined, refusal: undefined, inRow: 0, copied: 0, stopped: 0, late: false }
      await mapLimited(versions, LANES, async (version) => {
        if (run.failure !== undefined || run.inRow >= LANES || run.late || turn.signal.aborted) return
        await one(turn, job, version, run)
      })
      await ledger.endJob(pair.name, token)
      await tellRefused(pair, job, run)
      const { copied, stopped, failure } = run
      log.info({ pair: pair.name, strategy, copied, stopped, of: versions.length, by, probeOf }, 're-drive ended')
      if (by === AUTOMATIC && copied > 0) {
        await ledger.record({ who: WHO, what: 'redrive', pair: pair.name, count: copied, reason: strategy })
      }
      if (failure !== undefined) throw failure
      return !run.late
    },
  }

  async function one(
    turn: Turn,
    job: RedriveJob & { readonly strategy: CopyStrategy },
    version: ToDrive,
    run: Run,
  ): Promise<void> {
    const { pair, signal, keep } = turn
    const { token, strategy } = job
    if (!(await inTime(pair, run.until, signal))) {
      run.late = true
      return
    }
    if (signal.aborted) return
    await keep()
    const claimed = await ledger.claim(pair.name, { token, strategy, ids: [version.id] })
    if (!claimed.has(version.id)) return
    await ledger.spend(pair.name, costOf(strategy, version))
    try {
      const outcome = await copier[strategy](pair.name, version, signal, paceOf(turn))
      if (outcome.kind === 'copied') {
        tellOvertaken(pair.name, version, outcome.overtaken)
        await answerProbe(pair.name, job, version)
        await copied(pair.name, job, version, outcome)
        run.copied += 1
        run.inRow = 0
        await ledger.note(pair.name, { redriven: 1 })
        return
      }
      run.stopped += 1
      log.warn({ pair: pair.name, ...logName(version), why: outcome.why }, 'a copy stopped')
      await ledger.unclaim(pair.name, token, [{ id: version.id, outcome: `${STOPPED}${outcome.why}` }])
    } catch (error) {
      if (!isLandfallError(error)) throw error
      // What is throttled or down now is so for the next one too: the others stay parked, with their attempts.
      if (error.disposition === 'retryable' || error.code === 'AWS_REFUSED') run.failure = error
      if (SET_UP.has(error.code)) {
        run.refusal = error
        run.inRow += 1
      }
      await ledger.unclaim(pair.name, token, [{ id: version.id, outcome: `${error.code}: ${error.message}` }])
    }
    await ledger.note(pair.name, { redriveFailed: 1 })
  }

  /** The grant that one copy lacks, all lack, mostly: they are not tried one by one. One among many may have a key of its own. */
  async function tellRefused(pair: PairToRedrive, { versions }: RedriveJob, run: Run): Promise<void> {
    const { refusal, inRow, copied } = run
    const incident = await standing(ledger, pair, COPY_REFUSED)
    if (refusal !== undefined && (inRow >= LANES || copied === 0)) {
      const detail = `${refusal.code}: ${refusal.message}`
      const refusedAt = clock.now()
      if (incident === undefined) await raise(needs, pair, { reason: COPY_REFUSED, versions, detail })
      // Another version is the next probe: this one may be the only one that lacks something.
      else await ledger.saveIncident(pair.name, { ...probeLost(incident), refusedAt, detail })
      return
    }
    if (copied === 0 || incident === undefined) return
    if (!(await ledger.endIncident(pair.name, COPY_REFUSED))) return
    log.info({ pair: pair.name, reason: COPY_REFUSED }, 'an incident is over')
    await ledger.record({ who: WHO, what: 'incident ended', pair: pair.name, count: 0, reason: COPY_REFUSED })
  }

  /** S3 knows no condition against it, so that it can only be told: loudly, and kept with the version. */
  function tellOvertaken(pair: string, version: ToDrive, why: string | undefined): void {
    if (why === undefined) return
    const next = 'Compare the current versions of this key on both sides.'
    log.error({ pair, ...logName(version), why, next }, 'a copy was overtaken')
  }

  /** False where the next version's time comes too late for this turn. */
  async function inTime({ name, redrive }: PairToRedrive, until: number, signal: AbortSignal): Promise<boolean> {
    const now = clock.now()
    const next = pace(versionAt.get(name) ?? 0, now, 0, redrive.rate)
    if (Math.max(next.beginAt, byteAt.get(name) ?? 0) >= until) return false
    versionAt.set(name, next.freeAt)
    if (next.beginAt > now) await pause(next.beginAt - now, signal)
    return true
  }

  /** By the bytes that go, and not by an object's size: one of hours keeps to the rate as well, and keeps the lease. */
  function paceOf({ pair: { name, redrive }, signal, keep }: Turn): Pace {
    let keptAt = clock.now()
    return async (bytes) => {
      const now = clock.now()
      const rate = { versionsPerSecond: Infinity, bytesPerSecond: redrive.rate.bytesPerSecond }
      const next = pace(byteAt.get(name) ?? 0, now, bytes, rate)
      byteAt.set(name, next.freeAt)
      const waitMs = next.beginAt - now
      const takesMs = (1000 * bytes) / SLOWEST
      if (now - keptAt + waitMs + takesMs >= KEEP_MS) {
        keptAt = now
        // Whoever has the pair instead has freed this version: what the copy comes to is then told by a look.
        await keep(waitMs + takesMs).catch(() => {})
      }
      if (waitMs > 0) await pause(waitMs, signal)
    }
  }

  /**
   * A copy at the destination is verified like any replica. A copy in place is a new version: it is booked here, whether
   * or not its event comes, and the old one stays at risk until a look finds that the new one landed in its place.
   */
  async function copied(
    pair: string,
    { token, strategy }: RedriveJob,
    { id, key, kind, size }: ToDrive,
    { replicaId, overtaken }: CopyOutcome & { readonly kind: 'copied' },
  ): Promise<void> {
    if (strategy === 'retrigger') {
      const name = { key, versionId: replicaId }
      const version = { ...name, id: versionId63(name), kind, size, eventTime: clock.now() }
      await ledger.book(pair, [{ version, dueInMs: LOOK_MS }])
    }
    const outcome = overtaken === undefined ? 'copied' : `copied; overtaken: ${overtaken}`
    await ledger.unclaim(pair, token, [{ id, outcome, replicaId }])
  }

  async function answerProbe(pair: string, { probeOf }: RedriveJob, { id }: ToDrive): Promise<void> {
    const incident = (await ledger.incidents(pair)).find(({ reason, probe }) => reason === probeOf && probe === id)
    if (incident !== undefined) await ledger.saveIncident(pair, probeAnswered(incident))
  }
}
