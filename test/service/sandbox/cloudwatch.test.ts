import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { request } from 'node:http'
import {
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListDashboardsCommand,
  ListMetricsCommand,
  ListTagsForResourceCommand,
  type MetricDataQuery,
  type MetricDatum,
  PutCompositeAlarmCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch'
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { randomPrefix } from '../../support/prefix.ts'
import { clientsFor } from '../../support/sandbox.ts'

const MINUTE = 60_000

let clients: ReturnType<typeof clientsFor>
let cloudwatch: ReturnType<typeof clientsFor>['cloudwatch']

beforeAll(() => {
  clients = clientsFor(inject('sandboxUrl'), { region: 'eu-west-2' })
  cloudwatch = clients.cloudwatch
})

afterAll(() => clients.destroy())

/** The start of the minute that was `ago` minutes ago. */
function minute(ago: number): Date {
  return new Date(Math.floor(Date.now() / MINUTE) * MINUTE - ago * MINUTE)
}

const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

async function put(Namespace: string, ...MetricData: MetricDatum[]): Promise<void> {
  await cloudwatch.send(new PutMetricDataCommand({ Namespace, MetricData }))
}

describe('metrics', () => {
  test('values and counts keep every statistic, percentiles included', async () => {
    const Namespace = randomPrefix()
    const Dimensions = [{ Name: 'Pair', Value: 'documents' }]
    const lag = { MetricName: 'Lag', Dimensions, Unit: 'Seconds' as const, Timestamp: minute(3) }
    await put(Namespace, { ...lag, Values: [1, 2, 10], Counts: [90, 9, 1] }, { ...lag, Value: 2 })
    const { Datapoints, Label } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace,
        MetricName: 'Lag',
        Dimensions,
        StartTime: minute(10),
        EndTime: minute(0),
        Period: 60,
        Statistics: ['SampleCount', 'Sum', 'Minimum', 'Maximum', 'Average'],
        ExtendedStatistics: ['p50', 'p95', 'p100'],
      }),
    )
    expect(Label).toBe('Lag')
    expect(Datapoints).toEqual([
      {
        Timestamp: minute(3),
        SampleCount: 101,
        Sum: 120,
        Minimum: 1,
        Maximum: 10,
        Average: 120 / 101,
        ExtendedStatistics: { p50: 1, p95: 2, p100: 10 },
      },
    ])
  })

  test('longer periods merge minutes; a statistic set has no percentiles', async () => {
    const Namespace = randomPrefix()
    const start = new Date(Math.floor(minute(60).getTime() / (5 * MINUTE)) * 5 * MINUTE)
    const at = (n: number): Date => new Date(start.getTime() + n * MINUTE)
    const StatisticValues = { SampleCount: 3, Sum: 9, Minimum: 1, Maximum: 5 }
    await put(
      Namespace,
      { MetricName: 'Open', Value: 4, Timestamp: at(0) },
      { MetricName: 'Open', Value: 8, Timestamp: at(4) },
      { MetricName: 'Open', StatisticValues, Timestamp: at(5) },
    )
    const query = (Id: string, Stat: string) => ({
      Id,
      MetricStat: { Metric: { Namespace, MetricName: 'Open' }, Period: 300, Stat },
    })
    const { MetricDataResults } = await cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: start,
        EndTime: at(10),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: [query('a', 'Maximum'), query('b', 'Sum'), query('c', 'p50')],
      }),
    )
    expect(MetricDataResults).toMatchObject([
      { Id: 'a', Timestamps: [at(0), at(5)], Values: [8, 5], StatusCode: 'Complete' },
      { Id: 'b', Values: [12, 9] },
      { Id: 'c', Timestamps: [at(0)], Values: [4] },
    ])
  })

  test('metrics are listed by namespace, name and dimension, in their own account and region', async () => {
    const Namespace = randomPrefix()
    for (const Value of ['documents', 'agreements']) {
      await put(Namespace, { MetricName: 'Late', Value: 1, Dimensions: [{ Name: 'Pair', Value }] })
    }
    await put(Namespace, { MetricName: 'Heartbeat', Value: 1 })
    const all = await cloudwatch.send(new ListMetricsCommand({ Namespace }))
    expect(all.Metrics).toHaveLength(3)
    const Dimensions = [{ Name: 'Pair', Value: 'documents' }]
    const one = await cloudwatch.send(new ListMetricsCommand({ Namespace, Dimensions }))
    expect(one.Metrics).toEqual([{ Namespace, MetricName: 'Late', Dimensions }])
    const elsewhere = clientsFor(inject('sandboxUrl'), { region: 'eu-west-1' })
    expect((await elsewhere.cloudwatch.send(new ListMetricsCommand({ Namespace }))).Metrics ?? []).toEqual([])
    elsewhere.destroy()
  })

  const datum = (more: Partial<MetricDatum>): MetricDatum => ({ MetricName: 'm', Value: 1, ...more })
  const days = (n: number): Date => new Date(Date.now() + n * 86_400_000)
  const values = (count: number) => ({ MetricName: 'm', Values: many(count, Number) })
  const dimensions = (count: number) => datum({ Dimensions: many(count, (n) => ({ Name: `d${n}`, Value: 'x' })) })

  test.each<[string, MetricDatum[]]>([
    ['1,001 metrics', many(1001, () => datum({}))],
    ['151 values', [values(151)]],
    ['31 dimensions', [dimensions(31)]],
    ['two weeks and a day ago', [datum({ Timestamp: days(-15) })]],
    ['three hours ahead', [datum({ Timestamp: days(0.125) })]],
    ['counts of another length', [{ ...values(2), Counts: [1] }]],
    ['a value and values', [{ ...values(2), Value: 1 }]],
    ['a unit that is none', [datum({ Unit: 'Parsecs' as 'Seconds' })]],
  ])('%s are refused, and nothing of the request is kept', async (_what, data) => {
    const Namespace = randomPrefix()
    await expect(put(Namespace, datum({ MetricName: 'good' }), ...data)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    })
    expect((await cloudwatch.send(new ListMetricsCommand({ Namespace }))).Metrics ?? []).toEqual([])
  })

  test('the limits themselves pass', async () => {
    const limits = [values(150), dimensions(30), datum({ Timestamp: days(-13.9) }), datum({ Timestamp: days(0.08) })]
    await put(randomPrefix(), ...limits, ...many(1000 - limits.length, () => datum({})))
  })

  test('gzipped bodies are read', async () => {
    const Namespace = randomPrefix()
    const { port } = new URL(inject('sandboxUrl'))
    const call = request({
      port,
      method: 'POST',
      headers: {
        'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
        'content-encoding': 'gzip',
        authorization: 'AWS4-HMAC-SHA256 Credential=111111111111/20261124/eu-west-2/monitoring/aws4_request, x',
      },
    })
    call.end(gzipSync(JSON.stringify({ Namespace, MetricData: [{ MetricName: 'Zipped', Value: 1 }] })))
    const [reply] = await once(call, 'response')
    ;(reply as import('node:http').IncomingMessage).resume()
    expect((await cloudwatch.send(new ListMetricsCommand({ Namespace }))).Metrics).toMatchObject([
      { MetricName: 'Zipped' },
    ])
  })
})

