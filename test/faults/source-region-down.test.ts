import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { StatusReport } from '../../src/domain/status.ts'
import { startRedis, startWorld } from '../support/estate-world.ts'
import { type Ended, landfall, startLandfall } from '../support/landfall-process.ts'

test('eu-west-1 is down and Redis is gone: status --from-snapshot still lists what is at risk', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const world = await startWorld({ redis })
  onTestFinished(() => world.stop())
  const status = (...more: readonly string[]): Promise<Ended> =>
    landfall({ args: ['status', '--from-snapshot', '--config', world.configFile, ...more], env: world.env })

  await world.setFaults({ replication: { paused: true } })
  const running = await startLandfall(world)
  const traffic = world.traffic({ events: 100, perSecond: 0 })
  await traffic.done
  await vi.waitFor(
    async () => {
      for (const [pair, versions] of traffic.written()) {
        expect((await world.ledger.snapshot(pair)).received).toBe(versions.length)
      }
    },
    { timeout: 20_000, interval: 50 },
  )
  const open = new Set(
    (await Promise.all(world.estate.pairs.map(({ name }) => world.ledger.oldest(name, 1000))))
      .flat()
      .map(({ id }) => id),
  )
  expect(open.size).toBeGreaterThan(80)

  await world.setFaults({ regionsDown: ['eu-west-1'] })
  // Written again meanwhile, from what is left: the region of the sources is no part of it.
  const before = Date.now()
  const read = async (): Promise<StatusReport> =>
    JSON.parse((await status('--json', '--head', '1000')).stdout) as StatusReport
  const report = await vi.waitFor(
    async () => {
      const found = await read()
      expect(Date.parse(found.at)).toBeGreaterThan(before)
      return found
    },
    { timeout: 30_000, interval: 200 },
  )
  redis.process.kill('SIGKILL')
  await once(redis.process, 'exit')
  running.kill('SIGKILL')
  await running.ended

  const last = await read()
  expect(last.equation).toMatchObject({ open: report.equation.open, holds: true })
  const listed = last.pairs.flatMap(({ head }) => head)
  expect(listed.filter(({ id }) => open.has(id)).length).toBe(last.atRisk.versions)
  expect(last.atRisk.versions).toBe(open.size)

  const text = await status()
  expect(text).toMatchObject({ code: 0, stderr: '' })
  expect(text.stdout).toContain(`${last.atRisk.versions} versions`)
  expect(text.stdout).toContain(listed.toSorted((a, b) => a.eventTime - b.eventTime)[0]!.key)
})
