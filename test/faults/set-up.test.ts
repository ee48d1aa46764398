/** From an account, empty or as teams have it, to a service that proves: init, doctor, run, in one estate. */
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, onTestFinished, test, vi } from 'vitest'
import { asItStands } from '../support/estate-found.ts'
import { startRedis } from '../support/estate-world.ts'
import { HOME, initDocument, type InitWorld, SOURCE, startInitWorld } from '../support/init-world.ts'
import { startLandfall } from '../support/landfall-process.ts'
import { jsonOf, runCommand } from '../support/run-command.ts'
import type { StatusReport } from '../../src/domain/status.ts'

const VERSIONS = 30
/** What a set-up alone can't mend: alarms are `alarms apply`'s, the configuration is the person's. */
const NOT_OF_SETUP = /^(?:landfall|redis|dump|clock)\./

interface Found {
  readonly id: string
  readonly level: string
}

async function startSetUp() {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const service = {
    redis: { url: redis.url },
    http: { port: 0 },
    metrics: { every: '1s' },
    intake: { wait: '1s', visibility: '30s' },
    verify: { tick: '100ms' },
  }
  const world = await startInitWorld(initDocument({ service, pair: { firstLook: { min: '200ms', max: '1s' } } }))
  const env = {
    PATH: process.env['PATH'] ?? '',
    AWS_ENDPOINT_URL: world.url,
    AWS_ACCESS_KEY_ID: HOME,
    AWS_SECRET_ACCESS_KEY: 'any',
  }
  return {
    world,
    env,
    async doctor(): Promise<{ readonly code: number; readonly found: readonly Found[] }> {
      const ran = await runCommand(['doctor', '--json', '--config', world.config], env)
      const lines = ran.stdout.trim().split('\n').filter(Boolean)
      const found = lines.map((line) => JSON.parse(line) as Found).filter(({ id }) => !NOT_OF_SETUP.test(id))
      return { code: ran.code, found }
    },
    async landsAll(): Promise<void> {
      await startLandfall({ configFile: world.config, env })
      await write(world)
      await vi.waitFor(
        async () => {
          const ran = await runCommand(['status', '--json', '--config', world.config], env)
          const { equation, pairs } = jsonOf(ran) as StatusReport
          expect(equation).toMatchObject({ received: VERSIONS, open: 0, holds: true })
          expect(pairs[0]!.closed.landed).toBe(VERSIONS)
        },
        { timeout: 30_000, interval: 200 },
      )
    },
  }
}

async function write({ ireland }: InitWorld): Promise<void> {
  for (let n = 0; n < VERSIONS; n += 1) {
    const put = { Bucket: SOURCE, Key: `g-cloud-12/${n % 7}.pdf`, Body: `version ${n}`, Tagging: 'scan=clean' }
    await ireland.s3.send(new PutObjectCommand(put))
  }
}

test('an empty account: init, a doctor with nothing to say, and all that is written lands', async () => {
  const set = await startSetUp()
  expect((await set.doctor()).code).not.toBe(0)
  expect(await set.world.init('apply')).toMatchObject({ code: 0, stderr: '' })
  expect((await set.doctor()).found).toEqual([])
  await set.landsAll()
}, 120_000)

test('an estate as it is found: what its doctor says, init through the topic, and all that is written lands', async () => {
  const set = await startSetUp()
  await asItStands(set.world)
  const before = (await set.doctor()).found
  expect(before.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['replication.rule-v1', 'lifecycle.sooner', 'lifecycle.versions-kept', 'queue.exists']),
  )
  expect(await set.world.init('apply', '--subscribe')).toMatchObject({ code: 0, stderr: '' })
  const after = (await set.doctor()).found
  // What init may not touch is still said; what it made is as it should be.
  expect(after.filter(({ level }) => level === 'fail' || level === 'unknown')).toEqual([])
  expect(after.map(({ id }) => id)).toEqual(expect.arrayContaining(['replication.rule-v1', 'lifecycle.versions-kept']))
  await set.landsAll()
}, 120_000)