describe('alarms', () => {
  async function putAlarm(Namespace: string, more: Partial<PutMetricAlarmCommandInput> = {}): Promise<string> {
    const AlarmName = `${Namespace}-late`
    await cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName,
        Namespace,
        MetricName: 'Late',
        Statistic: 'Maximum',
        Period: 60,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 2,
        Threshold: 5,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
        ...more,
      }),
    )
    return AlarmName
  }

  async function describeAlarm(name: string) {
    const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }))
    return MetricAlarms![0]
  }

  const late = (ago: number, Value: number): MetricDatum => ({ MetricName: 'Late', Value, Timestamp: minute(ago) })

  test('two of three breaching minutes are an alarm, which tells its topic; good data ends it', async () => {
    const Namespace = randomPrefix()
    const { TopicArn } = await clients.sns.send(new CreateTopicCommand({ Name: Namespace }))
    const { QueueUrl } = await clients.sqs.send(new CreateQueueCommand({ QueueName: Namespace }))
    const Endpoint = `arn:aws:sqs:eu-west-2:111111111111:${Namespace}`
    await clients.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }))
    const name = await putAlarm(Namespace, { AlarmActions: [TopicArn!] })
    expect(await describeAlarm(name)).toMatchObject({ StateValue: 'OK', Threshold: 5, DatapointsToAlarm: 2 })

    await put(Namespace, late(3, 9), late(2, 1), late(1, 9))
    expect(await describeAlarm(name)).toMatchObject({ StateValue: 'ALARM' })
    const { Messages } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }))
    const notice = JSON.parse(Messages![0]!.Body!) as { Subject: string; Message: string }
    expect(notice.Subject).toBe(`ALARM: "${name}"`)
    expect(JSON.parse(notice.Message)).toMatchObject({ AlarmName: name, NewStateValue: 'ALARM', OldStateValue: 'OK' })
  })

  test('a heartbeat that is missing breaches', async () => {
    const Namespace = randomPrefix()
    const name = await putAlarm(Namespace, {
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
    })
    expect(await describeAlarm(name)).toMatchObject({ StateValue: 'ALARM' })
    await put(Namespace, late(1, 1), late(2, 1), late(3, 1), late(0, 1))
    expect(await describeAlarm(name)).toMatchObject({ StateValue: 'OK' })
  })

  test('percentiles may be watched', async () => {
    const Namespace = randomPrefix()
    const p99 = { Statistic: undefined, ExtendedStatistic: 'p99', DatapointsToAlarm: 1, EvaluationPeriods: 1 }
    const name = await putAlarm(Namespace, p99)
    const lag = { MetricName: 'Late', Values: [1, 60], Counts: [98, 2] }
    await put(Namespace, { ...lag, Timestamp: minute(1) }, { ...lag, Timestamp: minute(0) })
    expect(await describeAlarm(name)).toMatchObject({ StateValue: 'ALARM', ExtendedStatistic: 'p99' })
  })

  const stat = (Id: string, MetricName: string, Period = 60) => ({
    Id,
    ReturnData: false,
    MetricStat: { Metric: { Namespace: 'Math', MetricName }, Period, Stat: 'Maximum' },
  })
  const math = (Metrics: MetricDataQuery[]) =>
    cloudwatch.send(
      new PutMetricAlarmCommand({
        AlarmName: randomPrefix(),
        Metrics,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
      }),
    )

  test.each<[string, MetricDataQuery[], RegExp]>([
    ['nothing returned', [stat('m', 'A')], /exactly one/],
    ['an id that is none of them', [{ Id: 'e', Expression: 'DIFF(n)' }, stat('m', 'A')], /refers to n/],
    ['two periods', [{ Id: 'e', Expression: 'm + n' }, stat('m', 'A'), stat('n', 'B', 300)], /one period/],
    ['no expression', [{ Id: 'e', Expression: 'm +' }, stat('m', 'A')], /cannot be read/],
    [
      'eleven metrics',
      [{ Id: 'e', Expression: 'm0 + m1' }, ...many(11, (n) => stat(`m${n}`, 'A'))],
      /more than 10 metrics/,
    ],
  ])('metric math is refused: %s', async (_, metrics, why) => {
    await expect(math(metrics)).rejects.toThrow(why)
  })

  test('a window slides: an hour of growth that the clock would cut in two is one', async () => {
    const Namespace = randomPrefix()
    const { MetricDataResults } = await cloudwatch.send(
      new GetMetricDataCommand({
        StartTime: minute(10),
        EndTime: minute(0),
        MetricDataQueries: [{ Id: 'e', Expression: 'DIFF(m)' }, stat('m', 'A')],
      }),
    )
    expect(MetricDataResults).toMatchObject([{ Id: 'e', Values: [] }])
    const name = await putAlarm(Namespace, {
      Period: 3600,
      EvaluationPeriods: 1,
      DatapointsToAlarm: 1,
      Statistic: 'Sum',
      Threshold: 9,
    })
    await put(Namespace, late(50, 5), late(2, 5))
    expect(await describeAlarm(name)).toMatchObject({ StateValue: 'ALARM' })
  })

  test('a composite follows its children, and they stay while it is there', async () => {
    const Namespace = randomPrefix()
    const name = await putAlarm(Namespace, { TreatMissingData: 'breaching' })
    const [some, top] = [`${Namespace}-some`, `${Namespace}-top`]
    const composite = (AlarmName: string, AlarmRule: string) =>
      cloudwatch.send(new PutCompositeAlarmCommand({ AlarmName, AlarmRule, Tags: [{ Key: 'team', Value: 'storage' }] }))
    await expect(composite(top, `ALARM("${some}")`)).rejects.toThrow(/do not exist/)
    await expect(composite(some, `ALARM("${name}"`)).rejects.toThrow(/no rule/)
    await composite(some, `ALARM("${name}")`)
    await composite(top, `ALARM("${some}") AND NOT OK("${name}")`)
    const found = async () => {
      const types = { AlarmNamePrefix: Namespace, AlarmTypes: ['CompositeAlarm' as const] }
      const { CompositeAlarms } = await cloudwatch.send(new DescribeAlarmsCommand(types))
      return CompositeAlarms!
    }
    expect((await found()).map(({ StateValue }) => StateValue)).toEqual(['ALARM', 'ALARM'])
    await put(Namespace, late(0, 1), late(1, 1), late(2, 1), late(3, 1))
    expect((await found()).map(({ StateValue }) => StateValue)).toEqual(['OK', 'OK'])

    const ResourceARN = (await found())[0]!.AlarmArn
    const tags = async () => (await cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags
    // Tags of one that is there already are passed over.
    await cloudwatch.send(new PutCompositeAlarmCommand({ AlarmName: some, AlarmRule: 'FALSE', Tags: [] }))
    expect(await tags()).toEqual([{ Key: 'team', Value: 'storage' }])
    await cloudwatch.send(new UntagResourceCommand({ ResourceARN, TagKeys: ['team'] }))
    expect(await tags()).toEqual([])
    const remove = (...AlarmNames: string[]) => cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames }))
    await expect(remove(name)).rejects.toThrow(/depends on/)
    await expect(remove(some, top)).rejects.toThrow(/more than one composite/)
    await remove(top, name)
    await remove(some)
  })

  test('a state set by hand, composite alarms, and deletion of all or none', async () => {
    const Namespace = randomPrefix()
    const name = await putAlarm(Namespace, { Period: 86_400, EvaluationPeriods: 1, DatapointsToAlarm: 1 })
    const StateReason = 'to see the page'
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: name, StateValue: 'ALARM', StateReason }))
    expect(await describeAlarm(name)).toMatchObject({ StateValue: 'ALARM', StateReason })

    const composite = `${Namespace}-any`
    const AlarmRule = `ALARM("${name}")`
    await cloudwatch.send(new PutCompositeAlarmCommand({ AlarmName: composite, AlarmRule }))
    const types = { AlarmNamePrefix: Namespace, AlarmTypes: ['CompositeAlarm' as const] }
    const { CompositeAlarms, MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand(types))
    expect(CompositeAlarms).toMatchObject([{ AlarmName: composite, AlarmRule }])
    expect(MetricAlarms ?? []).toEqual([])

    const remove = (...AlarmNames: string[]) => cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames }))
    await expect(remove(name, 'nowhere')).rejects.toMatchObject({ name: 'ResourceNotFound' })
    expect(await describeAlarm(name)).toBeDefined()
    await remove(name, composite)
    expect(await describeAlarm(name)).toBeUndefined()
  })
})

