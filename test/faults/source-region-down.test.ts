import { once } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { StatusReport } from '../../src/domain/status.ts'
import { type EstateWorld, startRedis, startWorld } from '../support/estate-world.ts'
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
  await world.setFaults({ regionsDown: ['eu-west-1'] })
  const downAt = Date.now()
  const read = async (): Promise<StatusReport> =>
    JSON.parse((await status('--json', '--head', '1000')).stdout) as StatusReport
  // Written again since, from what is left: the region of the sources is no part of it.
  const atRisk = await vi.waitFor(
    async () => {
      const [report, open] = await Promise.all([read(), openIds(world)])
      expect(Date.parse(report.at)).toBeGreaterThan(downAt)
      expect(idsOf(report)).toEqual(open)
      return open
    },
    { timeout: 40_000, interval: 200 },
  )
  expect(atRisk.length).toBeGreaterThan(80)
  redis.process.kill('SIGKILL')
  await once(redis.process, 'exit')
  running.kill('SIGKILL')
  await running.ended

  const last = await read()
  expect(last.equation).toMatchObject({ open: atRisk.length, holds: true })
  expect(last.atRisk.versions).toBe(atRisk.length)
  expect(idsOf(last)).toEqual(atRisk)

  const text = await status()
  expect(text).toMatchObject({ code: 0, stderr: '' })
  expect(text.stdout).toContain(`${last.atRisk.versions} versions`)
  for (const { head } of last.pairs) expect(text.stdout).toContain(head[0]!.key)
})

async function openIds({ estate, ledger }: EstateWorld): Promise<readonly string[]> {
  const open = await Promise.all(estate.pairs.map(({ name }) => ledger.oldest(name, 1000)))
  return open
    .flat()
    .map(({ id }) => id)
    .sort()
}

function idsOf({ pairs }: StatusReport): readonly string[] {
  return pairs
    .flatMap(({ head }) => head)
    .map(({ id }) => id)
    .sort()
}
