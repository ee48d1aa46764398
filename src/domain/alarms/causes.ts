/**
 * The table of alarms beside the table of metrics: one row a cause, each with its section in docs/alarms.md. A row
 * names metrics of its own scope by their type, so an alarm on what is not emitted does not compile.
 */
import type { MetricNameOf, MetricNames, Scope } from '../metrics.ts'
import type { Statistic } from './definition.ts'
import { told } from './told.ts'

export interface Thresholds {
  readonly late: number
  readonly failed: number
  readonly mismatched: number
  readonly unannounced: number
  readonly queueAgeMs: number
  readonly inFlight: number
}

export interface PairLimits {
  readonly rpoMs: number
  readonly quietAfterMs?: number | undefined
  /** S3's request metrics of the source; undefined: they are not read. */
  readonly requestsFilter?: string | undefined
  /** How often the service audits the pair; undefined: it does not. */
  readonly auditEveryMs?: number | undefined
  /** How often the service writes a canary; undefined: it does not. */
  readonly canaryEveryMs?: number | undefined
  /** A version is late after that. */
  readonly lateAfterMs?: number | undefined
}

/** What is measured: a gauge, the growth of a counter within a period, or an expression over gauges by name. */
export type Measure<S extends Scope> =
  | { readonly gauge: MetricNames[S]['gauge']; readonly statistic: Exclude<Statistic, `p${number}`> }
  | { readonly growth: MetricNames[S]['counter'] }
  | {
      readonly expression: string
      readonly gauges: Readonly<Record<string, MetricNames[S]['gauge']>>
    }

export interface Test<S extends Scope> {
  readonly measure: Measure<S>
  /** The shortest that will do; where metrics are published less often, their period. */
  readonly periodSeconds: number
  readonly m: number
  readonly n: number
  readonly above?: number
  readonly below?: number
  /** `ignore` keeps the state: when nothing is published it is the heartbeat's alarm that speaks. */
  readonly missing: 'breaching' | 'notBreaching' | 'ignore'
}

interface Cause {
  /** The end of the alarm's name, and the section in docs/alarms.md. */
  readonly cause: string
  /** In docs and on dashboards. */
  readonly title: string
  /** The command that comes next. */
  readonly next: string
  /** Whether it is part of "estate at risk". */
  readonly atRisk: boolean
}

export interface PairCause extends Cause {
  /** What has happened, and how it is told; undefined: not for this pair. */
  readonly of: (limits: PairLimits, thresholds: Thresholds) => Said<'pair'> | undefined
}

export interface QueueCause extends Cause {
  readonly of: (thresholds: Thresholds) => Said<'queue'>
}

export interface DumpLimits {
  readonly freshMs: number
  readonly drillEveryMs: number
  readonly smallest: number
  readonly largest: number
  /** Absent: no replica is expected. */
  readonly replicaLateMs?: number | undefined
}

export interface DumpCause extends Cause {
  readonly of: (limits: DumpLimits) => Said<'dump'> | undefined
}

export interface ServiceCause extends Cause {
  readonly of: () => Said<'service'>
}

interface Said<S extends Scope> {
  readonly says: string
  readonly test: Test<S>
}

const MINUTE = 60
const HOUR = 3600

/** Events usually come in seconds, and sometimes in minutes. */
const CANARY_SEEN_MS = 300_000

