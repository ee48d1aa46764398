/**
 * The one table of metrics: CloudWatch, Prometheus, alarms, dashboards and docs/metrics.md are made from it, and whatever
 * is not in it is not published. Counters only ever grow: CloudWatch's PutMetricData has no idempotency token, so that a delta that is
 * retried would count twice; read them with `Maximum`, `DIFF` and `RATE`, never `Sum`.
 */
import type { DumpHealth } from './dump/health.ts'
import { isOpen } from './repair/incident.ts'
import type { PairSnapshot, QueueDepth, ServiceCounts } from './snapshot.ts'

export type MetricUnit = 'Count' | 'Seconds' | 'Bytes' | 'None' | 'Percent'

interface Described {
  /** CloudWatch's name; Prometheus' is `landfall_` and the same in snake case. */
  readonly name: string
  readonly unit: MetricUnit
  readonly kind: 'counter' | 'gauge'
  readonly help: string
  /** What the operator does when it moves. */
  readonly hint: string
}

/** One value per pair; dimension `Pair`. */
export interface PairMetric extends Described {
  readonly of: (pair: PairSnapshot, now: number) => number | undefined
}

/** One value per intake queue; dimension `Queue`. */
export interface QueueMetric extends Described {
  readonly of: (queue: QueueReport, now: number) => number | undefined
}

/** The depths are absent where SQS was not asked. */
export interface QueueReport extends Partial<QueueDepth> {
  readonly queue: string
  /** Event time of the newest event that came by this queue, ms. */
  readonly newestEvent?: number | undefined
}

/** One value per dump; dimension `Dump`. */
export interface DumpMetric extends Described {
  readonly of: (dump: DumpHealth, now: number) => number | undefined
}

/** One value for the service; no dimension. */
export interface ServiceMetric extends Described {
  readonly of: (counters: ServiceCounts) => number | undefined
}

const seconds = (since: number | undefined, now: number): number | undefined =>
  since === undefined ? undefined : Math.max(0, (now - since) / 1000)

export const atRisk = (pair: PairSnapshot): number =>
  pair.open.waiting + pair.open.late + pair.open.mismatched + pair.open.failed

