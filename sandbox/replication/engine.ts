/**
 * S3's live replication: sees what is written to a bucket, and writes the replicas after a lag.
 *
 *   created | marker --rulesFor--> one task a destination, source PENDING --lag--> attempt
 *     blocked (paused, a region down)  stays PENDING, and goes on by itself when that is lifted
 *     failed                           source FAILED; never tried again
 *     written                          source COMPLETED once all of its destinations are
 *
 * What happens by order of a batch job (S3 Batch Replication) is batch.ts, of the same parts.
 */
import type { Guard } from '../iam/guard.ts'
import type { BucketChange, ReplicationRule, StoredVersion, WorldCore, S3ForOthers } from '../types.ts'
import { type Agenda, makeAgenda } from '../agenda.ts'
import { makeCounter, type ReplicationCounts } from './counts.ts'
import { isBlocked } from './blocked.ts'
import { FOLLOWING, type Operation, tellsFailures, tellsThreshold } from './events.ts'
import { failureOf } from './failure.ts'
import { mayCarryTags } from './grants.ts'
import { lagOf } from './lag.ts'
import { isReplicator, replicator } from './principal.ts'
import { replicaOf } from './replica.ts'
import { roleMay, type RoleMay } from './role.ts'
import { rulesFor, wantsTags } from './rules.ts'
import { makeTell, type Subject } from './tell.ts'

export interface ReplicationNeeds extends Pick<WorldCore, 'clock' | 'random' | 'faults'> {
  readonly s3: S3ForOthers
  /** Absent: roles may everything. */
  readonly guard?: Guard | undefined
  /** Takes S3's own word about a replication: notifications/. */
  readonly raise: (change: BucketChange) => void
  readonly agenda?: Agenda | undefined
}

export interface Replication {
  counts(): Readonly<Record<string, ReplicationCounts>>
}

/** One version on its way to one destination. */
interface Task {
  readonly change: BucketChange
  readonly role: string
  readonly rule: ReplicationRule
  readonly operation: Operation
  /** Drawn when the version was written, so that a run repeats itself whatever order the lags bring. */
  readonly chance: number
  readonly choice: number
  readonly damage: number
  missed: boolean
  done: boolean
}

/** The destinations that one source version is on its way to; never two tasks to one of them. */
interface Flight {
  readonly open: Set<string>
  failed: boolean
}

