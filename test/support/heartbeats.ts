import { GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import type { EstateWorld } from './estate-world.ts'

/** How often the metrics were published so far: each time brings one heartbeat. */
export async function heartbeats({ clients, estate }: EstateWorld): Promise<number> {
  const hour = 3_600_000
  const { Datapoints } = await clients.destination.cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace: estate.service.metrics.namespace,
      MetricName: 'Heartbeat',
      StartTime: new Date(Date.now() - hour),
      EndTime: new Date(Date.now() + hour),
      Period: 7200,
      Statistics: ['SampleCount'],
    }),
  )
  return (Datapoints ?? []).reduce((sum, { SampleCount }) => sum + (SampleCount ?? 0), 0)
}