const PAIR = [
  {
    name: 'AtRisk',
    unit: 'Count',
    kind: 'gauge',
    help: 'Versions that an outage of the source would lose now: everything open, failed included.',
    hint: '`landfall status`; the RPO in objects.',
    of: atRisk,
  },
  {
    name: 'BytesAtRisk',
    unit: 'Bytes',
    kind: 'gauge',
    help: 'Bytes of the versions at risk, as far as their events told sizes.',
    hint: '`landfall status`; the RPO in bytes.',
    of: (pair) => pair.bytesAtRisk,
  },
  {
    name: 'OldestAtRisk',
    unit: 'Seconds',
    kind: 'gauge',
    help: 'Age of the oldest version at risk; 0 when nothing is.',
    hint: 'Above the RPO you promise: look at replication of this pair now.',
    of: (pair, now) => seconds(pair.oldest, now) ?? 0,
  },
  {
    name: 'NewestVersionAge',
    unit: 'Seconds',
    kind: 'gauge',
    help: 'Time since the newest version that was booked was written; absent until there is one.',
    hint: 'Above what is usual while the bucket is written to: its notification, topic or queue policy is broken.',
    of: (pair, now) => seconds(pair.newestEvent, now),
  },
  {
    name: 'SourceWrites',
    unit: 'Count',
    kind: 'gauge',
    help: 'PUT and POST requests that S3 itself counted at the source within a quarter of an hour that ended five minutes ago. Only of pairs with `alarms.requestsFilter`; absent while S3 tells of none.',
    hint: 'Requests are not versions: parts of uploads, tags and refused requests are among them.',
    of: (pair) => pair.sourceWrites?.count,
  },
  {
    name: 'SourceWritesUnheard',
    unit: 'Count',
    kind: 'gauge',
    help: 'The same where no version was booked that is as young as that time; else 0.',
    hint: 'S3 is written to and no event comes: notification, topic, subscription or queue policy.',
    of: ({ sourceWrites, newestEvent }) => {
      if (sourceWrites === undefined) return undefined
      return newestEvent !== undefined && newestEvent >= sourceWrites.fromMs ? 0 : sourceWrites.count
    },
  },
  {
    name: 'Waiting',
    unit: 'Count',
    kind: 'gauge',
    help: 'Open versions within their time.',
    hint: 'Normal; grows with traffic and lag.',
    of: (pair) => pair.open.waiting,
  },
  {
    name: 'Late',
    unit: 'Count',
    kind: 'gauge',
    help: 'Open versions that are past the late limit of the pair.',
    hint: 'Replication is slow or stuck: compare ReplicationLag and the AWS health page.',
    of: (pair) => pair.open.late,
  },
  {
    name: 'Failed',
    unit: 'Count',
    kind: 'gauge',
    help: 'Versions whose replication failed; at risk until they landed or a person discarded them.',
    hint: '`landfall status --json` names the reasons; S3 does not retry FAILED by itself.',
    of: (pair) => pair.open.failed,
  },
  {
    name: 'Mismatched',
    unit: 'Count',
    kind: 'gauge',
    help: 'Versions whose replica has other bytes than the source.',
    hint: 'Treat as corruption: compare both versions by hand before anything is overwritten.',
    of: (pair) => pair.open.mismatched,
  },
  {
    name: 'Received',
    unit: 'Count',
    kind: 'counter',
    help: 'Versions booked since the ledger began.',
    hint: 'Stands still: no event arrives; check the notifications and the queue policy.',
    of: (pair) => pair.received,
  },
  {
    name: 'Reopened',
    unit: 'Count',
    kind: 'counter',
    help: 'Closed versions that were opened again, since their replica was gone.',
    hint: 'Somebody deletes at the destination: see Tampering.',
    of: (pair) => pair.reopened,
  },
  {
    name: 'Landed',
    unit: 'Count',
    kind: 'counter',
    help: 'Versions verified at the destination.',
    hint: '',
    of: (pair) => pair.closed.landed,
  },
  {
    name: 'Excluded',
    unit: 'Count',
    kind: 'counter',
    help: 'Versions that S3 does not replicate, by its own word or by the rule.',
    hint: 'Rises unexpectedly: the replication rule no longer covers the keys.',
    of: (pair) => pair.closed.excluded,
  },
  {
    name: 'Gone',
    unit: 'Count',
    kind: 'counter',
    help: 'Versions deleted for good at the source before they landed.',
    hint: '',
    of: (pair) => pair.closed.gone,
  },
  {
    name: 'Expired',
    unit: 'Count',
    kind: 'counter',
    help: "Versions that the destination's lifecycle removed.",
    hint: '',
    of: (pair) => pair.closed.expired,
  },
  {
    name: 'Superseded',
    unit: 'Count',
    kind: 'counter',
    help: 'Versions that a newer one replaced before they could land.',
    hint: '',
    of: (pair) => pair.closed.superseded,
  },
  {
    name: 'Discarded',
    unit: 'Count',
    kind: 'counter',
    help: 'Versions that a person gave up, with a reason.',
    hint: '',
    of: (pair) => pair.closed.discarded,
  },
  {
    name: 'LateEver',
    unit: 'Count',
    kind: 'counter',
    help: 'Versions that were late at some time: the error budget against the 15 minutes.',
    hint: '',
    of: (pair) => pair.lateEver,
  },
  {
    name: 'Duplicates',
    unit: 'Count',
    kind: 'counter',
    help: 'Events about versions that were booked already.',
    hint: 'Normal in small numbers: S3 and SQS deliver at least once.',
    of: (pair) => pair.duplicates,
  },
  {
    name: 'Unannounced',
    unit: 'Count',
    kind: 'counter',
    help: 'Replicas that arrived without any event of their source.',
    hint: "The source's notifications are lost or not configured.",
    of: (pair) => pair.unannounced,
  },
  {
    name: 'Unverified',
    unit: 'Count',
    kind: 'counter',
    help: 'Landed versions whose bytes could not be compared: ETags differ and no common checksum exists.',
    hint: 'Grant checksum reads (s3:GetObjectVersion, kms:Decrypt), or write with a checksum.',
    of: (pair) => pair.notes.unverified,
  },
  {
    name: 'TagsBehind',
    unit: 'Count',
    kind: 'counter',
    help: 'Landed versions (of those sampled) whose tags did not follow.',
    hint: 'Grant s3:GetObjectVersionTagging and s3:ReplicateTags to the replication role.',
    of: (pair) => pair.notes.tagsBehind,
  },
  {
    name: 'LocksBehind',
    unit: 'Count',
    kind: 'counter',
    help: 'Landed versions (of those sampled) whose retention or legal hold did not follow.',
    hint: 'Grant s3:GetObjectRetention and s3:GetObjectLegalHold to the replication role.',
    of: (pair) => pair.notes.locksBehind,
  },
  {
    name: 'Purged',
    unit: 'Count',
    kind: 'counter',
    help: 'Version ids deleted for good, on either side.',
    hint: '',
    of: (pair) => pair.purged,
  },
  {
    name: 'Tampering',
    unit: 'Count',
    kind: 'counter',
    help: 'Version ids deleted for good at the destination by a principal outside purgePrincipals.',
    hint: 'Find the principal in the log line `replica purged by a stranger`; treat as an incident.',
    of: (pair) => pair.tampering,
  },
  {
    name: 'AuditMissing',
    unit: 'Count',
    kind: 'gauge',
    help: 'Versions that the last audit found missing at the destination; booked, so that they count as at risk too.',
    hint: '`landfall audit --pair NAME --out FILE` lists them with what S3 says; `landfall failures list` what becomes of them.',
    of: (pair) => pair.audit?.counts.findings.missing,
  },
  {
    name: 'AuditMismatched',
    unit: 'Count',
    kind: 'gauge',
    help: 'Versions that the last audit found to hold something else at the destination.',
    hint: 'Who wrote there? `landfall audit --pair NAME --out FILE` lists them.',
    of: (pair) => pair.audit?.counts.findings.mismatched,
  },
  {
    name: 'AuditAge',
    unit: 'Seconds',
    kind: 'gauge',
    help: 'Time since the last audit that came to its end.',
    hint: 'Above twice `audit.every`: the log says why audits do not end; `landfall audit` does one now.',
    of: (pair, now) => seconds(pair.audit?.endedAt, now),
  },
  {
    name: 'Unheard',
    unit: 'Percent',
    kind: 'gauge',
    help: 'Of the versions of the last 14 days that the last audit saw: those of which no event ever told.',
    hint: 'Above 0 for long: the notifications of the source are incomplete. Filters? A queue that was purged, or full of dead letters?',
    of: ({ audit }) =>
      audit?.heard === undefined || audit.heard.asked === 0
        ? undefined
        : (100 * audit.heard.unheard) / audit.heard.asked,
  },
  {
    name: 'Incidents',
    unit: 'Count',
    kind: 'gauge',
    help: 'Set-up failures that hold re-drives of the pair: one for each cause, however many versions it hit.',
    hint: 'Above 0: `landfall status` names the cause and its mend; what it holds is driven when a probe lands.',
    of: (pair) => pair.incidents.filter((incident) => isOpen(incident)).length,
  },
  {
    name: 'HeldBack',
    unit: 'Count',
    kind: 'gauge',
    help: 'Failed versions that are not driven again while an incident of their cause stands.',
    hint: 'Mend the cause: see Incidents.',
    of: (pair) => pair.incidents.reduce((sum, incident) => sum + (isOpen(incident) ? (incident.versions ?? 0) : 0), 0),
  },
  {
    name: 'RedriveRunning',
    unit: 'Count',
    kind: 'gauge',
    help: 'Versions that re-drives have in hand.',
    hint: 'Stands still for hours: look at the job in the S3 console (Batch Operations).',
    of: (pair) => pair.redrives?.reduce((sum, { versions }) => sum + versions, 0),
  },
  {
    name: 'Redriven',
    unit: 'Count',
    kind: 'counter',
    help: 'Versions that came back from a re-drive as done; each is verified afresh before it counts as landed.',
    hint: '',
    of: (pair) => pair.notes.redriven,
  },
  {
    name: 'RedriveFailed',
    unit: 'Count',
    kind: 'counter',
    help: 'Versions that came back from a re-drive as failed, or that a copy stopped at.',
    hint: '`landfall failures list` names the reasons.',
    of: (pair) => pair.notes.redriveFailed,
  },
  {
    name: 'CanaryUnseen',
    unit: 'Seconds',
    kind: 'gauge',
    help: 'Time since a canary was written of which, or of a later one, no event was read; 0 when the last one was. Absent until one is written.',
    hint: '`landfall doctor --canary`: events are lost between the bucket and the queue.',
    of: ({ canary }, now) => (canary === undefined ? undefined : (seconds(canary.unseenSince, now) ?? 0)),
  },
  {
    name: 'CanaryUnlanded',
    unit: 'Seconds',
    kind: 'gauge',
    help: 'The same of its landing.',
    hint: '`landfall doctor --canary`: nothing that is written there lands.',
    of: ({ canary }, now) => (canary === undefined ? undefined : (seconds(canary.unlandedSince, now) ?? 0)),
  },
  {
    name: 'CanaryLag',
    unit: 'Seconds',
    kind: 'gauge',
    help: 'From the write of the last canary until its landing was known; absent until it landed.',
    hint: 'What a single small write takes now.',
    of: ({ canary }) =>
      canary?.landedAt === undefined ? undefined : Math.max(0, (canary.landedAt - canary.writtenAt) / 1000),
  },
] as const satisfies readonly PairMetric[]
/** Of pairs that name S3's request metrics alone; CloudWatch has them, and Prometheus does not. */
export const REQUEST_METRICS: ReadonlySet<string> = new Set(['SourceWrites', 'SourceWritesUnheard'])
export const PAIR_METRICS: readonly PairMetric[] = PAIR

