/**
 * S3 Batch Replication: replicates versions that a job of S3 Batch Operations names, under the ids that they have.
 *
 *   refused (no such version, not eligible, no grant) --> failed; the source's status stays
 *   begun: source PENDING --lag--> one attempt a destination (blocked ones wait) --> source COMPLETED or FAILED
 *
 * S3 user guide, "Replicating existing objects with Batch Replication". What the guide does not say and this assumes: a
 * version that live replication still has in hand (PENDING, named by a CSV manifest) is taken over; both come to the same
 * replica, and the destination tells of it once.
 */
import type { Guard } from '../iam/guard.ts'
import type { BucketChange, ReplicationRule, S3ForOthers, StoredVersion, WorldCore } from '../types.ts'
import { type Agenda, makeAgenda } from '../agenda.ts'
import { isBlocked } from './blocked.ts'
import { type Operation, tellsFailures } from './events.ts'
import { failureOf } from './failure.ts'
import { mayCarryTags, mayInitiate } from './grants.ts'
import { lagOf } from './lag.ts'
import { replicator } from './principal.ts'
import { replicaOf } from './replica.ts'
import { roleMay, roleMayInitiate } from './role.ts'
import { rulesFor } from './rules.ts'
import { makeTell } from './tell.ts'

export interface BatchNeeds extends Pick<WorldCore, 'clock' | 'random' | 'faults'> {
  readonly s3: S3ForOthers
  /** Absent: roles may everything. */
  readonly guard?: Guard | undefined
  /** Takes S3's own word about a replication: notifications/. */
  readonly raise: (change: BucketChange) => void
  readonly agenda?: Agenda | undefined
}

/** One row of a job's manifest. */
export interface BatchTask {
  /** Chance is drawn by it: another job about the same version draws anew. */
  readonly job: string
  /** The job's own, which must be allowed to begin; the bucket's replication role does the work. */
  readonly role?: string | undefined
  /** The job's region, which must be the bucket's. */
  readonly region: string
  readonly bucket: string
  readonly key: string
  /** Absent: the latest version. */
  readonly versionId: string | undefined
}

export interface BatchReplication {
  /** Calls `done` once, in a later turn: with the failure reason, or without one where all destinations have the version. */
  replicate(task: BatchTask, done: (reason: string | undefined) => void): void
}

/** A version that was found, on its way to all of its destinations. */
interface Journey {
  readonly task: BatchTask
  readonly version: StoredVersion
  /** Its status when the task began. */
  readonly before: StoredVersion['replication']
  readonly role: string
  readonly operation: Operation
  readonly begun: number
  readonly done: (reason: string | undefined) => void
  open: number
  reason: string | undefined
}