export const PAIR_CAUSES: readonly PairCause[] = [
  {
    cause: 'at-risk-too-old',
    title: 'At risk for too long (RPO)',
    next: 'landfall status --head 10',
    atRisk: true,
    of: ({ rpoMs }) => ({
      says: `the oldest version at risk is older than ${told(rpoMs)}`,
      test: {
        measure: { gauge: 'OldestAtRisk', statistic: 'Maximum' },
        ...minutes(2, 3),
        above: rpoMs / 1000,
        missing: 'ignore',
      },
    }),
  },
  {
    cause: 'late',
    title: 'Versions late',
    next: 'landfall status --head 10',
    atRisk: false,
    of: (_, { late }) => ({
      says: `${more(late)} not landed within the pair's \`late\``,
      test: { measure: { gauge: 'Late', statistic: 'Maximum' }, ...minutes(3, 5), above: late, missing: 'ignore' },
    }),
  },
  {
    cause: 'failed',
    title: 'Replication failed',
    next: 'landfall failures list',
    atRisk: true,
    of: (_, { failed }) => ({
      says: `replication of ${more(failed)} failed, and S3 does not try again by itself`,
      test: { measure: { gauge: 'Failed', statistic: 'Maximum' }, ...minutes(2, 3), above: failed, missing: 'ignore' },
    }),
  },
  {
    cause: 'mismatched',
    title: 'Replicas with other bytes',
    next: 'landfall failures list',
    atRisk: true,
    of: (_, { mismatched }) => ({
      says: `the replicas of ${more(mismatched)} have other bytes than the source`,
      test: {
        measure: { gauge: 'Mismatched', statistic: 'Maximum' },
        ...minutes(1, 1),
        above: mismatched,
        missing: 'ignore',
      },
    }),
  },
  {
    cause: 'tampering',
    title: 'Replicas purged by a stranger',
    next: 'look for `replica purged by a stranger` in the log',
    atRisk: false,
    of: () => ({
      says: 'versions were deleted for good at the destination by somebody who may not',
      test: { measure: { growth: 'Tampering' }, ...window(15 * MINUTE), above: 0, missing: 'notBreaching' },
    }),
  },
  {
    cause: 'unannounced',
    title: 'Replicas without an event of their source',
    next: 'look at the notifications of the source bucket',
    atRisk: false,
    of: (_, { unannounced }) => ({
      says: `more than ${unannounced} replicas within an hour of whose sources no event ever came`,
      test: { measure: { growth: 'Unannounced' }, ...window(HOUR), above: unannounced, missing: 'notBreaching' },
    }),
  },
  {
    cause: 'incident',
    title: 'Re-drives held by a set-up failure',
    next: 'landfall status',
    atRisk: false,
    of: () => ({
      says: 'a role, a bucket or a key is broken: what failed by it is held back until a person has mended it',
      test: { measure: { gauge: 'Incidents', statistic: 'Maximum' }, ...minutes(2, 3), above: 0, missing: 'ignore' },
    }),
  },
  {
    cause: 'audit-missing',
    title: 'An audit found versions missing',
    next: 'landfall failures list',
    atRisk: false,
    of: () => ({
      says: 'the last audit found versions that are not at the destination, and of which no event had told',
      test: { measure: { gauge: 'AuditMissing', statistic: 'Maximum' }, ...minutes(1, 1), above: 0, missing: 'ignore' },
    }),
  },
  {
    cause: 'audit-mismatched',
    title: 'An audit found other bytes',
    next: 'landfall failures list',
    atRisk: false,
    of: () => ({
      says: 'the last audit found versions that hold something else at the destination',
      test: {
        measure: { gauge: 'AuditMismatched', statistic: 'Maximum' },
        ...minutes(1, 1),
        above: 0,
        missing: 'ignore',
      },
    }),
  },
  {
    cause: 'audit-overdue',
    title: 'No audit came to its end',
    next: 'landfall audit',
    atRisk: false,
    of: ({ auditEveryMs }) =>
      auditEveryMs === undefined
        ? undefined
        : {
            says: `the last audit that came to its end is older than twice ${told(auditEveryMs)}, or there is none`,
            test: {
              measure: { gauge: 'AuditAge', statistic: 'Maximum' },
              ...minutes(5, 5),
              above: (2 * auditEveryMs) / 1000,
              // A pair that was never audited has no age.
              missing: 'breaching',
            },
          },
  },
  {
    cause: 'unheard',
    title: 'Versions of which no event told',
    next: 'look at the notifications of the source bucket, and into the dead-letter queues',
    atRisk: false,
    of: () => ({
      says: 'the last audit saw versions of which no event ever told: the notifications have a hole',
      test: { measure: { gauge: 'Unheard', statistic: 'Maximum' }, ...minutes(1, 1), above: 0, missing: 'ignore' },
    }),
  },
  {
    cause: 'quiet',
    title: 'No event at all',
    next: 'look at the notifications of the source bucket, and at the policies of topic and queue',
    atRisk: true,
    of: ({ quietAfterMs }) =>
      quietAfterMs === undefined
        ? undefined
        : {
            says: `no version was announced for ${told(quietAfterMs)}, or never yet: silence in which every number stays good`,
            test: {
              measure: { gauge: 'NewestVersionAge', statistic: 'Maximum' },
              ...minutes(5, 5),
              above: quietAfterMs / 1000,
              // A pair of which nothing was ever heard publishes no age at all.
              missing: 'breaching',
            },
          },
  },
  {
    cause: 'canary-unseen',
    title: 'The canary is not seen',
    next: 'landfall doctor --canary',
    atRisk: true,
    of: (limits) => canary('CanaryUnseen', limits, 'no event of the canary was read', CANARY_SEEN_MS),
  },
  {
    cause: 'canary-unlanded',
    title: 'The canary does not land',
    next: 'landfall doctor --canary',
    atRisk: true,
    of: (limits) => canary('CanaryUnlanded', limits, 'no canary has landed', limits.lateAfterMs ?? 0),
  },
  {
    cause: 'writes-unheard',
    title: 'S3 is written to, and no event comes',
    next: 'look at the notifications of the source bucket, and at the policies of topic and queue',
    atRisk: true,
    of: ({ requestsFilter }) =>
      requestsFilter === undefined
        ? undefined
        : {
            says: 'S3 counts requests that write to the source, and no version as young as they was announced',
            test: {
              measure: { gauge: 'SourceWritesUnheard', statistic: 'Maximum' },
              ...minutes(10, 10),
              above: 0,
              // S3 tells nothing of a bucket at rest.
              missing: 'notBreaching',
            },
          },
  },
]

