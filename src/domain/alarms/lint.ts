/**
 * Which alarms on S3's own replication metrics can never fire, or fire too late. Pure: alarms in, findings out.
 *
 * Source: Amazon S3 user guide, "Using S3 Replication metrics" (names, dimensions, and the region of each metric);
 * CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data".
 */

export const REPLICATION_METRICS = [
  'BytesPendingReplication',
  'OperationsPendingReplication',
  'ReplicationLatency',
  'OperationsFailedReplication',
] as const
export const REPLICATION_NAMESPACE = 'AWS/S3'

/** An alarm on one metric, or each metric of an alarm on metric math. */
export interface LintedAlarm {
  readonly name: string
  readonly region: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string | undefined>>
  readonly comparison: string | undefined
  /** Absent: not a plain threshold (an expression, an anomaly band), of which no more is said. */
  readonly threshold: number | undefined
  readonly m: number
  readonly n: number
  readonly missing: string
  readonly actions: number
}

export interface Finding {
  readonly alarm: string
  readonly region: string
  readonly metric: string
  /** `never`: it cannot go off. `blind`: it misses what it is there for. */
  readonly kind: 'never' | 'blind'
  readonly why: string
  readonly mend: string
}

interface Pair {
  readonly source: { readonly bucket: string; readonly region: string }
  readonly destination: { readonly bucket: string; readonly region: string }
}

const DIMENSIONS = ['SourceBucket', 'DestinationBucket', 'RuleId'] as const

export function lint(alarms: readonly LintedAlarm[], pairs: readonly Pair[]): readonly Finding[] {
  return alarms.flatMap((alarm) =>
    [...dimensions(alarm), ...place(alarm, pairs), ...threshold(alarm), ...missing(alarm), ...actions(alarm)].map(
      (finding) => ({ alarm: alarm.name, region: alarm.region, metric: alarm.metric, ...finding }),
    ),
  )
}

type Found = Pick<Finding, 'kind' | 'why' | 'mend'>

function dimensions({ dimensions: given }: LintedAlarm): Found[] {
  const findings: Found[] = []
  for (const name of DIMENSIONS) {
    const value = given[name]
    if (value === undefined) {
      const why = `it has no dimension ${name}, and S3 publishes only with all three: there is no such metric`
      findings.push({ kind: 'never', why, mend: `Add ${name}.` })
    } else if (name !== 'RuleId' && value.startsWith('arn:')) {
      const bucket = value.split(':').at(-1) ?? ''
      const why = `${name} is an ARN where the bucket's name belongs: there is no such metric`
      findings.push({ kind: 'never', why, mend: `Write ${bucket}.` })
    }
  }
  const extra = Object.keys(given).filter((name) => !DIMENSIONS.some((known) => known === name))
  if (extra.length > 0) {
    const why = `it has dimensions that S3 does not publish with (${extra.join(', ')}): there is no such metric`
    findings.push({ kind: 'never', why, mend: 'Leave them out.' })
  }
  return findings
}

/** Failures are published in the source's region, all else in the destination's. */
function place({ metric, region, dimensions: given }: LintedAlarm, pairs: readonly Pair[]): Found[] {
  const bare = (value: string | undefined): string | undefined => value?.split(':').at(-1)
  const pair = pairs.find(
    ({ source, destination }) =>
      source.bucket === bare(given['SourceBucket']) && destination.bucket === bare(given['DestinationBucket']),
  )
  if (pair === undefined) return []
  const right = metric === 'OperationsFailedReplication' ? pair.source.region : pair.destination.region
  if (region === right) return []
  const why = `it is in ${region}, and S3 publishes ${metric} of this pair in ${right}; an alarm sees its own region only`
  return [{ kind: 'never', why, mend: `Make it in ${right}.` }]
}

function threshold({ metric, comparison, threshold: limit, m }: LintedAlarm): Found[] {
  if (comparison === undefined || limit === undefined) return []
  if (comparison.startsWith('LessThan')) {
    const why = 'it goes off below its threshold, so that trouble keeps it quiet'
    return [{ kind: 'blind', why, mend: 'Use GreaterThanThreshold.' }]
  }
  if (metric !== 'OperationsFailedReplication') return []
  const findings: Found[] = []
  const first = comparison === 'GreaterThanThreshold' ? Math.floor(limit) + 1 : Math.ceil(limit)
  if (first > 1) {
    const why = `fewer than ${first} failures in a period keep it quiet, and S3 never tries a failed version again`
    findings.push({ kind: 'blind', why, mend: 'Use GreaterThanThreshold 0.' })
  }
  if (m > 1) {
    const why = `it wants failures in ${m} periods, and each failure is counted in one`
    findings.push({ kind: 'blind', why, mend: 'Set DatapointsToAlarm to 1.' })
  }
  return findings
}

/** The metrics are absent where replication stands still or metrics are off: `missing` then says nothing at all. */
function missing({ missing: how }: LintedAlarm): Found[] {
  if (how !== 'missing') return []
  const why =
    'missing data leaves it in INSUFFICIENT_DATA, and these metrics are missing just when nothing is replicated'
  return [{ kind: 'blind', why, mend: 'Use breaching, or notBreaching beside an alarm on the silence.' }]
}

function actions({ actions: count }: LintedAlarm): Found[] {
  return count > 0
    ? []
    : [{ kind: 'blind', why: 'it tells nobody', mend: 'Give it an AlarmAction, and enable its actions.' }]
}
