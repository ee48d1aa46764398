/**
 * Which pair an event belongs to, and what it means there. Each event is judged alone, so neither order nor batches
 * matter: the ledger joins what belongs together.
 */
import { type CanaryEvent, canaryStep, isOwnKey } from './canary.ts'
import type { BucketEvent } from './events/event.ts'
import type { Arrival } from './look.ts'
import { versionId63, type OpenVersion, type VersionId63, type VersionKind } from './version.ts'

/** The part of a pair that routing needs; `Pair` of config/estate.ts satisfies it. */
export interface PairRoute {
  readonly name: string
  readonly source: { readonly bucket: string }
  readonly destination: { readonly bucket: string }
  /** Absent: `version`. */
  readonly match?: 'version' | 'content' | undefined
  /** `*` at the end matches a prefix. */
  readonly purgePrincipals: readonly string[]
}

/** A version as the ledger books it. */
export type Announced = Omit<OpenVersion, 'state' | 'looks' | 'absentAt'>

export interface Nudge {
  readonly id: VersionId63
  /** S3's `failureReason`. */
  readonly reason?: string | undefined
}

/** A version id deleted for good, on either side. */
export interface Purge {
  /** Of this delete, and no version's: a second delivery of its event has the same one, a later purge another. */
  readonly id: VersionId63
  /** Of a replica, by no lifecycle rule and no allowed principal: tampering. */
  readonly byStranger: boolean
  readonly key: string
  readonly versionId: string
  readonly principal?: string | undefined
}

/** What one pair has to do with a batch of events. Apply it in this order: book, arrive, nudge, reopen. */
export interface PairEvents {
  /**
   * Versions written at the source. Also those that only a replication event told of: the source's own event may be
   * lost, or come later and then count as a duplicate.
   */
  readonly bookings: readonly Announced[]
  /** Replicas that S3 replication wrote at the destination. */
  readonly arrivals: readonly Arrival[]
  /** Look at these now, if they are open. */
  readonly nudges: readonly Nudge[]
  /** Replicas deleted for good. Open them again, if they are closed: the looks then tell what it means. */
  readonly reopenings: readonly Announced[]
  /** Permanent deletes on either side. */
  readonly purges: readonly Purge[]
}

type Building = {
  -readonly [Field in keyof PairEvents]: PairEvents[Field] extends readonly (infer Item)[] ? Item[] : PairEvents[Field]
}

export interface Routed {
  readonly pairs: ReadonlyMap<string, PairEvents>
  /** Events of buckets that no pair has, by bucket: a queue is subscribed to more than the estate names. */
  readonly unrouted: ReadonlyMap<string, number>
  /** Events under Landfall's own prefix are nobody's versions: only the canary's are worth a word. */
  readonly canaries: readonly CanaryEvent[]
}

/** Routes events by bucket. Made once for an estate, then called for each batch. */
export function makeRouter(
  pairs: readonly PairRoute[],
  /** Buckets that no pair has, and whose events are wanted all the same. */
  others: ReadonlySet<string> = new Set(),
): (events: readonly BucketEvent[]) => Routed {
  const bySource = Map.groupBy(pairs, (pair) => pair.source.bucket)
  const byDestination = Map.groupBy(pairs, (pair) => pair.destination.bucket)

  return (events) => {
    const routed = new Map<string, Building>()
    const unrouted = new Map<string, number>()
    const canaries: CanaryEvent[] = []
    const of = (pair: PairRoute): Building => {
      const known = routed.get(pair.name)
      if (known !== undefined) return known
      const fresh = noEvents()
      routed.set(pair.name, fresh)
      return fresh
    }
    for (const event of events) {
      const from = bySource.get(event.bucket) ?? []
      const to = byDestination.get(event.bucket) ?? []
      if (from.length + to.length === 0) {
        if (!others.has(event.bucket)) unrouted.set(event.bucket, (unrouted.get(event.bucket) ?? 0) + 1)
        continue
      }
      if (isOwnKey(event.key)) {
        canaries.push(...canariesIn(event, from, to))
        continue
      }
      for (const pair of from) atSource(event, pair, of(pair))
      for (const pair of to) atDestination(event, pair, of(pair), from.length > 0)
    }
    return { pairs: routed, unrouted, canaries }
  }
}

export function routeEvents(pairs: readonly PairRoute[], events: readonly BucketEvent[]): Routed {
  return makeRouter(pairs)(events)
}

function canariesIn(event: BucketEvent, from: readonly PairRoute[], to: readonly PairRoute[]): readonly CanaryEvent[] {
  const replicated = byReplication(event)
  const step = (pair: PairRoute, side: 'source' | 'destination') =>
    canaryStep(event, { pair: pair.name, side, byVersion: pair.match !== 'content' }, replicated)
  return [...from.map((pair) => step(pair, 'source')), ...to.map((pair) => step(pair, 'destination'))].filter(
    (found) => found !== undefined,
  )
}

function noEvents(): Building {
  return { bookings: [], arrivals: [], nudges: [], reopenings: [], purges: [] }
}