const QUEUE = [
  {
    name: 'QueueVisible',
    unit: 'Count',
    kind: 'gauge',
    help: 'Messages that wait in an intake queue.',
    hint: 'Grows: intake is paused (Redis?) or too slow.',
    of: (queue) => queue.visible,
  },
  {
    name: 'QueueInFlight',
    unit: 'Count',
    kind: 'gauge',
    help: 'Messages received and not yet acknowledged.',
    hint: 'Near 120,000 SQS stops delivering.',
    of: (queue) => queue.inFlight,
  },
  {
    name: 'DeadLetters',
    unit: 'Count',
    kind: 'gauge',
    help: 'Messages that wait in the dead-letter queue of an intake queue; one that several share is counted with each.',
    hint: 'Above 0: `landfall dead-letters list` says why; what parses today is sent back by `landfall dead-letters redrive --parses --yes`.',
    of: (queue) => queue.deadLetters,
  },
  {
    name: 'NewestEventAge',
    unit: 'Seconds',
    kind: 'gauge',
    help: 'Time since the newest event that came by an intake queue happened.',
    hint: 'Grows while the bucket is written to: its notification or the queue policy is broken.',
    of: (queue, now) => seconds(queue.newestEvent, now),
  },
] as const satisfies readonly QueueMetric[]
export const QUEUE_METRICS: readonly QueueMetric[] = QUEUE

