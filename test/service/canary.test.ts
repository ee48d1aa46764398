/** The canary, from its write to its landing, on a running service; and that it is in no count. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { CANARY_KEY } from '../../src/domain/canary.ts'
import type { FindingDocument } from '../../src/domain/doctor/report.ts'
import { type PrivateRedis, startPrivateRedis } from '../../src/demo/redis-server.ts'
import { ACCOUNT, type DoctorWorld, startDoctorWorld } from '../support/doctor-world.ts'
import { DURABLE } from '../support/estate-world.ts'
import { pointSdkAt } from '../support/fake-aws.ts'
import { recordingLog } from '../support/log.ts'
import { randomPrefix } from '../support/prefix.ts'
import { jsonOf, runCommand } from '../support/run-command.ts'

let folder: string
let redis: PrivateRedis
let world: DoctorWorld
let app: App | undefined
const log = recordingLog()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-canary-'))
  pointSdkAt(inject('sandboxUrl'), ACCOUNT)
  redis = await startPrivateRedis({ args: DURABLE })
  log.lines.length = 0
})
afterEach(async () => {
  await app?.stop()
  app = undefined
  world.close()
  await redis.stop()
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

async function start(service: object = {}): Promise<App> {
  world = await startDoctorWorld({
    sandboxUrl: inject('sandboxUrl'),
    redisUrl: redis.url,
    folder,
    prefix: randomPrefix(),
    pair: { firstLook: { min: '0s', max: '1s' } },
    service: { intake: { wait: '1s' }, verify: { tick: '100ms' }, shutdownGrace: '3s', ...service },
  })
  app = await startApp({ estate: world.estate, pathStyle: true, log })
  return app
}

async function canaryFindings(...args: string[]): Promise<readonly FindingDocument[]> {
  const ran = await runCommand(
    ['doctor', '--config', world.configFile, '--json', '--all', '--canary', ...args],
    world.env,
  )
  return ran.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FindingDocument)
    .filter(({ id }) => id.startsWith('canary.'))
}

test('is seen in the intake, lands, and is in no count and no audit', async () => {
  const { ledger } = await start()
  // Others' writes go on as they do.
  await world.at.source.s3.send(new PutObjectCommand({ Bucket: world.source, Key: 'a', Body: 'bytes' }))
  const found = await canaryFindings('--wait', '30')
  expect(found).toMatchObject([
    { id: 'canary.seen', level: 'pass' },
    { id: 'canary.landed', level: 'pass' },
    // Nobody set the lifecycle rule here.
    { id: 'canary.swept', level: 'warn', mend: { say: expect.stringContaining('_landfall/') as string } },
  ])
  await canaryFindings('--wait', '30')
  const versions = await world.at.source.s3.send(
    new ListObjectVersionsCommand({ Bucket: world.source, Prefix: CANARY_KEY }),
  )
  expect(versions.Versions).toHaveLength(2)
  await vi.waitFor(async () => expect((await ledger.snapshot('documents')).closed.landed).toBe(1), { timeout: 20_000 })
  const snapshot = await ledger.snapshot('documents')
  expect(snapshot).toMatchObject({
    received: 1,
    duplicates: 0,
    early: 0,
    unannounced: 0,
    canary: { landedAt: expect.any(Number) as number },
  })
  const audit = await runCommand(['audit', '--config', world.configFile, '--json'], world.env)
  expect(JSON.stringify(jsonOf(audit))).not.toContain('_landfall')
  expect(audit.code).toBe(0)
})

test('that nobody tells of is not seen, and lands all the same', async () => {
  await start()
  const NotificationConfiguration = {}
  const Bucket = world.source
  await world.at.source.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }))
  const [seen, landed] = await canaryFindings('--wait', '4')
  expect(seen).toMatchObject({
    id: 'canary.seen',
    level: 'fail',
    mend: { command: 'landfall doctor --pair documents' },
  })
  expect(landed).toMatchObject({ id: 'canary.landed', level: 'pass' })
})

test('where no event comes at all a look finds that it has landed', async () => {
  await start()
  for (const [{ s3 }, Bucket] of [
    [world.at.source, world.source],
    [world.at.destination, world.destination],
  ] as const)
    await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} }))
  expect(await canaryFindings('--wait', '2')).toMatchObject([
    { level: 'fail' },
    { id: 'canary.landed', level: 'pass' },
    {},
  ])
})

test('the service writes them by itself, and looks at what it rests on; findings are lines of its log', async () => {
  const { ledger, url } = await start({ doctor: { canary: '1m' } })
  await vi.waitFor(async () => expect((await ledger.canary('documents'))?.landedAt).toBeDefined(), { timeout: 20_000 })
  await vi.waitFor(async () => expect((await ledger.counters()).doctorFailed).toBe(0), { timeout: 20_000 })
  const found = log.lines
    .filter(({ message }) => message === 'finding')
    .map(({ ids }) => ids as { finding: FindingDocument })
  expect(found.map(({ finding }) => finding.id)).toContain('landfall.config')
  expect(found[0]!.finding).toMatchObject({ format: 'landfall/finding/1', estate: 'doctor', level: 'warn' })
  expect(log.lines.map(({ message }) => message)).toContain('looked at what landfall rests on')
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toMatch(/landfall_canary_unseen_seconds\{pair="documents"\} 0\n/)
  expect(metrics).toMatch(/landfall_doctor_failed 0\n/)
})
