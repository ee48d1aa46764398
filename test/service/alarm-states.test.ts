/**
 * A running Landfall and its alarms in the sandbox's CloudWatch: a blocked pair, a stopped worker, and both recoveries.
 * Landfall and CloudWatch share a clock that the test puts forward, minute by minute.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { DescribeAlarmsCommand, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { startSandbox } from '../../sandbox/server.ts'
import { type App, startApp } from '../../src/app.ts'
import { makeAlarms, wantedAlarm } from '../../src/aws/alarms.ts'
import { makeAws } from '../../src/aws/clients.ts'
import { provision } from '../../src/aws/provision.ts'
import { loadEstate } from '../../src/config/load.ts'
import { alarmsOf } from '../../src/domain/alarms/alarms.ts'
import { ownTags, planOf } from '../../src/domain/as-code.ts'
import { connectLedger } from '../../src/ledger/connection.ts'
import { removeKeys } from '../../src/ledger/remove.ts'
import { estateDocument, writeEstateFile } from '../support/estate-file.ts'
import { pointSdkAt } from '../support/fake-aws.ts'
import { ACCOUNT } from '../support/local-aws.ts'
import { recordingLog } from '../support/log.ts'
import { randomPrefix } from '../support/prefix.ts'
import { clientsFor, controlOf } from '../support/sandbox.ts'

const MINUTE = 60_000
const WAIT = { timeout: 20_000, interval: 50 }
const TOPIC = `arn:aws:sns:eu-west-2:${ACCOUNT}:landfall`

test('a blocked pair turns the RPO alarm, a stopped worker the heartbeat alarm; recovery turns both back', async () => {
  const world = await startWatched()
  const { estate, aws, faults, minutes, on, told } = world
  await minutes(3)
  expect(await on()).toEqual([])

  const [pair] = estate.pairs
  await faults.setFaults({ replication: { paused: true } })
  const put = new PutObjectCommand({ Bucket: pair!.source.bucket, Key: 'tender.pdf', Body: 'tender' })
  await aws.s3({ region: 'eu-west-1', account: 'main' }).send(put)
  await vi.waitFor(async () => expect(await world.app.ledger.snapshot(pair!.name)).toMatchObject({ received: 1 }), WAIT)
  await minutes(8)
  expect(await on()).toEqual(expect.arrayContaining(['landfall-documents-at-risk-too-old', 'landfall-estate-at-risk']))
  expect(await on()).not.toContain('landfall-communications-at-risk-too-old')
  expect(await on()).not.toContain('landfall-heartbeat-missing')

  await faults.clearFaults()
  await vi.waitFor(
    async () => expect(await world.app.ledger.snapshot(pair!.name)).toMatchObject({ closed: { landed: 1 } }),
    WAIT,
  )
  await minutes(5)
  expect(await on()).toEqual([])

  await world.app.stop()
  world.later(7 * MINUTE)
  expect(await on()).toEqual(['landfall-estate-at-risk', 'landfall-heartbeat-missing'])
  await world.restart()
  await minutes(1)
  expect(await on()).toEqual([])

  const expected = ['at-risk-too-old', 'heartbeat-missing'].flatMap((cause) => [`ALARM ${cause}`, `OK ${cause}`])
  await vi.waitFor(async () => expect(await told()).toEqual(expect.arrayContaining(expected)), WAIT)
}, 120_000)

test('writes that S3 counts while no event comes turn an alarm; the first event that comes turns it back', async () => {
  const world = await startWatched({ requestsFilter: 'all' })
  const { estate, aws, faults, minutes, on, clock } = world
  const [pair] = estate.pairs
  const write = async (Key: string): Promise<void> => {
    const put = new PutObjectCommand({ Bucket: pair!.source.bucket, Key, Body: Key })
    await aws.s3({ region: 'eu-west-1', account: 'main' }).send(put)
  }
  /** What S3 tells of this bucket a few minutes later. */
  const counted = async (): Promise<void> => {
    const at = new Date(clock.now() - 6 * MINUTE).toISOString()
    const body = {
      account: ACCOUNT,
      region: 'eu-west-1',
      namespace: 'AWS/S3',
      name: 'PutRequests',
      dimensions: { BucketName: pair!.source.bucket, FilterId: 'all' },
      values: { [at]: 2 },
    }
    expect((await fetch(`${world.url}/_sandbox/metrics`, { method: 'POST', body: JSON.stringify(body) })).status).toBe(
      200,
    )
  }
  await minutes(2)
  expect(await on()).toEqual([])

  await faults.setFaults({ notifications: [{ drop: 1 }] })
  await write('unheard.pdf')
  for (let n = 0; n < 17; n += 1) {
    await counted()
    await minutes(1)
  }
  // Of this pair alone, and every other number stayed good.
  expect(await on()).toEqual(['landfall-documents-writes-unheard', 'landfall-estate-at-risk'])

  await faults.clearFaults()
  await write('heard.pdf')
  await vi.waitFor(async () => expect(await world.app.ledger.snapshot(pair!.name)).toMatchObject({ received: 1 }), WAIT)
  await counted()
  await minutes(2)
  expect(await on()).not.toContain('landfall-documents-writes-unheard')
}, 120_000)