export const QUEUE_CAUSES: readonly QueueCause[] = [
  {
    cause: 'queue-stuck',
    title: 'A queue is not taken from',
    next: 'landfall status',
    atRisk: false,
    of: ({ queueAgeMs }) => ({
      says: `messages wait, and the newest event that came by it is older than ${told(queueAgeMs)}`,
      test: {
        measure: {
          expression: 'IF(visible > 0, age, 0)',
          gauges: { visible: 'QueueVisible', age: 'NewestEventAge' },
        },
        ...minutes(5, 5),
        above: queueAgeMs / 1000,
        missing: 'ignore',
      },
    }),
  },
  {
    cause: 'dead-letters',
    title: 'Dead letters',
    next: 'landfall dead-letters list',
    atRisk: false,
    of: () => ({
      says: 'messages wait in its dead-letter queue: events that were not booked, and nobody will try again',
      test: {
        measure: { gauge: 'DeadLetters', statistic: 'Maximum' },
        ...minutes(2, 3),
        above: 0,
        missing: 'ignore',
      },
    }),
  },
  {
    cause: 'queue-in-flight',
    title: 'A queue has too much in flight',
    next: 'landfall status',
    atRisk: false,
    of: ({ inFlight }) => ({
      says: `more than ${inFlight} messages are received and not acknowledged; at 120,000 SQS hands out no more`,
      test: {
        measure: { gauge: 'QueueInFlight', statistic: 'Maximum' },
        ...minutes(3, 5),
        above: inFlight,
        missing: 'ignore',
      },
    }),
  },
]

