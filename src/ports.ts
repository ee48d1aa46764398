/**
 * Types only: what the rooms ask of each other. A worker names the few methods it needs by `Pick<...>`.
 * One contract suite per port (test/contract/) runs against every implementation.
 */
import type { HistoryPoint, HistoryStep } from './domain/history.ts'
import type { Lifecycle } from './domain/audit/lifecycle.ts'
import type { Listed } from './domain/audit/merge.ts'
import type { AuditSummary } from './domain/audit/report.ts'
import type { Canary, CanaryEvent } from './domain/canary.ts'
import type { Compression, Encryption } from './domain/dump/name.ts'
import type { Arrival, Look, Side } from './domain/look.ts'
import type {
  Act,
  Discarded,
  Driven,
  Incident,
  Parked,
  RedriveJob,
  Strategy,
  ToDrive,
  Tried,
} from './domain/repair/words.ts'
import type { ReplicationRule } from './domain/rules.ts'
import type { Settlement } from './domain/settlement.ts'
import type {
  LedgerHealth,
  LedgerIdentity,
  Note,
  PairSnapshot,
  ServiceCounter,
  ServiceCounts,
  ServiceGauge,
} from './domain/snapshot.ts'
import type { OpenVersion, VersionId63 } from './domain/version.ts'

export type { Listed } from './domain/audit/merge.ts'
export type { Arrival, Checksum, Look, ReplicationStatus, Side } from './domain/look.ts'
export type { Fate, Lag, Settlement } from './domain/settlement.ts'
export type {
  LagSummary,
  LedgerHealth,
  LedgerIdentity,
  Note,
  PairSnapshot,
  QueueDepth,
  ServiceCounter,
  ServiceCounts,
  ServiceGauge,
} from './domain/snapshot.ts'
export { NOTES, SERVICE_COUNTERS } from './domain/snapshot.ts'

// ---------------------------------------------------------------- time, chance, log

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
}

export interface Random {
  /** In [0, 1). */
  next(): number
}

/** The part of pino that Landfall uses: ids first, a static message second. */
export interface Log {
  debug(ids: object, message: string): void
  info(ids: object, message: string): void
  warn(ids: object, message: string): void
  error(ids: object, message: string): void
  child(ids: object): Log
}

// ---------------------------------------------------------------- object store

export interface LookFor {
  readonly pair: string
  readonly side: Side
  readonly key: string
  readonly versionId: string
  readonly signal?: AbortSignal | undefined
}

/** Throws `LandfallError`: retryable for throttling and outages, permanent for refused credentials or a missing bucket. */
export interface ObjectStore {
  /** HEAD by version id, with checksums where `checksums` is set. One request. */
  head(at: LookFor & { readonly checksums?: boolean | undefined }): Promise<Look>
  /** `ListObjectVersions` at the key, until the version id is found or the key is over. Needs no right to read objects. */
  listVersion(at: LookFor): Promise<Look>
  /** All versions and markers of exactly this key, newest first, at most `limit`. */
  listKey(
    at: Omit<LookFor, 'versionId'> & { readonly limit: number },
  ): Promise<readonly (Look & { readonly kind: 'object' | 'marker' })[]>
}

// ---------------------------------------------------------------- listings

export interface ListPage {
  /** In the listing's order: keys by their UTF-8 bytes, versions newest first. */
  readonly versions: readonly Listed[]
  /** Where the next page begins; undefined at the end of the bucket. */
  readonly next?: ListMark | undefined
}

/** Behind this key, or with a version id behind that version of it. */
export interface ListMark {
  readonly key: string
  readonly versionId?: string | undefined
}

/** Both buckets of a pair, a page at a time. Throws `LandfallError`: AWS_THROTTLED, AWS_UNREACHABLE, ACCESS_DENIED ... */
export interface VersionLister {
  /** One `ListObjectVersions`. Versions above `upTo` are left out, and end it. `max`: at most so many, 1000 where absent. */
  page(at: {
    readonly pair: string
    readonly side: Side
    readonly after?: ListMark | undefined
    readonly upTo?: string | undefined
    readonly max?: number | undefined
    readonly signal?: AbortSignal | undefined
  }): Promise<ListPage>
  /** The enabled rules of a bucket's lifecycle; `unknown` where we may not read it. */
  lifecycle(at: { readonly pair: string; readonly side: Side }): Promise<Lifecycle>
}