test('dashboards are put, listed, read and deleted', async () => {
  const DashboardName = randomPrefix()
  const DashboardBody = JSON.stringify({ widgets: [{ type: 'text', properties: { markdown: '# hello' } }] })
  const putBody = (body: string) => cloudwatch.send(new PutDashboardCommand({ DashboardName, DashboardBody: body }))
  await putBody(DashboardBody)
  const found = await cloudwatch.send(new GetDashboardCommand({ DashboardName }))
  expect(found).toMatchObject({ DashboardName, DashboardBody })
  const listed = await cloudwatch.send(new ListDashboardsCommand({ DashboardNamePrefix: DashboardName }))
  expect(listed.DashboardEntries).toMatchObject([{ DashboardName, Size: DashboardBody.length }])
  await expect(putBody('no json')).rejects.toMatchObject({ name: 'DashboardInvalidInputError' })
  await expect(putBody(JSON.stringify({ widgets: many(501, () => ({})) }))).rejects.toThrow(/at most 500/)
  await expect(putBody(JSON.stringify({ widgets: [{ type: 'metric' }] }))).rejects.toThrow(
    /required property 'properties'/,
  )
  await cloudwatch.send(new DeleteDashboardsCommand({ DashboardNames: [DashboardName] }))
  await expect(cloudwatch.send(new GetDashboardCommand({ DashboardName }))).rejects.toMatchObject({
    name: 'ResourceNotFound',
  })
})