const SERVICE = [
  {
    name: 'Messages',
    unit: 'Count',
    kind: 'counter',
    help: 'Messages received from SQS.',
    hint: '',
    of: (counters) => counters.messages,
  },
  {
    name: 'Acknowledged',
    unit: 'Count',
    kind: 'counter',
    help: 'Messages handled and handed back for deletion.',
    hint: '',
    of: (counters) => counters.acknowledged,
  },
  {
    name: 'Events',
    unit: 'Count',
    kind: 'counter',
    help: 'Events read out of the messages.',
    hint: '',
    of: (counters) => counters.events,
  },
  {
    name: 'IgnoredEvents',
    unit: 'Count',
    kind: 'counter',
    help: 'Events with names that Landfall does not act on.',
    hint: '',
    of: (counters) => counters.ignoredEvents,
  },
  {
    name: 'TestEvents',
    unit: 'Count',
    kind: 'counter',
    help: "S3's own test events.",
    hint: '',
    of: (counters) => counters.testEvents,
  },
  {
    name: 'Poison',
    unit: 'Count',
    kind: 'counter',
    help: 'Receptions of messages that cannot be read; each is left to the redrive policy.',
    hint: '`landfall dead-letters list`; the log line `message unreadable` says why too.',
    of: (counters) => counters.poison,
  },
  {
    name: 'Unrouted',
    unit: 'Count',
    kind: 'counter',
    help: 'Events of buckets that no pair names.',
    hint: 'Add the bucket to the configuration, or remove its notification.',
    of: (counters) => counters.unrouted,
  },
  {
    name: 'DoctorFailed',
    unit: 'Count',
    kind: 'gauge',
    help: 'Checks that failed when the service last looked at what it rests on; absent until it did.',
    hint: '`landfall doctor` names each, with the command that mends it.',
    of: (counters) => counters.doctorFailed,
  },
  {
    name: 'DoctorWarned',
    unit: 'Count',
    kind: 'gauge',
    help: 'Checks that warned at the same time.',
    hint: '`landfall doctor`; what has to stay as it is warns for ever.',
    of: (counters) => counters.doctorWarned,
  },
] as const satisfies readonly ServiceMetric[]
export const SERVICE_METRICS: readonly ServiceMetric[] = SERVICE