export const SERVICE_CAUSES: readonly ServiceCause[] = [
  {
    cause: 'heartbeat-missing',
    title: 'No heartbeat',
    next: 'landfall status --from-snapshot',
    atRisk: true,
    of: () => ({
      says: 'nothing was published: Landfall is down, cut off, or may not publish, and every other number is old',
      test: {
        measure: { gauge: 'Heartbeat', statistic: 'SampleCount' },
        ...minutes(3, 3),
        below: 1,
        missing: 'breaching',
      },
    }),
  },
  {
    cause: 'poison',
    title: 'Messages that cannot be read',
    next: 'landfall dead-letters list',
    atRisk: false,
    of: () => ({
      says: 'messages came that cannot be read; SQS parks them in the dead-letter queue',
      test: { measure: { growth: 'Poison' }, ...window(15 * MINUTE), above: 0, missing: 'notBreaching' },
    }),
  },
  {
    cause: 'doctor-failed',
    title: 'Something that Landfall rests on is wrong',
    next: 'landfall doctor',
    atRisk: false,
    of: () => ({
      says: 'a check of buckets, rules, roles, queues or Redis failed when the service last looked',
      test: {
        measure: { gauge: 'DoctorFailed', statistic: 'Maximum' },
        ...minutes(2, 3),
        above: 0,
        missing: 'ignore',
      },
    }),
  },
  {
    cause: 'unrouted',
    title: 'Events of unknown buckets',
    next: 'landfall config print',
    atRisk: false,
    of: () => ({
      says: 'events came of buckets that no pair names: they are not watched',
      test: { measure: { growth: 'Unrouted' }, ...window(HOUR), above: 0, missing: 'notBreaching' },
    }),
  },
]

export const DUMP_CAUSES: readonly DumpCause[] = [
  {
    cause: 'dump-missing',
    title: 'No dump',
    next: 'landfall dump list',
    atRisk: true,
    of: ({ freshMs }) => ({
      says: `no dump was begun for ${told(freshMs)}, or nobody can tell`,
      test: {
        measure: { gauge: 'DumpAge', statistic: 'Maximum' },
        // Also where its bucket was never readable: then there is no number, and no silence may pass for a dump.
        ...minutes(15, 15),
        above: freshMs / 1000,
        missing: 'breaching',
      },
    }),
  },
  {
    cause: 'dump-unverified',
    title: 'No dump is verified',
    next: 'landfall dump list',
    atRisk: true,
    of: ({ freshMs }) => ({
      says: `the newest dump that is known to be good is older than ${told(freshMs)}`,
      test: {
        measure: { gauge: 'DumpVerifiedAge', statistic: 'Maximum' },
        ...minutes(2, 3),
        above: freshMs / 1000,
        missing: 'ignore',
      },
    }),
  },
  {
    cause: 'dump-undrilled',
    title: 'No dump was restored',
    next: 'landfall drill dump',
    atRisk: false,
    of: ({ drillEveryMs }) => ({
      says: `no drill has restored one for ${told(drillEveryMs)}: a backup counts only when it was restored`,
      test: {
        measure: { gauge: 'DumpDrilledAge', statistic: 'Maximum' },
        ...minutes(2, 3),
        above: drillEveryMs / 1000,
        missing: 'ignore',
      },
    }),
  },
  {
    cause: 'dump-broken',
    title: 'A dump is broken',
    next: 'landfall dump list',
    atRisk: true,
    of: () => ({
      says: 'the verification of a dump failed',
      test: { measure: { gauge: 'DumpBroken', statistic: 'Maximum' }, ...minutes(2, 3), above: 0, missing: 'ignore' },
    }),
  },
  {
    cause: 'dump-shrunk',
    title: 'A dump shrank',
    next: 'landfall dump show',
    atRisk: false,
    of: ({ smallest }) => ({
      says: `the newest dump has less than ${smallest} of the size of the one before`,
      test: {
        measure: { gauge: 'DumpSizeRatio', statistic: 'Minimum' },
        ...minutes(2, 3),
        below: smallest,
        missing: 'ignore',
      },
    }),
  },
  {
    cause: 'dump-grown',
    title: 'A dump grew',
    next: 'landfall dump show',
    atRisk: false,
    of: ({ largest }) => ({
      says: `the newest dump has more than ${largest} times the size of the one before`,
      test: {
        measure: { gauge: 'DumpSizeRatio', statistic: 'Maximum' },
        ...minutes(2, 3),
        above: largest,
        missing: 'ignore',
      },
    }),
  },
  {
    cause: 'dump-replica-late',
    title: "A dump's replica is late",
    next: 'landfall status',
    atRisk: true,
    of: ({ replicaLateMs }) =>
      replicaLateMs === undefined
        ? undefined
        : {
            says: `a dump was written more than ${told(replicaLateMs)} ago, and its replica is not there`,
            test: {
              measure: { gauge: 'DumpReplicaLag', statistic: 'Maximum' },
              ...minutes(2, 3),
              above: replicaLateMs / 1000,
              missing: 'ignore',
            },
          },
  },
]