export function makeReplication(needs: ReplicationNeeds): Replication {
  const { s3, clock, random, faults } = needs
  const tell = makeTell(needs)
  const agenda = needs.agenda ?? makeAgenda(clock)
  const counter = makeCounter()
  const flights = new Map<string, Flight>()
  let blocked: Task[] = []

  s3.beforeStore((bucket, version) => (rulesOf(bucket, version).length > 0 ? 'PENDING' : undefined))
  s3.onChange((change) => {
    if (change.kind === 'created' || change.kind === 'marker') written(change)
    else if (change.kind === 'tagged') changed(change, 'OBJECT_PUT_TAGGING')
    else if (change.kind === 'locked') {
      changed(change, change.eventName === 'ObjectLegalHold:Put' ? 'OBJECT_PUT_LEGAL_HOLD' : 'OBJECT_PUT_RETENTION')
    }
  })
  faults.onChange(() => {
    const waiting = blocked
    blocked = []
    for (const task of waiting) {
      counter.of(task.change.bucket).blocked -= 1
      agenda.at(clock.now(), () => attempt(task))
    }
  })

  function rulesOf(bucket: string, version: StoredVersion): readonly ReplicationRule[] {
    const source = s3.bucket(bucket)
    return source?.versioning === 'Enabled' ? rulesFor(source.replication, version) : []
  }

  function written(change: BucketChange): void {
    if (change.lifecycle || isReplicator(change.principal)) return
    const role = s3.bucket(change.bucket)?.replication?.role ?? ''
    const operation = change.version.deleteMarker ? 'OBJECT_DELETE' : 'OBJECT_PUT'
    for (const rule of rulesOf(change.bucket, change.version)) start(change, role, rule, operation)
  }

  /** Tags and locks given later follow to where the version went; they never make a version eligible that was not. */
  function changed(change: BucketChange, operation: Operation): void {
    const { replication } = s3.bucket(change.bucket) ?? {}
    const { version } = change
    if (replication === undefined) return
    if (version.replication !== 'COMPLETED' && version.replication !== 'PENDING') return
    const underway = flights.get(flightOf(change))?.open
    const seen = new Set<string>()
    for (const rule of replication.rules) {
      const destination = rule.destination.bucket
      if (!rule.enabled || seen.has(destination) || !version.key.startsWith(rule.prefix)) continue
      // A copy that has not left yet takes them along.
      if (underway?.has(destination)) continue
      if (wantsTags(rule) && s3.version(destination, version.key, version.versionId) === undefined) continue
      seen.add(destination)
      start(change, replication.role, rule, operation)
    }
  }

  function start(change: BucketChange, role: string, rule: ReplicationRule, operation: Operation): void {
    const chance = (stream: string): number =>
      random.of(`replication.${stream}`, `${flightOf(change)}/${rule.destination.bucket}/${operation}`)
    const lag = lagOf(faults.current.replication?.lag, chance('lag'))
    const task: Task = {
      change,
      role,
      rule,
      operation,
      chance: chance('fail'),
      choice: chance('reason'),
      damage: chance('damage'),
      missed: false,
      done: false,
    }
    const name = flightOf(change)
    const flight = flights.get(name) ?? { open: new Set<string>(), failed: false }
    flights.set(name, flight)
    flight.open.add(rule.destination.bucket)
    counter.of(change.bucket).pending += 1
    if (change.version.replication !== 'PENDING') {
      s3.setReplication(change.bucket, change.version.key, change.version.versionId, 'PENDING')
    }
    if (tellsThreshold(rule)) agenda.at(change.time + thresholdMs(rule), () => missThreshold(task))
    agenda.at(clock.now() + lag, () => attempt(task))
  }

  function attempt(task: Task): void {
    const { change, rule } = task
    const between = { source: change.bucket, destination: rule.destination.bucket }
    if (isBlocked(between, s3, faults.current)) {
      blocked.push(task)
      counter.of(change.bucket).blocked += 1
      return
    }
    const { key, versionId } = change.version
    const may = roleMay({ ...between, role: task.role, key }, s3, needs.guard)
    const reason = failureOf({ ...between, ...task, key, versionId }, s3, faults.current, may)
    const source = s3.version(change.bucket, key, versionId)
    if (reason !== undefined || source === undefined) return end(task, reason ?? 'SrcVersionNotFound')
    deliver(task, source, may)
    end(task, undefined)
  }

  function deliver(
    { change, rule, role, operation, damage }: Task,
    source: StoredVersion,
    may: RoleMay | undefined,
  ): void {
    const destination = rule.destination.bucket
    const carryTags = mayCarryTags({ source: change.bucket, destination }, faults.current, may)
    if (operation === 'OBJECT_PUT_TAGGING') {
      if (carryTags) s3.setTags(destination, source.key, source.versionId, source.tags)
      return
    }
    if (FOLLOWING.has(operation)) return s3.setLock(destination, source.key, source.versionId, source.lock)
    // A batch job was faster, and what it wrote was deleted: not a second time.
    if (s3.purgedReplica(destination, source.key, source.versionId)) return
    const { corrupt } = faults.current.replication ?? {}
    // False where the version is there already: as good as written.
    s3.putReplica(destination, replicaOf(source, { rule, carryTags, corrupt, chance: damage }), replicator(role))
  }

  function end(task: Task, reason: string | undefined): void {
    const { change, rule } = task
    task.done = true
    const name = flightOf(change)
    const flight = flights.get(name)
    flight?.open.delete(rule.destination.bucket)
    const tally = counter.of(change.bucket)
    tally.pending -= 1
    if (reason === undefined) tally.completed += 1
    else tally.failed[reason] = (tally.failed[reason] ?? 0) + 1

    if (reason !== undefined && flight !== undefined) flight.failed = true
    const over = flight === undefined || flight.open.size === 0
    if (over) flights.delete(name)
    const { key, versionId } = change.version
    if (flight?.failed === true) s3.setReplication(change.bucket, key, versionId, 'FAILED')
    else if (over) s3.setReplication(change.bucket, key, versionId, 'COMPLETED')

    if (reason !== undefined && tellsFailures(rule)) tell('Failed', subjectOf(task), reason)
    if (reason === undefined && task.missed) tell('ReplicatedAfterThreshold', subjectOf(task))
  }

  /** A rule that lost its time control meanwhile no longer watches: S3 says so, once. */
  function missThreshold(task: Task): void {
    if (task.done) return
    const rules = s3.bucket(task.change.bucket)?.replication?.rules
    const rule = rules?.find(({ id }) => id === task.rule.id)
    if (rule === undefined || !rule.enabled || !tellsThreshold(rule)) return tell('NotTracked', subjectOf(task))
    task.missed = true
    tell('MissedThreshold', subjectOf(task))
  }

  function thresholdMs(rule: ReplicationRule): number {
    return faults.current.replication?.rtcThresholdMs ?? (rule.timeControlMinutes ?? 15) * 60_000
  }

  return { counts: () => counter.rows() }
}

function flightOf({ bucket, version }: BucketChange): string {
  return `${bucket}\0${version.versionId}\0${version.key}`
}

function subjectOf({ change, rule, operation }: Task): Subject {
  const { bucket, region, version, time: requestTime } = change
  return { bucket, region, version, rule, operation, requestTime }
}
