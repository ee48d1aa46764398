import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { makeAws } from '../../../src/aws/clients.ts'
import { batches, makeMetricsSink } from '../../../src/aws/metrics.ts'
import type { Datum } from '../../../src/ports.ts'
import { startFakeAws } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate } from '../../support/small-estate.ts'

const at = new Date(1_700_000_000_000)
const datum = (value: Datum['value'], name = 'Lag'): Datum => ({
  name,
  unit: 'Seconds',
  dimensions: { Pair: 'documents' },
  value,
})

describe('batches', () => {
  test('a plain value, with unit, time and dimensions', () => {
    expect(batches([datum(3)], at)).toEqual([
      [
        {
          MetricName: 'Lag',
          Unit: 'Seconds',
          Timestamp: at,
          Dimensions: [{ Name: 'Pair', Value: 'documents' }],
          Value: 3,
        },
      ],
    ])
  })

  test('at most 1,000 metrics a request', () => {
    expect(
      batches(
        Array.from({ length: 2001 }, () => datum(1)),
        at,
      ).map(({ length }) => length),
    ).toEqual([1000, 1000, 1])
  })

  test('at most 150 values a metric: a longer distribution is split, nothing lost', () => {
    const values = Array.from({ length: 401 }, (_, i) => i)
    const [batch] = batches([datum({ values, counts: values.map((i) => i + 1) })], at)
    expect(batch!.map((metric) => metric.Values!.length)).toEqual([150, 150, 101])
    expect(batch!.flatMap((metric) => metric.Values)).toEqual(values)
    expect(batch!.flatMap((metric) => metric.Counts)).toEqual(values.map((i) => i + 1))
  })

  test('below 1 MB a request', () => {
    const long = {
      values: Array.from({ length: 150 }, (_, i) => i + 0.123456789012),
      counts: Array.from({ length: 150 }, () => 123_456),
    }
    const made = batches(
      Array.from({ length: 900 }, () => datum(long)),
      at,
    )
    expect(made.length).toBeGreaterThan(1)
    for (const batch of made) expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThan(1_000_000)
    expect(made.flat()).toHaveLength(900)
  })

  test('leaves out what is no number, and counts of nothing', () => {
    expect(
      batches([datum(Number.NaN), datum(Number.POSITIVE_INFINITY), datum({ values: [], counts: [] })], at),
    ).toEqual([])
    const [batch] = batches([datum({ values: [1, Number.NaN, 3], counts: [0, 1, 2] })], at)
    expect(batch).toMatchObject([{ Values: [3], Counts: [2] }])
  })
})

describe('makeMetricsSink', () => {
  test('puts into the namespace, in the metrics region, gzipped when large', async () => {
    await using fake = await startFakeAws(() => ({
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: '{}',
    }))
    const log = recordingLog()
    const estate = smallEstate()
    const sink = makeMetricsSink({ estate, log, aws: makeAws({ estate, log, pathStyle: true }) })
    await sink.put([], at.getTime())
    expect(fake.requests).toHaveLength(0)
    await sink.put([datum(1), datum(Number.NaN, 'Broken')], at.getTime())
    await sink.put(
      Array.from({ length: 500 }, () => datum(1)),
      at.getTime(),
    )
    expect(JSON.parse(fake.requests[0]!.body)).toMatchObject({
      Namespace: 'Landfall',
      MetricData: [{ MetricName: 'Lag', Timestamp: at.getTime() / 1000 }],
    })
    expect(fake.requests[0]!.headers.authorization).toContain('/eu-west-2/monitoring/')
    expect(log.lines).toMatchObject([{ level: 'error', ids: { metrics: ['Broken'] } }])
    expect(fake.requests[1]!.headers['content-encoding']).toBe('gzip')
    expect(JSON.parse(gunzipSync(fake.requests[1]!.raw).toString()).MetricData).toHaveLength(500)
  })

  test('throws what the operator can act on', async () => {
    await using fake = await startFakeAws(() => ({
      status: 400,
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': 'AccessDeniedException' },
      body: '{"__type":"AccessDeniedException","message":"no"}',
    }))
    const log = recordingLog()
    const estate = smallEstate()
    const sink = makeMetricsSink({ estate, log, aws: makeAws({ estate, log, pathStyle: true }) })
    await expect(sink.put([datum(1)], 0)).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: 'cloudwatch:PutMetricData is denied on namespace Landfall (eu-west-2)',
    })
    expect(fake.requests).toHaveLength(1)
  })
})
