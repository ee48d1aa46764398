import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { makeAws } from '../../src/aws/clients.ts'
import { provision } from '../../src/aws/provision.ts'
import { pointAtSandbox } from '../../src/config/environment.ts'
import { loadEstate } from '../../src/config/load.ts'
import { type DumpWorld, startDumpWorld } from '../support/dump-world.ts'
import { ACCOUNT } from '../support/local-aws.ts'
import { recordingLog } from '../support/log.ts'
import { startLandfall } from '../support/landfall-process.ts'
import { bulk, hasPostgres } from '../support/postgres.ts'

let world: DumpWorld

describe.skipIf(!hasPostgres)('a dump that has a schedule', () => {
  beforeAll(async () => {
    world = await startDumpWorld(bulk(80))
  })
  afterAll(() => world.stop())

  test('is made once by three containers, and still when its maker is killed', async () => {
    const configFile = await world.config('shared', { schedule: '* * * * *', compression: 'none' })
    await provisionFor(configFile)
    const containers = await Promise.all(
      [1, 2, 3].map(async () => startLandfall({ configFile, env: world.env }, ['--only', 'dump'])),
    )
    const made = (): { readonly by: number; readonly key: string }[] =>
      containers.flatMap(({ log }, by) =>
        log.flatMap(({ msg, key }) => (msg === 'a dump was made' ? [{ by, key: String(key) }] : [])),
      )
    const untilMade = async (count: number): Promise<void> =>
      vi.waitFor(() => expect(made().length).toBeGreaterThanOrEqual(count), { timeout: 90_000, interval: 100 })

    await untilMade(1)
    const { by } = made()[0]!
    containers[by]!.kill('SIGKILL')
    await untilMade(2)

    // One a minute, which its name has, and no other object.
    const keys = made().map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
    expect(made().at(-1)!.by).not.toBe(by)
    const stored = (await world.objects('shared/')).filter((key) => !key.endsWith('.json'))
    expect(stored.toSorted()).toEqual(keys.toSorted())
    for (const [index, container] of containers.entries()) if (index !== by) container.kill('SIGTERM')
    for (const { log } of containers) expect(log.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('is made by the service; SIGTERM in its midst leaves nothing', async () => {
    const configFile = await world.config('nightly', { schedule: '* * * * *', compression: 'none' })
    await provisionFor(configFile)
    const only = ['--only', 'dump']
    const first = await startLandfall({ configFile, env: world.env }, only)
    const made = await vi.waitFor(
      () => {
        const line = first.log.find(({ msg }) => msg === 'a dump was made')
        expect(line).toBeDefined()
        return line!
      },
      { timeout: 90_000, interval: 100 },
    )
    // The record of its verification may be there too.
    const stored = async () => (await world.objects('nightly/')).filter((key) => !key.endsWith('.verified.json'))
    expect(await stored()).toEqual([made['key'], `${String(made['key'])}.manifest.json`])

    await world.faults({ requests: [{ service: 's3', action: 'UploadPart', latencyMs: 3_000 }] })
    await vi.waitFor(async () => expect(await world.openUploads('nightly/')).toBe(1), {
      timeout: 90_000,
      interval: 100,
    })
    first.kill('SIGTERM')
    const ended = await first.ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(await stored()).toHaveLength(2)
    expect(await world.openUploads('nightly/')).toBe(0)
  })
})

async function provisionFor(configFile: string): Promise<void> {
  pointAtSandbox(world.sandboxUrl, ACCOUNT)
  const estate = await loadEstate({ path: configFile, env: {} })
  const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
  await provision({ estate, aws })
  aws.close()
}