/** A running Landfall, its alarms made, and a clock that both share with CloudWatch. */
async function startWatched(alarmsOfPair: object = {}) {
  let ahead = 0
  const clock = { now: () => Date.now() + ahead }
  const prefix = randomPrefix()
  const sandbox = await startSandbox({ cloudWatchNow: clock.now })
  onTestFinished(() => sandbox.close())
  pointSdkAt(sandbox.url, ACCOUNT)
  onTestFinished(() => void vi.unstubAllEnvs())
  const folder = await mkdtemp(join(tmpdir(), 'landfall-states-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const redis = { url: inject('redisUrl'), durability: 'window' }
  const document = estateDocument({
    redisUrl: redis.url,
    pair: { alarms: { rpo: '5m', ...alarmsOfPair }, fail: '24h' },
    service: { redis, alarms: { topics: [TOPIC] } },
  })
  const estate = await loadEstate({ path: await writeEstateFile(join(folder, 'landfall.yaml'), document), env: {} })
  const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
  onTestFinished(() => aws.close())
  await provision({ estate, aws, roles: true })
  const clients = clientsFor(sandbox.url, { account: ACCOUNT, region: 'eu-west-2' })
  onTestFinished(() => clients.destroy())
  const faults = controlOf(sandbox.url)
  const told = await subscribed(clients)

  const alarms = makeAlarms({ estate, aws })
  const wanted = alarmsOf(estate).map((alarm) => wantedAlarm(alarm, estate.service.metrics.namespace))
  await alarms.apply(planOf(wanted, await alarms.read(), ownTags(estate.name, {})), ownTags(estate.name, {}))

  const start = async (): Promise<App> => startApp({ estate, pathStyle: true, log: recordingLog(), prefix, clock })
  onTestFinished(async () => {
    const connection = await connectLedger(redis.url)
    await Promise.all([removeKeys(connection, prefix), removeKeys(connection, `{landfall-${prefix}}`)])
    connection.disconnect()
  })
  let app = await start()
  onTestFinished(async () => app.stop())

  /** A heartbeat from this minute on: all that belongs to it went out before, with the same time. */
  const published = async (): Promise<void> => {
    const StartTime = new Date(Math.floor(clock.now() / MINUTE) * MINUTE)
    // Or the next one, which may begin meanwhile.
    const EndTime = new Date(StartTime.getTime() + 2 * MINUTE)
    const input = { Namespace: 'Landfall', MetricName: 'Heartbeat', Period: 60, Statistics: ['SampleCount' as const] }
    await vi.waitFor(async () => {
      const { Datapoints } = await clients.cloudwatch.send(
        new GetMetricStatisticsCommand({ ...input, StartTime, EndTime }),
      )
      expect(Datapoints).not.toEqual([])
    }, WAIT)
  }
  const minutes = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      await published()
      ahead += MINUTE
    }
  }
  const on = async (): Promise<readonly string[]> => {
    const AlarmTypes = ['MetricAlarm' as const, 'CompositeAlarm' as const]
    const input = { AlarmTypes, StateValue: 'ALARM' as const, MaxRecords: 100 }
    const { MetricAlarms = [], CompositeAlarms = [] } = await clients.cloudwatch.send(new DescribeAlarmsCommand(input))
    return [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName }) => AlarmName ?? '').sort()
  }

  return {
    estate,
    aws,
    clients,
    faults,
    clock,
    url: sandbox.url,
    minutes,
    on,
    told,
    get app() {
      return app
    },
    later: (ms: number) => void (ahead += ms),
    async restart() {
      app = await start()
    },
  }
}

/** What the alarms' topic was told so far: state and cause. */
async function subscribed({ sns, sqs }: ReturnType<typeof clientsFor>): Promise<() => Promise<readonly string[]>> {
  await sns.send(new CreateTopicCommand({ Name: 'landfall' }))
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'told' }))
  const Endpoint = `arn:aws:sqs:eu-west-2:${ACCOUNT}:told`
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'sqs', Endpoint }))
  const seen: string[] = []
  return async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    for (const { Body } of Messages) {
      const { Subject } = JSON.parse(Body!) as { Subject: string }
      const [, state, cause] = /^(\w+): "landfall-(?:documents-)?(.+)"$/.exec(Subject) ?? []
      seen.push(`${state} ${cause}`)
    }
    return seen
  }
}