/** Reads both versions whole; undefined where one is not to be read. */
export type SameBytes = (at: {
  readonly pair: string
  readonly key: string
  readonly source: string
  readonly destination: string
  readonly signal?: AbortSignal | undefined
}) => Promise<boolean | undefined>

/** What S3 is told to replicate. Throws `LandfallError`; ACCESS_DENIED names the grant. */
export interface RuleReader {
  /** Of the pair's source bucket; undefined when it has no replication configuration. */
  rules(pair: string): Promise<readonly ReplicationRule[] | undefined>
  /** Of a version at the source. */
  tags(pair: string, at: { readonly key: string; readonly versionId: string }): Promise<ReadonlyMap<string, string>>
}

// ---------------------------------------------------------------- ledger

/** A version to book. `dueInMs` counts from now by Redis' clock. */
export interface Booking {
  readonly version: Omit<OpenVersion, 'state' | 'looks' | 'absentAt'>
  readonly dueInMs: number
}

export interface Matched {
  readonly version: OpenVersion
  readonly arrival: Arrival
}

export interface Booked {
  readonly received: number
  readonly duplicates: number
  /** Versions just booked whose arrival came first: decide and settle these now. */
  readonly arrived: readonly Matched[]
}

export interface Arrived {
  /** Open versions that these arrivals name (waiting, late or parked): decide and settle these now. */
  readonly matched: readonly Matched[]
  /** Kept for an hour, since their version is not booked yet. */
  readonly early: number
  /** Named a version that is closed already. */
  readonly known: number
}

export interface Taken {
  readonly version: OpenVersion
  /** Proof of the lease: a `settle` other than a verdict counts only while it stands. */
  readonly lease: number
}