export const BUDGET_CAUSE: Cause = {
  cause: 'budget-burning',
  title: 'The error budget burns',
  next: 'landfall status',
  atRisk: false,
}

export const ESTATE_CAUSE: Cause = {
  cause: 'estate-at-risk',
  title: 'Estate at risk',
  next: 'landfall status, or landfall status --from-snapshot where Landfall is down',
  atRisk: false,
}

/** Every cause there is, for the docs. */
export const CAUSES: readonly (Cause & { readonly metrics: readonly string[] })[] = [
  { ...ESTATE_CAUSE, metrics: [] },
  ...SERVICE_CAUSES.map((cause) => ({ ...cause, metrics: metricsOf(cause.of().test.measure) })),
  ...PAIR_CAUSES.map((cause) => ({ ...cause, metrics: metricsOf(cause.of(sampleLimits(), sample())!.test.measure) })),
  { ...BUDGET_CAUSE, metrics: ['LateEver', 'Received'] satisfies MetricNameOf<'pair'>[] },
  ...DUMP_CAUSES.map((cause) => ({ ...cause, metrics: metricsOf(cause.of(sampleDump())!.test.measure) })),
  ...QUEUE_CAUSES.map((cause) => ({ ...cause, metrics: metricsOf(cause.of(sample()).test.measure) })),
]

/** One canary may be slow: the next one is late as well. */
function canary(
  gauge: 'CanaryUnseen' | 'CanaryUnlanded',
  { canaryEveryMs }: PairLimits,
  says: string,
  patienceMs: number,
): Said<'pair'> | undefined {
  if (canaryEveryMs === undefined) return undefined
  const after = canaryEveryMs + patienceMs
  return {
    says: `${says} for ${told(after)}`,
    test: { measure: { gauge, statistic: 'Maximum' }, ...minutes(3, 3), above: after / 1000, missing: 'ignore' },
  }
}

export function metricsOf<S extends Scope>(measure: Measure<S>): MetricNameOf<S>[] {
  if ('gauge' in measure) return [measure.gauge]
  return 'growth' in measure ? [measure.growth] : Object.values(measure.gauges)
}

function minutes(m: number, n: number): { periodSeconds: number; m: number; n: number } {
  return { periodSeconds: MINUTE, m, n }
}

/** The growth within one period that slides from minute to minute. */
function window(seconds: number): { periodSeconds: number; m: number; n: number } {
  return { periodSeconds: seconds, m: 1, n: 1 }
}

function more(most: number): string {
  return most === 0 ? 'a version, or several,' : `more than ${most} versions`
}

/** Which metrics a row watches does not depend on these. */
function sample(): Thresholds {
  return { late: 0, failed: 0, mismatched: 0, unannounced: 0, queueAgeMs: MINUTE, inFlight: 1 }
}

function sampleDump(): DumpLimits {
  return { freshMs: HOUR, drillEveryMs: HOUR, smallest: 0.5, largest: 3, replicaLateMs: HOUR }
}

function sampleLimits(): PairLimits {
  return {
    rpoMs: MINUTE,
    quietAfterMs: MINUTE,
    auditEveryMs: MINUTE,
    canaryEveryMs: MINUTE,
    requestsFilter: 'all',
  }
}