export function makeBatchReplication(needs: BatchNeeds): BatchReplication {
  const { s3, clock, random, faults } = needs
  const tell = makeTell(needs)
  const agenda = needs.agenda ?? makeAgenda(clock)
  let blocked: (() => void)[] = []

  faults.onChange(() => {
    const waiting = blocked
    blocked = []
    for (const attempt of waiting) agenda.at(clock.now(), attempt)
  })

  function begin(task: BatchTask, done: Journey['done']): void {
    const found = findTask(task, s3)
    if (typeof found === 'string') return done(found)
    const { bucket, key } = task
    const granted = task.role === undefined || roleMayInitiate({ role: task.role, bucket, key }, s3, needs.guard)
    if (!granted || !mayInitiate(bucket, faults.current)) return done('InitiateReplicationNotPermitted')
    const { version, role, rules } = found
    if (rules.length === 0) return done('SrcObjectNotEligible')
    const journey: Journey = {
      task,
      version,
      before: version.replication,
      role,
      operation: version.deleteMarker ? 'OBJECT_DELETE' : 'OBJECT_PUT',
      begun: clock.now(),
      done,
      open: rules.length,
      reason: undefined,
    }
    setStatus(journey, 'PENDING')
    for (const rule of rules) {
      agenda.at(clock.now() + lagOf(faults.current.replication?.lag, drawn('lag', journey, rule)), () =>
        attempt(journey, rule),
      )
    }
  }

  function attempt(journey: Journey, rule: ReplicationRule): void {
    const between = { source: journey.task.bucket, destination: rule.destination.bucket }
    if (isBlocked(between, s3, faults.current)) return void blocked.push(() => attempt(journey, rule))
    end(journey, rule, write(journey, rule, between))
  }

  function write(
    journey: Journey,
    rule: ReplicationRule,
    between: { source: string; destination: string },
  ): string | undefined {
    const { key, versionId } = journey.version
    const source = s3.version(between.source, key, versionId)
    const isThere = s3.version(between.destination, key, versionId) !== undefined
    // What is there already is never written again; tags that did not follow it do so now.
    if (isThere && journey.before === 'COMPLETED') return undefined
    if (s3.purgedReplica(between.destination, key, versionId)) return 'DstObjectHardDeleted'
    const may = roleMay({ ...between, role: journey.role, key }, s3, needs.guard)
    const reason = failureOf(
      {
        ...between,
        key,
        versionId,
        rule,
        operation: isThere ? 'OBJECT_PUT_TAGGING' : journey.operation,
        chance: drawn('fail', journey, rule),
        choice: drawn('reason', journey, rule),
      },
      s3,
      faults.current,
      may,
    )
    if (reason !== undefined || source === undefined) return reason ?? 'SrcVersionNotFound'
    const carryTags = mayCarryTags(between, faults.current, may)
    if (isThere) {
      if (carryTags) s3.setTags(between.destination, key, versionId, source.tags)
      return undefined
    }
    const terms = {
      rule,
      carryTags,
      corrupt: faults.current.replication?.corrupt,
      chance: drawn('damage', journey, rule),
    }
    s3.putReplica(between.destination, replicaOf(source, terms), replicator(journey.role))
    return undefined
  }

  function end(journey: Journey, rule: ReplicationRule, reason: string | undefined): void {
    const { task, version, operation } = journey
    journey.open -= 1
    journey.reason ??= reason
    if (reason !== undefined && tellsFailures(rule)) {
      const subject = { bucket: task.bucket, region: task.region, version, rule, operation, requestTime: journey.begun }
      tell('Failed', subject, reason)
    }
    if (journey.open > 0) return
    setStatus(journey, journey.reason === undefined ? 'COMPLETED' : 'FAILED')
    journey.done(journey.reason)
  }

  /** A replica that is sent on to a third bucket stays a replica of the first. */
  function setStatus({ task, version }: Journey, status: 'PENDING' | 'COMPLETED' | 'FAILED'): void {
    if (version.replication === 'REPLICA') return
    s3.setReplication(task.bucket, version.key, version.versionId, status)
  }

  function drawn(stream: string, { task, version }: Journey, rule: ReplicationRule): number {
    return random.of(`batch.${stream}`, `${task.job}/${version.versionId}/${version.key}/${rule.destination.bucket}`)
  }

  return {
    replicate: (task, done) => agenda.at(clock.now(), () => begin(task, done)),
  }
}

interface Found {
  readonly version: StoredVersion
  readonly role: string
  /** Those that replicate the version: none where it is not eligible. */
  readonly rules: readonly ReplicationRule[]
}

/** The version that a task names, or why there is none. */
function findTask({ bucket, region, key, versionId }: BatchTask, s3: S3ForOthers): Found | string {
  const source = s3.bucket(bucket)
  if (source === undefined) return 'SrcBucketNotFound'
  if (source.region !== region) return 'SrcBucketInvalidRegion'
  if (source.replication === undefined) return 'SrcBucketReplicationConfigMissing'
  const latest = s3.latest(bucket, key)
  if (latest === undefined) return 'SrcKeyNotFound'
  const version = versionId === undefined ? latest : s3.version(bucket, key, versionId)
  if (version === undefined) return 'SrcVersionNotFound'
  return { version, role: source.replication.role, rules: batchRulesFor(source, version) }
}

/**
 * The rules by which a batch job replicates a version. Unlike live replication it sends replicas on; and what a lifecycle
 * rule made stays at home here, too.
 */
export function batchRulesFor(
  source: NonNullable<ReturnType<S3ForOthers['bucket']>>,
  version: StoredVersion,
): readonly ReplicationRule[] {
  if (source.versioning !== 'Enabled' || source.madeByLifecycle(version)) return []
  const { key, deleteMarker, tags, storageClass, sse } = version
  return rulesFor(source.replication, { key, deleteMarker, tags, storageClass, sse, replication: undefined })
}