/** Throws `LandfallError`: REDIS_UNREACHABLE, REDIS_FULL, REDIS_REFUSED. */
export interface Ledger {
  book(pair: string, bookings: readonly Booking[]): Promise<Booked>
  /** S3 said something about versions that may be open: look now, and remember the reason. Unknown ids are left alone. */
  nudge(
    pair: string,
    items: readonly { readonly id: VersionId63; readonly reason?: string | undefined }[],
  ): Promise<number>
  arrive(pair: string, arrivals: readonly Arrival[]): Promise<Arrived>
  /** Takes due versions (waiting, late, and failed ones whose recheck is due) under a lease. */
  take(pair: string, options: { readonly max: number; readonly leaseMs: number }): Promise<readonly Taken[]>
  settle(pair: string, settlements: readonly Settlement[]): Promise<{ readonly closed: number; readonly stale: number }>
  /**
   * Opens closed versions again (their replica was found to be missing), and returns how many. One that is open stays
   * so, and loses its recorded ETag: an event of the replica that comes late then needs a look to land it.
   */
  reopen(pair: string, bookings: readonly Booking[]): Promise<number>
  /** Arrivals of these ids that wait for their version to be booked. */
  early(pair: string, ids: readonly VersionId63[]): Promise<readonly Arrival[]>
  /** Which of these ids were ever booked (within the memory of `seen`: 14 to 28 days), open or closed. */
  known(pair: string, ids: readonly VersionId63[]): Promise<ReadonlySet<VersionId63>>
  /** Counts permanent deletes, each once within the memory of `seen`. Returns the ids that are new. */
  purge(
    pair: string,
    purges: readonly { readonly id: VersionId63; readonly byStranger: boolean }[],
  ): Promise<ReadonlySet<VersionId63>>
  /** Counters of one pair that belong to no version. */
  note(pair: string, counts: Readonly<Partial<Record<Note, number>>>): Promise<void>
  /** How many versions are due now, for each pair. */
  due(pairs: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** `lags: false` leaves the lags out (`lag.count` is 0 then), which are most of the work. */
  snapshot(pair: string, options?: { readonly lags?: boolean }): Promise<PairSnapshot>
  /** Lags of the whole minutes that begin in [fromMs, toMs), by bucket (domain/lag.ts): what a publisher sends as a distribution. */
  lagHistogram(
    pair: string,
    range: { readonly fromMs: number; readonly toMs: number },
  ): Promise<ReadonlyMap<number, number>>
  /**
   * Lags and what happened, for each whole minute (kept for a day) or hour (for 8 days) that begins in [fromMs, toMs), in
   * order; slots in which nothing happened are left out.
   */
  history(
    pair: string,
    range: { readonly step: HistoryStep; readonly fromMs: number; readonly toMs: number },
  ): Promise<readonly HistoryPoint[]>
  /** The oldest open versions, oldest first. */
  oldest(pair: string, limit: number): Promise<readonly OpenVersion[]>
  count(counts: Readonly<Partial<Record<ServiceCounter, number>>>): Promise<void>
  counters(): Promise<ServiceCounts>
  /** Sets what is there to be read beside the counters. */
  setGauges(values: Readonly<Partial<Record<ServiceGauge, number>>>): Promise<void>
  /** Per queue name: event time (ms) of the newest event seen. */
  sawEvents(newest: ReadonlyMap<string, number>): Promise<void>
  newestEvents(): Promise<ReadonlyMap<string, number>>
  /** A lease by name, for work that one container of many does. */
  lease(name: string, holder: string, ms: number): Promise<boolean>
  /** The ledger's name, made once, and when it began. `candidate` becomes it where there is none yet. */
  identity(candidate: string): Promise<LedgerIdentity>
  /** As far as it has one; asking makes none. */
  identity(): Promise<LedgerIdentity | undefined>
  /** Remembers the ledger that was there before this one. */
  follow(before: NonNullable<LedgerIdentity['before']>): Promise<void>
  /** Resolves when everything written through this ledger before the call is as durable as the configuration asks. */
  durable(): Promise<void>
  health(): Promise<LedgerHealth>
}

// ---------------------------------------------------------------- repair

export interface Reconciled {
  /** Never heard of before: booked, as an event would have. */
  readonly received: number
  /** Closed as landed once, and missing now: opened again. */
  readonly reopened: number
  /** Open already: left as it is. */
  readonly open: number
}

/**
 * The part of the ledger that repair needs; `RedisLedger` implements both. All state of repair is gone with its version
 * (closed versions are in no hand), but `acts` and `discarded`. Throws as `Ledger` does.
 */
export interface RepairLedger {
  /** Books what an audit found: each version counts once, as `received` or as `reopened`, and is due after `dueInMs`. */
  reconcile(pair: string, bookings: readonly Booking[]): Promise<Reconciled>
  /**
   * Pages through parked versions, in no order. Every version that is parked during the whole walk is given at least
   * once; one may come twice. `limit` is about a page's size: a page may hold more, or nothing. No `cursor` in the answer:
   * the walk is over.
   */
  parked(
    pair: string,
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<{ readonly versions: readonly Parked[]; readonly cursor?: string | undefined }>
  /** Those of these ids that are open, parked or not. */
  find(pair: string, ids: readonly VersionId63[]): Promise<readonly Parked[]>
  /** Pages through the versions that a person wants driven (`want`), as `parked` does. */
  wanted(
    pair: string,
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<{ readonly versions: readonly Parked[]; readonly cursor?: string | undefined }>
  /**
   * A person wants these driven at the next occasion: the mark stays until a claim takes it, and what was tried before
   * counts no more against the limit of attempts. Versions that are not `failed`, or in a hand, are left out. Returns
   * how many are marked.
   */
  want(pair: string, wanted: { readonly by: string; readonly ids: readonly VersionId63[] }): Promise<number>
  /**
   * Takes parked versions in hand for one re-drive: counts an attempt each. Those that are not parked, in another
   * hand, or not `failed` are left out. The same token claims the same version again (a crash between claim and job), and
   * counts it once. Save the job first: by it a crash finds the hand again.
   */
  claim(
    pair: string,
    claim: { readonly token: string; readonly strategy: Strategy; readonly ids: readonly VersionId63[] },
  ): Promise<ReadonlySet<VersionId63>>
  /** Ends a hand: the outcome is kept, and the version is due for a fresh look now. Stale tokens change nothing. */
  unclaim(
    pair: string,
    token: string,
    items: readonly (Pick<Tried, 'outcome' | 'replicaId'> & { readonly id: VersionId63 })[],
  ): Promise<number>
  /** All versions that this token has in hand. */
  inHand(pair: string, token: string): Promise<readonly Parked[]>

  saveJob(pair: string, job: RedriveJob): Promise<void>
  /** Removes the job's record; what it had in hand must have been unclaimed before. */
  endJob(pair: string, token: string): Promise<void>
  jobs(pair: string): Promise<readonly RedriveJob[]>

  incidents(pair: string): Promise<readonly Incident[]>
  /** Opens or changes it. True when it was not open before: then, and only then, it is alarmed. */
  saveIncident(pair: string, incident: Incident): Promise<boolean>
  /** True when it was open. */
  endIncident(pair: string, reason: string): Promise<boolean>

  /** Adds to what repair spent in this hour, and returns the sums of the hour so far, this included. */
  spend(pair: string, spent: Spent): Promise<Spent>

  /** Closes failed and mismatched versions as `discarded`, keeps why, counts them. Other ids are left out. */
  discard(pair: string, discarded: readonly Omit<Discarded, 'at'>[]): Promise<number>
  discarded(pair: string, ids: readonly VersionId63[]): Promise<readonly Discarded[]>

  /** Appends to the record of who did what; the newest 10,000 are kept. */
  record(act: Omit<Act, 'at'>): Promise<void>
  /** Newest first. */
  acts(limit: number): Promise<readonly Act[]>
}

/** What the ledger keeps of canaries. Throws as `Ledger` does. */
export interface CanaryLedger {
  canaryWritten(pair: string, versionId: string): Promise<void>
  /** An event of a canary was read, or a look found its replica. */
  canaryStep(event: CanaryEvent): Promise<void>
  /** Undefined: none was ever written. */
  canary(pair: string): Promise<Canary | undefined>
}

/** What the ledger keeps of audits. Throws as `Ledger` does. */
export interface AuditLedger {
  /** The last one that came to its end; `snapshot` has it too. */
  saveAudit(summary: AuditSummary): Promise<void>
  lastAudit(pair: string): Promise<AuditSummary | undefined>
  /** Where the service's own audit of a pair goes on (workers/audit.ts); undefined forgets it. Kept for a week. */
  saveAuditLeft(pair: string, left: unknown): Promise<void>
  auditLeft(pair: string): Promise<unknown>
}

export interface Spent {
  readonly versions: number
  readonly bytes: number
  readonly dollars: number
}

export type BatchState =
  /** S3 is at it, or prepares it. `held`: not just now, in S3's word (`Paused`, `Suspended`): a person has to go on with it. */
  | { readonly kind: 'running'; readonly done: number; readonly total: number; readonly held?: string | undefined }
  /** Ended, whatever its tasks came to: the report tells. */
  | { readonly kind: 'complete'; readonly succeeded: number; readonly failed: number }
  /** S3 gave the whole job up (too many failures, a role or a manifest it may not use), or a person cancelled it. */
  | { readonly kind: 'failed'; readonly reason: string }

/** S3 Batch Replication, by S3 Control (`CreateJob` with `S3ReplicateObject`). Throws `LandfallError`. */
export interface BatchReplication {
  /** Writes the manifest and creates the job. The same token gives the same job. */
  create(
    pair: string,
    job: { readonly token: string; readonly description: string; readonly versions: readonly ToDrive[] },
  ): Promise<{ readonly jobId: string }>
  state(pair: string, jobId: string): Promise<BatchState>
  /**
   * The completion report, task by task. Versions that S3 never came to are not in it. BATCH_REPORT_PENDING: S3 writes it
   * some time after the job's end.
   */
  report(pair: string, job: { readonly jobId: string; readonly token: string }): AsyncIterable<Driven>
}

export type CopyOutcome =
  /** `replicaId`: the new version's id at the destination (copy) or at the source (retrigger). */
  | {
      readonly kind: 'copied'
      readonly replicaId: string
      readonly bytes: number
      /** What came between look and write, against which S3 knows no condition: a person must look at the key. */
      readonly overtaken?: string | undefined
    }
  /** It may not be done without making things worse; nothing was written. */
  | { readonly kind: 'stopped'; readonly why: string }

/** Bounds the bytes a second; resolves when so many may go. Asked before each request of S3's own, or each chunk that streams. */
export type Pace = (bytes: number) => Promise<void>

/** The two strategies that write. Both look first, write under a condition, and give up rather than overwrite. */
export interface Copier {
  /** Copies the source's current version to the destination, with all that belongs to it. */
  copy(pair: string, version: ToDrive, signal?: AbortSignal, pace?: Pace): Promise<CopyOutcome>
  /** Copies the source's current version onto itself, so that S3 replicates the new version. */
  retrigger(pair: string, version: ToDrive, signal?: AbortSignal, pace?: Pace): Promise<CopyOutcome>
}

// ---------------------------------------------------------------- inventory

/** Where S3 Inventory is delivered to: in the region of the bucket that it lists, so each side has its own. */
export interface InventoryObjects {
  /** Throws `LandfallError`: INVENTORY_INCOMPLETE where there is no such key. */
  read(at: {
    readonly pair: string
    readonly side: Side
    readonly bucket: string
    readonly key: string
    readonly signal?: AbortSignal | undefined
  }): Promise<{ readonly size: number; readonly body: AsyncIterable<Uint8Array> }>
}

export interface AthenaQuery {
  readonly sql: string
  /** The default of `FROM`; tables may name their own. */
  readonly database?: string | undefined
  /** `s3://bucket/prefix/`; undefined: the work group says. */
  readonly output?: string | undefined
  readonly workgroup?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly progress?: ((state: string, scannedBytes: number) => void) | undefined
}

/** Amazon Athena. Throws `LandfallError`: ATHENA_FAILED with Athena's reason. */
export interface Athena {
  /** Runs one statement to its end; a signal cancels it there too, since it is paid for. */
  run(query: AthenaQuery): Promise<{
    readonly queryId: string
    readonly scannedBytes: number
    /** The rows without their head; null where Athena has none. */
    rows(): AsyncIterable<readonly (readonly (string | null)[])[]>
  }>
}

// ---------------------------------------------------------------- queues

/** What a worker's run comes to. "Not replicated yet" is an outcome, never an error. */
export type Outcome = { readonly kind: 'done' } | { readonly kind: 'wait'; readonly ms: number; readonly why: string }

export type Handler<Data> = (data: Data, signal: AbortSignal) => Promise<Outcome>

export interface IntakeMessage {
  readonly id: string
  readonly body: string
  /** Key into the estate's queues. */
  readonly queue: string
  readonly receiveCount: number
  /** X-Ray's header (the system attribute AWSTraceHeader), where the sender was traced. */
  readonly trace?: string | undefined
}

/** Returns the ids of the messages that may be deleted: all they hold is durable. The others stay on their queue. */
export type IntakeHandler = (messages: readonly IntakeMessage[]) => Promise<ReadonlySet<string>>

// ---------------------------------------------------------------- reports

export interface Datum {
  readonly name: string
  readonly unit: 'Count' | 'Seconds' | 'Bytes' | 'Milliseconds' | 'Percent' | 'None'
  readonly dimensions: Readonly<Record<string, string>>
  /** One value, or a distribution as parallel arrays (CloudWatch's `Values` and `Counts`). */
  readonly value: number | { readonly values: readonly number[]; readonly counts: readonly number[] }
}

export interface MetricsSink {
  /** Publishes all of them, split into requests within CloudWatch's limits. */
  put(data: readonly Datum[], at: number): Promise<void>
}

/** Whose a snapshot is, without reading it. */
export interface SnapshotLabel {
  readonly ledger: string
  /** Versions at risk in it; undefined where it does not say. */
  readonly atRisk?: number | undefined
}

/** The open list's copy outside Redis (service.snapshot), one document for each estate. */
export interface SnapshotStore {
  write(document: string, label: SnapshotLabel): Promise<void>
  /** The present snapshot's label; undefined when there is none. */
  whose(): Promise<SnapshotLabel | undefined>
  /** Copies the present snapshot, which is of this ledger, aside: there it stays. */
  keep(ledger: string): Promise<void>
  /** The present one, or the one kept of another ledger. Throws SNAPSHOT_MISSING when there is none. */
  read(ledger?: string): Promise<string>
}

// ---------------------------------------------------------------- dumps

/** One object version of a dump's bucket, by HEAD. */
export interface StoredObject {
  readonly key: string
  /** `null` where the bucket is not versioned. */
  readonly versionId: string
  readonly size: number
  readonly etag: string
  /** Milliseconds since the epoch; of a replica: its source's. */
  readonly lastModified: number
  readonly metadata: Readonly<Record<string, string>>
  /** As the manifest has it: algorithm, type, value, e.g. `CRC32 FULL_OBJECT abc=`. Absent where S3 gave none. */
  readonly checksum?: string | undefined
  readonly lock?: { readonly mode: string; readonly until: number } | undefined
}

/** One line of a listing of versions. */
export interface ListedVersion {
  readonly kind: 'object' | 'marker'
  readonly key: string
  readonly versionId: string
  readonly latest: boolean
  readonly lastModified: number
  /** 0 for a marker. */
  readonly size: number
  readonly etag?: string | undefined
}

export interface VersionPage {
  readonly versions: readonly ListedVersion[]
  /** Absent: that was the last page. */
  readonly next?: { readonly key: string; readonly versionId?: string | undefined } | undefined
}

/** What is said of an upload before its first byte. */
export interface UploadPlan {
  readonly key: string
  readonly metadata: Readonly<Record<string, string>>
  readonly contentType: string
  readonly lock?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly until: number } | undefined
}

export interface Upload {
  readonly key: string
  readonly uploadId: string
}

export interface UploadedPart {
  readonly number: number
  readonly etag: string
  /** CRC32 of the part, base64: S3 has compared it with what came. */
  readonly crc32: string
  /** The same as a number, and the part's length: the whole's comes of them. */
  readonly crc: number
  readonly bytes: number
}

export interface OpenUpload extends Upload {
  readonly initiatedAt: number
}

/** - `completed` · `taken`: there is an object at the key already, or someone else won the race; nothing was written */
export type Completion =
  | { readonly kind: 'completed'; readonly versionId: string; readonly etag: string }
  | { readonly kind: 'taken' }

/**
 * One bucket that dumps lie in: the backups bucket, or its replica. Made for a place, under its account's role.
 * Throws `LandfallError`, as `ObjectStore` does. A read of what is not there gives undefined, and never throws for it.
 */
export interface DumpStore {
  begin(plan: UploadPlan): Promise<Upload>
  /** Parts of one upload may run side by side. `body` must not change before the promise settles. */
  part(
    upload: Upload,
    part: { readonly number: number; readonly body: Uint8Array; readonly signal?: AbortSignal | undefined },
  ): Promise<UploadedPart>
  /**
   * Makes the object visible, and only where the key is free (`If-None-Match: *`). `crc32` is of the whole object.
   * Where the answer is lost this throws, and the object may be there: its metadata tell whose it is.
   */
  complete(
    upload: Upload,
    whole: { readonly parts: readonly UploadedPart[]; readonly crc32: string },
  ): Promise<Completion>
  /** An upload that is gone already is as good as aborted. */
  abort(upload: Upload): Promise<void>
  /** Open multipart uploads below a prefix. */
  openUploads(prefix: string): Promise<readonly OpenUpload[]>