/** What was never there is ten years old: no age at all would be no alarm. */
const NEVER_SECONDS = 315_360_000

const DUMP = [
  {
    name: 'DumpAge',
    unit: 'Seconds',
    kind: 'gauge',
    help: 'Time since the newest dump was begun, by its name; ten years where there is none.',
    hint: '`landfall dump list`; the job that makes it, or ships it, does not run.',
    of: ({ newest }, now) => seconds(newest, now) ?? NEVER_SECONDS,
  },
  {
    name: 'DumpVerifiedAge',
    unit: 'Seconds',
    kind: 'gauge',
    help: 'Time since the newest verified dump was begun; ten years where none is.',
    hint: '`landfall dump list`, then `landfall dump verify`: dumps come, and nobody knows whether they are good.',
    of: ({ newestVerified }, now) => seconds(newestVerified, now) ?? NEVER_SECONDS,
  },
  {
    name: 'DumpDrilledAge',
    unit: 'Seconds',
    kind: 'gauge',
    help: 'Time since the newest drill that restored one; ten years where none did.',
    hint: '`landfall drill dump`; its report says what failed.',
    of: ({ newestDrilled }, now) => seconds(newestDrilled, now) ?? NEVER_SECONDS,
  },
  {
    name: 'DumpBytes',
    unit: 'Bytes',
    kind: 'gauge',
    help: 'Size of the newest dump, as it is stored.',
    hint: 'What `dumps[].expected` should be about.',
    of: ({ bytes }) => bytes,
  },
  {
    name: 'DumpSizeRatio',
    unit: 'None',
    kind: 'gauge',
    help: 'Size of the newest dump over that of the one before; absent until there are two.',
    hint: 'Outside of `dumps[].bounds`: compare `landfall dump show` of both.',
    of: ({ sizeRatio }) => sizeRatio,
  },
  {
    name: 'DumpUnverified',
    unit: 'Count',
    kind: 'gauge',
    help: 'Dumps of the last week that nobody has verified.',
    hint: 'Grows: verification on arrival does not run.',
    of: ({ unverified }) => unverified,
  },
  {
    name: 'DumpBroken',
    unit: 'Count',
    kind: 'gauge',
    help: 'Dumps of the last week whose verification failed.',
    hint: '`landfall dump show --key` names the check that failed.',
    of: ({ failed }) => failed,
  },
  {
    name: 'DumpReplicaLag',
    unit: 'Seconds',
    kind: 'gauge',
    help: "Age of the oldest dump of the last week that the replica's bucket lacks; 0 when it has all. Absent where the dump names no pair.",
    hint: '`landfall status` of its pair: replication is late, or failed.',
    of: ({ unreplicatedSince, replicated }, now) => (replicated ? (seconds(unreplicatedSince, now) ?? 0) : undefined),
  },
] as const satisfies readonly DumpMetric[]
export const DUMP_METRICS: readonly DumpMetric[] = DUMP

