/**
 * Re-drives without AWS: the ledger in memory, a clock that stands still until it is told, S3 as a table of what each
 * version's replication would come to, and looks that tell the truth of it.
 */
import { LandfallError } from '../../src/domain/errors.ts'
import type { Driven, RedriveJob, ToDrive } from '../../src/domain/repair/words.ts'
import { versionId63, type VersionId63 } from '../../src/domain/version.ts'
import type { BatchReplication, BatchState, Booking, Copier, CopyOutcome } from '../../src/ports.ts'
import type { Pair } from '../../src/config/estate.ts'
import { makeRedrive, type RedriveNeeds } from '../../src/workers/redrive.ts'
import { recordingLog } from './log.ts'
import { makeMemoryLedger } from './memory-ledger.ts'
import { smallPair } from './small-estate.ts'

export const PAIR = 'documents'
export const T0 = Date.UTC(2026, 10, 24, 12)
const HOUR = 3_600_000
export const BATCH = { roleArn: 'arn:aws:iam::111111111111:role/batch', bucket: 'jobs', prefix: '' }

export interface FakeJob {
  readonly jobId: string
  readonly token: string
  readonly versions: readonly ToDrive[]
  state: BatchState
  /** Not in the report. */
  readonly missed: Set<VersionId63>
}

export type World = ReturnType<typeof redriveWorld>

/** `overrides` of the pair's redrive; `ledger` wraps the ledger, to break it. */
export function redriveWorld(
  redrive: Partial<Pair['redrive']> = {},
  options: {
    readonly ledger?: (ledger: RedriveNeeds['ledger']) => RedriveNeeds['ledger']
    /** Happens while a copy is being written. */
    readonly during?: (id: VersionId63) => Promise<void>
  } = {},
) {
  let now = T0
  const clock = { now: () => now }
  const ledger = makeMemoryLedger({ now: clock.now })
  const log = recordingLog()
  const pair = smallPair(PAIR, {
    redrive: {
      ...smallPair(PAIR).redrive,
      batch: BATCH,
      everyMs: 60_000,
      probe: { minMs: 300_000, maxMs: HOUR },
      ...redrive,
    },
  })
  /** By id: why S3 cannot replicate it; the others it can. */
  const blocked = new Map<VersionId63, string>()
  const replicas = new Set<VersionId63>()
  const jobs: FakeJob[] = []
  const broken: {
    create?: Error | undefined
    state?: Error | undefined
    report?: Error | undefined
    copy?: Error | undefined
  } = {}
  const copies: { strategy: 'copy' | 'retrigger'; id: VersionId63 }[] = []
  const stops = new Map<VersionId63, string>()
  const refused = new Set<VersionId63>()

  const batch: BatchReplication = {
    async create(_pair, { token, versions }) {
      if (broken.create !== undefined) throw broken.create
      const known = jobs.find((job) => job.token === token)
      if (known !== undefined) return known
      const job: FakeJob = {
        jobId: `job-${jobs.length + 1}`,
        token,
        versions,
        state: { kind: 'running', done: 0, total: versions.length },
        missed: new Set(),
      }
      jobs.push(job)
      return job
    },
    async state(_pair, jobId) {
      if (broken.state !== undefined) throw broken.state
      return jobs.find((job) => job.jobId === jobId)!.state
    },
    async *report(_pair, { jobId }) {
      if (broken.report !== undefined) throw broken.report
      const job = jobs.find((one) => one.jobId === jobId)!
      for (const version of job.versions) if (!job.missed.has(version.id)) yield task(version)
    },
  }

  function task({ id, key, versionId }: ToDrive): Driven {
    const reason = blocked.get(id)
    if (reason === undefined) replicas.add(id)
    return { key, versionId, succeeded: reason === undefined, reason }
  }

  const write =
    (strategy: 'copy' | 'retrigger') =>
    async (
      _pair: string,
      { id, size = 0 }: ToDrive,
      _signal?: AbortSignal,
      pace?: (bytes: number) => Promise<void>,
    ): Promise<CopyOutcome> => {
      if (broken.copy !== undefined) throw broken.copy
      if (refused.has(id)) throw new LandfallError('ACCESS_DENIED', 'kms:Decrypt is denied on a key')
      copies.push({ strategy, id })
      await pace?.(size)
      await options.during?.(id)
      const why = stops.get(id)
      if (why !== undefined) return { kind: 'stopped', why }
      if (strategy === 'copy') replicas.add(id)
      return { kind: 'copied', replicaId: `copy-of-${id}`, bytes: 1 }
    }
  const copier: Copier = { copy: write('copy'), retrigger: write('retrigger') }

  const make = (holder = 'me') =>
    makeRedrive({
      pairs: [pair],
      ledger: options.ledger?.(ledger) ?? ledger,
      batch,
      copier,
      clock,
      random: { next: Math.random },
      log,
      holder,
      pause: async (ms) => {
        now += ms
      },
    })
  const redriver = make()

  return {
    ledger,
    log,
    pair,
    blocked,
    replicas,
    jobs,
    broken,
    copies,
    stops,
    refused,
    make,
    later(ms: number) {
      now += ms
    },
    now: () => now,
    async advance(by = redriver) {
      // A lease that is given back is free a moment later.
      now += 2
      await by.advance(PAIR, new AbortController().signal)
    },
    handle: redriver.handle,
    async fail(key: string, reason: string, more: Partial<Booking['version']> = {}): Promise<VersionId63> {
      const name = { key, versionId: more.versionId ?? `v-${key}` }
      now += 1
      const version = { id: versionId63(name), ...name, kind: 'object' as const, size: 1000, eventTime: now, ...more }
      await ledger.book(PAIR, [{ version, dueInMs: 0 }])
      await ledger.settle(PAIR, [{ id: version.id, to: 'park', state: 'failed', reason, recheckInMs: 1000 * HOUR }])
      blocked.set(version.id, reason)
      return version.id
    },
    /** The looks that are due: landed, or parked again with the recorded reason. */
    async verify() {
      const taken = await ledger.take(PAIR, { max: 1e6, leaseMs: 30_000 })
      await ledger.settle(
        PAIR,
        taken.map(({ version, lease }) =>
          replicas.has(version.id)
            ? { id: version.id, lease, to: 'close', verdict: 'landed', evidence: 'head' }
            : {
                id: version.id,
                lease,
                to: 'park',
                state: 'failed',
                reason: version.reason ?? 'ReplicationFailed',
                recheckInMs: 1000 * HOUR,
                absentAt: now,
              },
        ),
      )
      return taken.length
    },
    complete(job: FakeJob | undefined = jobs.at(-1)) {
      const total = job!.versions.length
      job!.state = { kind: 'complete', succeeded: total, failed: 0 }
    },
    async underWay(): Promise<readonly RedriveJob[]> {
      return ledger.jobs(PAIR)
    },
    async find(id: VersionId63) {
      return (await ledger.find(PAIR, [id]))[0]
    },
    snapshot: async () => ledger.snapshot(PAIR),
  }
}

export const down = (): LandfallError => new LandfallError('AWS_UNREACHABLE', 'eu-west-1 does not answer')
export const denied = (): LandfallError => new LandfallError('ACCESS_DENIED', 's3:CreateJob on account 1')