  head(at: { readonly key: string; readonly versionId?: string | undefined }): Promise<StoredObject | undefined>
  /**
   * The bytes of one version, from `from` up to and including `to`, as they come. A connection that breaks is taken up
   * again at the byte where it broke. Throws DUMP_MISSING where there is no such version.
   */
  read(at: {
    readonly key: string
    readonly versionId?: string | undefined
    readonly from?: number | undefined
    readonly to?: number | undefined
    readonly signal?: AbortSignal | undefined
  }): AsyncIterable<Uint8Array>
  /** All versions and markers below a prefix, by key and newest first, a thousand a page. */
  versions(at: {
    readonly prefix: string
    readonly after?: VersionPage['next']
    readonly signal?: AbortSignal | undefined
  }): Promise<VersionPage>

  /** Small documents: manifests and what verification found. `fresh`: only where the key is free. */
  putDocument(document: {
    readonly key: string
    readonly body: string
    readonly contentType?: string | undefined
    readonly fresh?: boolean | undefined
  }): Promise<{ readonly kind: 'written'; readonly versionId: string } | { readonly kind: 'taken' }>
  /** Undefined where there is none. Throws AWS_ERROR where it has more than 16 MiB. */
  getDocument(at: { readonly key: string; readonly versionId?: string | undefined }): Promise<string | undefined>
}

export type ShipOutcome =
  | {
      readonly kind: 'shipped'
      /** At the destination. */
      readonly key: string
      readonly versionId: string
      readonly bytes: number
      /** S3's own copy, or through here. */
      readonly by: 'copy' | 'stream'
      /** What both sides have in common; `size` alone proves nothing. */
      readonly proved: 'checksum' | 'etag' | 'size'
      /** Tags that stayed behind, since they may not be read there or not be written here; absent for none. */
      readonly tagsLeft?: number | undefined
    }
  /** The same content is at the destination already, under this key, hidden or not. */
  | { readonly kind: 'there'; readonly key: string; readonly versionId: string }
  /** There is nothing under the key. */
  | { readonly kind: 'gone' }

/**
 * Carries what lies under a key of a shipment to where it goes. Throws `LandfallError`: SHIP_TAKEN where something else is
 * at the destination, which is never written over; SHIP_STOPPED where it cannot be carried whole.
 */
export interface Shipper {
  ship(shipment: string, key: string, signal?: AbortSignal): Promise<ShipOutcome>
}

/** Deletes versions of dumps for good, under a role of its own: the only thing in Landfall that can. Throws `LandfallError`. */
export interface DumpRemover {
  /** A version that is gone already is as good as removed. ACCESS_DENIED: locked, or the role may not. */
  remove(at: { readonly key: string; readonly versionId: string }): Promise<void>
}

/** A `pg_dump` under way. */
export interface OpenedDump {
  readonly source: { readonly host: string; readonly port: number; readonly database: string }
  readonly serverVersion: string
  readonly pgDumpVersion: string
  /**
   * What it writes; a chunk is valid until the next one is asked for. Its end says nothing: a `pg_dump` that was killed
   * closes it just so.
   */
  readonly stream: AsyncIterable<Uint8Array>
  /** Once the stream is over. Throws unless `pg_dump` ended with 0: DUMP_FAILED, DATABASE_UNREACHABLE, DATABASE_REFUSED. */
  finish(): Promise<{
    readonly schemaFingerprint?: string | undefined
    /** Where they are counted by query. */
    readonly rows?: ReadonlyMap<string, number> | undefined
  }>
  /** Ends whatever still runs. */
  close(): Promise<void>
}

/** Proof that one run alone makes a dump, for as long as it is renewed. */
export interface DumpLease {
  readonly dump: string
  /** No other run has it, not even the next one of the same container. */
  readonly runId: string
}

/** An upload that some run was about to begin, or began: by it a later run finds what that one left. */
export interface RecordedUpload {
  readonly runId: string
  readonly bucket: string
  readonly key: string
  /** Absent: it is not known whether it was begun. */
  readonly uploadId?: string | undefined
}

/** The part of the ledger that the making of dumps needs. Throws as `Ledger` does. */
export interface DumpLedger {
  /** Takes the lease, or renews it. False: another run has it. */
  lease(lease: DumpLease, ms: number): Promise<boolean>
  /** Only where it is still this run's. */
  release(lease: DumpLease): Promise<void>
  /** Only while the lease is this run's; else false. */
  recordUpload(lease: DumpLease, upload: RecordedUpload): Promise<boolean>
  forgetUpload(dump: string, runId: string): Promise<void>
  recordedUploads(dump: string): Promise<readonly RecordedUpload[]>
}

export interface Digest {
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
}

/** A dump's bytes on their way: compressed and encrypted as they are read. */
export interface EncodedDump {
  readonly stream: AsyncIterable<Uint8Array>
  /** Bytes that came in so far. */
  readonly plainBytes: number
  /** Where the stream is what came in, unchanged: its digest, once it is over. It need not be hashed again. */
  readonly stored?: (() => Digest) | undefined
  /** Once the stream is over: what came in; and of a plain dump its rows, and what its end lacks. */
  end(): {
    readonly plain: Digest
    readonly rows?: ReadonlyMap<string, number> | undefined
    readonly lacks?: string | undefined
  }
}

/** Made before anything is dumped, so that a wrong key is told of at once. */
export interface DumpEncoder {
  /** Of age the recipients, of OpenPGP the keys' fingerprints. */
  readonly recipients: readonly string[]
  /** A chunk of the source need be valid only until the next one is asked for; so are those that come of it. */
  encode(source: AsyncIterable<Uint8Array>): EncodedDump
}

export type DumpLayer = 'decryption' | 'compression'

/** The way back: from what is stored to what `pg_dump` wrote. It may decode many. */
export interface DumpDecoder {
  /** Whether a private key of that kind is at hand. */
  canDecrypt(kind: Encryption): boolean
  /** What the header says without a key, in words. Throws DUMP_UNREADABLE, DUMP_TRUNCATED. */
  describe(head: AsyncIterable<Uint8Array>, kind: Encryption): Promise<string>
  /**
   * Bytes as they come; of OpenPGP before their integrity is known, which the end of the stream tells. Throws
   * DUMP_UNREADABLE, DUMP_TRUNCATED, DUMP_CORRUPT, DUMP_KEY_WRONG. `tell`: which layer it is that throws.
   */
  decode(
    source: AsyncIterable<Uint8Array>,
    layers: { readonly encryption: Encryption; readonly compression: Compression },
    tell?: (layer: DumpLayer) => void,
  ): AsyncIterable<Uint8Array>
}

/** A database of its own that a dump is restored into, and that is gone afterwards. */
export interface Scratch {
  /** Of the server, e.g. `15.20`. */
  readonly serverVersion: string
  /** Where it is and who restores, for reports: never a secret. */
  readonly said: string
  /** libpq's variables of the plain role that restores: secret. */
  readonly roleEnv: Readonly<Record<string, string>>
  /** Throws RESTORE_FAILED, and what the stream throws. */
  restore(sql: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<Restored>
  /** Rows per table and the schema's fingerprint, as the role sees them. */
  look(signal: AbortSignal): Promise<{ readonly rows: ReadonlyMap<string, number>; readonly fingerprint: string }>
  /** The rows that a query of the operator's gives, each a list of its columns. Throws RESTORE_FAILED. */
  query(sql: string, signal: AbortSignal): Promise<readonly (readonly unknown[])[]>
  /** Removes all of it. */
  close(): Promise<void>
}

export interface Restored {
  readonly extensions: readonly string[]
  /** Statements about roles that the dump does not hold: passed over. */
  readonly withoutRole: number
}
