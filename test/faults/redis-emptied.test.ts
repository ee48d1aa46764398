/** FLUSHALL, or a lost volume: what was at risk is still told, and by which command. */
import { Redis } from 'ioredis'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startApp } from '../../src/app.ts'
import type { StatusReport } from '../../src/domain/status.ts'
import { startWorld } from '../support/estate-world.ts'
import { recordingLog } from '../support/log.ts'
import { jsonOf, runCommand } from '../support/run-command.ts'

test('an emptied Redis begins another ledger; the open list of the one before stays in S3', async () => {
  const world = await startWorld()
  onTestFinished(() => world.stop())
  const { estate, env: environment, configFile } = world
  const env = { ...environment, LANDFALL_CONFIG: configFile }
  await world.setFaults({ replication: { paused: true } })
  const first = await startApp({ estate, pathStyle: true, log: recordingLog() })
  await world.traffic({ events: 40, perSecond: 200 }).done
  await vi.waitFor(async () => expect((await first.gather({ head: 0 })).atRisk.versions).toBeGreaterThan(20), {
    timeout: 30_000,
    interval: 200,
  })
  // The last snapshot is written on the way out.
  await first.stop()
  const before = jsonOf(await runCommand(['status', '--from-snapshot', '--json'], env)) as StatusReport

  const redis = new Redis(world.redis.url)
  await redis.flushall()
  redis.disconnect()

  const log = recordingLog()
  const second = await startApp({ estate, pathStyle: true, log })
  await second.stop()
  const told = log.lines.filter(({ level, message }) => level === 'error' && message.includes('Redis was emptied'))
  expect(told).toHaveLength(1)
  const { stdout } = await runCommand(['status'], env)
  const { id } = before.identity!
  expect(stdout).toContain(`the one before had ${before.atRisk.versions} versions at risk:\n`)
  expect(stdout).toContain(`\`landfall status --from-snapshot --ledger ${id}\` lists it`)
  const kept = jsonOf(await runCommand(['status', '--from-snapshot', '--ledger', id, '--json'], env)) as StatusReport
  expect(kept).toEqual(before)
  expect(await runCommand(['status', '--from-snapshot', '--ledger', 'f00'], env)).toMatchObject({ code: 6 })
  expect(await runCommand(['status', '--ledger', id], env)).toMatchObject({ code: 2 })
})
