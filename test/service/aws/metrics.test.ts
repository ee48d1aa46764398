import { GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { expect, inject, test, vi } from 'vitest'
import { makeAws } from '../../../src/aws/clients.ts'
import { makeMetricsSink } from '../../../src/aws/metrics.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { smallEstate } from '../../support/small-estate.ts'

test('what was put, gzipped and in several requests, is what CloudWatch adds up', async () => {
  pointSdkAt(inject('sandboxUrl'), '111111111111')
  const namespace = randomPrefix()
  const metrics = { enabled: true, namespace, region: 'eu-west-2', everyMs: 60_000 }
  const estate = smallEstate({}, { metrics })
  const log = recordingLog()
  const aws = makeAws({ estate, log, pathStyle: true })
  try {
    const at = Date.now()
    const values = Array.from({ length: 200 }, (_, i) => i + 1)
    const lag = { name: 'Lag', unit: 'Seconds', dimensions: { Pair: 'documents' } } as const
    const gauges = Array.from({ length: 1200 }, (_, i) => ({
      name: 'AtRisk',
      unit: 'Count' as const,
      dimensions: { Pair: `pair-${i}` },
      value: i,
    }))
    const sink = makeMetricsSink({ estate, aws, log })
    await sink.put([...gauges, { ...lag, value: { values, counts: values.map(() => 2) } }], at)
    expect(aws.requests().get('cloudwatch')?.get('PutMetricData')).toBe(2)

    const ask = async (name: string, pair: string) => {
      const found = await aws.cloudWatch({ region: 'eu-west-2' }).send(
        new GetMetricStatisticsCommand({
          Namespace: namespace,
          MetricName: name,
          Dimensions: [{ Name: 'Pair', Value: pair }],
          StartTime: new Date(at - 3_600_000),
          EndTime: new Date(at + 3_600_000),
          Period: 7200,
          Statistics: ['SampleCount', 'Sum', 'Maximum'],
        }),
      )
      return {
        count: found.Datapoints!.reduce((sum, point) => sum + point.SampleCount!, 0),
        sum: found.Datapoints!.reduce((sum, point) => sum + point.Sum!, 0),
        max: Math.max(...found.Datapoints!.map((point) => point.Maximum!)),
      }
    }
    expect(await ask('Lag', 'documents')).toEqual({ count: 400, sum: 2 * 20_100, max: 200 })
    expect(await ask('AtRisk', 'pair-1199')).toEqual({ count: 1, sum: 1199, max: 1199 })
  } finally {
    aws.close()
    vi.unstubAllEnvs()
  }
})