function atSource(event: BucketEvent, pair: PairRoute, into: Building): void {
  switch (event.kind) {
    case 'created':
    case 'marker':
      // A replica in a source: the pair that it came by takes it as an arrival, and S3 does not replicate it on.
      if (!byReplication(event)) into.bookings.push(announce(event, event.kind === 'marker' ? 'marker' : 'object'))
      return
    case 'purged':
      into.purges.push(purge(event, false))
      if (identified(event)) into.nudges.push({ id: versionId63(event) })
      return
    case 'replication':
      noticed(event, pair, into)
      return
  }
}

/** S3's own word about one version: the version exists, and is to be looked at now. */
function noticed(event: BucketEvent, pair: PairRoute, into: Building): void {
  const { replication } = event
  const destination = replication?.destinationBucket
  // A source may replicate to buckets that are no matter of ours.
  if (destination !== undefined && destination !== pair.destination.bucket) return
  // These events carry no sequencer, without which one `null` version can't be told from the next.
  if (!identified(event)) return

  const kind = writtenBy(replication?.operation)
  if (kind !== undefined) {
    into.bookings.push({ ...announce(event, kind), eventTime: replication?.requestTime ?? event.time })
  }
  const reason = replication?.failureReason
  into.nudges.push({ id: versionId63(event), ...(reason !== undefined && { reason }) })
}

/** Other operations change the metadata of a version, which may be old and closed long since: never booked for that. */
function writtenBy(operation: string | undefined): VersionKind | undefined {
  if (operation === undefined || operation === 'OBJECT_PUT') return 'object'
  return operation === 'OBJECT_DELETE' ? 'marker' : undefined
}

function atDestination(event: BucketEvent, pair: PairRoute, into: Building, alsoSource: boolean): void {
  switch (event.kind) {
    case 'created':
    case 'marker':
      if (byReplication(event)) {
        if (identified(event)) into.arrivals.push(arrival(event, event.kind === 'marker' ? 'marker' : 'object'))
        return
      }
      if (alsoSource || event.lifecycle) return
      // By EventBridge even a replica's event names no principal: it may be one, so a look is worth it.
      if (unnamed(event) && identified(event)) into.nudges.push({ id: versionId63(event) })
      return
    case 'purged':
      into.purges.push(purge(event, !event.lifecycle && !allowed(event.principal, pair.purgePrincipals)))
      if (event.lifecycle) return
      // Also where it is allowed: until the source deletes its version too, an outage there would lose it.
      if (identified(event)) into.reopenings.push(announce(event, 'object'))
      return
    case 'replication':
      return
  }
}

/** One write of a `null` version is told from the next by its sequencer; where an event has none, by its time. */
function sequencerOf({ sequencer, time }: BucketEvent): string {
  return sequencer ?? `t${time.toString(16)}`
}

/** The id of the version that an event is about. */
export function eventId(event: BucketEvent): VersionId63 {
  const { key, versionId } = event
  return versionId63({ key, versionId, sequencer: sequencerOf(event) })
}

function announce(event: BucketEvent, kind: VersionKind): Announced {
  const { key, versionId, size, etag, time, lifecycle } = event
  return {
    id: eventId(event),
    key,
    versionId,
    kind,
    eventTime: time,
    ...(versionId === 'null' && { sequencer: sequencerOf(event) }),
    // A marker has neither; some of S3's events carry those of the object below it.
    ...(kind === 'object' && size !== undefined && { size }),
    ...(kind === 'object' && etag !== undefined && { etag }),
    ...(lifecycle && { lifecycle }),
  }
}

function arrival(event: BucketEvent, kind: VersionKind): Arrival {
  const { size, etag, time } = event
  return {
    id: versionId63(event),
    time,
    kind,
    ...(kind === 'object' && size !== undefined && { size }),
    ...(kind === 'object' && etag !== undefined && { etag }),
  }
}

function purge(event: BucketEvent, byStranger: boolean): Purge {
  const { bucket, key, versionId, principal } = event
  const id = versionId63({ key, versionId: `${versionId} purged from ${bucket} at ${sequencerOf(event)}` })
  return { id, byStranger, key, versionId, ...(principal !== undefined && { principal }) }
}

/** A `null` version is known by its sequencer, and no other event about it carries the same one. */
function identified(event: BucketEvent): boolean {
  return event.versionId !== 'null'
}

/** The session name that S3 gives itself when it assumes the replication role (seen in practice, undocumented). */
export function byReplication(event: BucketEvent): boolean {
  return event.principal?.endsWith(':s3-replication') === true
}

function unnamed({ principal }: BucketEvent): boolean {
  return principal === undefined || principal === 's3.amazonaws.com' || /^\d{12}$/.test(principal)
}

function allowed(principal: string | undefined, list: readonly string[]): boolean {
  if (principal === undefined) return false
  return list.some((entry) => (entry.endsWith('*') ? principal.startsWith(entry.slice(0, -1)) : principal === entry))
}
