/**
 * S3's own count of writes to a bucket: its request metrics, which CloudWatch has in the bucket's own region only. An alarm
 * sees its own region alone, so they are read here and published beside Landfall's numbers.
 *
 * Sources: Amazon S3 user guide, "Amazon S3 metrics and dimensions" (PutRequests, PostRequests; BucketName, FilterId);
 * Amazon CloudWatch API reference, GetMetricData; CloudWatch user guide, "Cross-account cross-Region CloudWatch console"
 * (dashboards cross regions, alarms do not).
 */
import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import { attempt } from '../domain/aws-errors.ts'
import type { Aws, Place } from './clients.ts'

/** A copy is a PUT; a multipart upload ends with a POST. */
const WRITES = ['PutRequests', 'PostRequests'] as const
/** S3 publishes by the minute. */
const PERIOD_SECONDS = 60

export interface WritesOf {
  readonly bucket: Place & { readonly bucket: string }
  /** Of the bucket's metrics configuration. */
  readonly filter: string
  readonly fromMs: number
  readonly toMs: number
}

/** Undefined: S3 tells nothing of this time, which is what it does of a bucket at rest, and of a filter that is not there. */
export type CountWrites = (of: WritesOf) => Promise<number | undefined>

/** Throws `LandfallError`: ACCESS_DENIED for `cloudwatch:GetMetricData`, AWS_UNREACHABLE ... */
export function makeCountWrites(aws: Pick<Aws, 'cloudWatch'>): CountWrites {
  return async ({ bucket, filter, fromMs, toMs }) => {
    const Dimensions = [
      { Name: 'BucketName', Value: bucket.bucket },
      { Name: 'FilterId', Value: filter },
    ]
    const command = new GetMetricDataCommand({
      StartTime: new Date(fromMs),
      EndTime: new Date(toMs),
      MetricDataQueries: WRITES.map((MetricName, index) => ({
        Id: `m${index}`,
        MetricStat: {
          Metric: { Namespace: 'AWS/S3', MetricName, Dimensions },
          Period: PERIOD_SECONDS,
          Stat: 'Sum',
        },
      })),
    })
    const { region } = bucket
    const { MetricDataResults = [] } = await attempt(
      { action: 'cloudwatch:GetMetricData', resource: `bucket ${bucket.bucket}`, region },
      () => aws.cloudWatch(bucket).send(command),
    )
    const values = MetricDataResults.flatMap(({ Values }) => Values ?? [])
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0)
  }
}