/** The distribution of the last whole minutes' lags, as `Values` and `Counts`, per pair. */
export const LAG_METRIC = {
  name: 'ReplicationLag',
  unit: 'Seconds',
  kind: 'gauge',
  help: 'Time from the event at the source to the event at the destination; where only a look told, its upper bound.',
  hint: 'p99 above 15 minutes: outside what Replication Time Control promises.',
} as const satisfies Described

/** 1 for each minute in which a publication went out whole; missing data breaches its alarm. */
export const HEARTBEAT_METRIC = {
  name: 'Heartbeat',
  unit: 'Count',
  kind: 'gauge',
  help: '1 after each publication that CloudWatch took whole.',
  hint: 'Missing: Landfall is down, or may not publish.',
} as const satisfies Described

/** Every metric there is, for the docs and for whoever makes alarms of them. */
export const METRICS: readonly (Described & { readonly scope: Scope })[] = [
  ...PAIR_METRICS.map((metric) => ({ ...metric, scope: 'pair' as const })),
  { ...LAG_METRIC, scope: 'pair' },
  ...QUEUE_METRICS.map((metric) => ({ ...metric, scope: 'queue' as const })),
  ...DUMP_METRICS.map((metric) => ({ ...metric, scope: 'dump' as const })),
  ...SERVICE_METRICS.map((metric) => ({ ...metric, scope: 'service' as const })),
  { ...HEARTBEAT_METRIC, scope: 'service' },
]

interface Row {
  readonly name: string
  readonly kind: 'counter' | 'gauge'
}
type Named<Table extends Row, Kind extends Row['kind']> = Extract<Table, { readonly kind: Kind }>['name']

/**
 * Names by scope and kind, for whoever watches them: an alarm on a name that is not in the table does not compile, nor
 * one that takes a counter for a gauge.
 */
export interface MetricNames {
  readonly pair: {
    readonly gauge: Named<(typeof PAIR)[number] | typeof LAG_METRIC, 'gauge'>
    readonly counter: Named<(typeof PAIR)[number], 'counter'>
  }
  readonly queue: {
    readonly gauge: Named<(typeof QUEUE)[number], 'gauge'>
    readonly counter: never
  }
  readonly dump: {
    readonly gauge: Named<(typeof DUMP)[number], 'gauge'>
    readonly counter: never
  }
  readonly service: {
    readonly gauge: Named<typeof HEARTBEAT_METRIC | (typeof SERVICE)[number], 'gauge'>
    readonly counter: Named<(typeof SERVICE)[number], 'counter'>
  }
}
export type Scope = keyof MetricNames
export type MetricNameOf<S extends Scope> = MetricNames[S]['gauge'] | MetricNames[S]['counter']
export type MetricName = MetricNameOf<Scope>
