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

  test('is made once by three containers; another one begins the next; SIGTERM in its midst leaves nothing', async () => {
    const configFile = await world.config('nightly', { schedule: '* * * * *', compression: 'none' })
    await provisionFor(configFile)
    const containers = await Promise.all(
      [1, 2, 3].map(async () => startLandfall({ configFile, env: world.env }, ['--only', 'dump'])),
    )
    const soon = { timeout: 90_000, interval: 100 }
    const made = () =>
      containers.flatMap((container) =>
        container.log.flatMap(({ msg, key }) => (msg === 'a dump was made' ? [{ container, key: String(key) }] : [])),
      )
    await vi.waitFor(() => expect(made()).toHaveLength(1), soon)
    const { container: maker, key } = made()[0]!
    // The record of its verification may be there too.
    const stored = async () => (await world.objects('nightly/')).filter((name) => !name.endsWith('.verified.json'))
    expect(await stored()).toEqual([key, `${key}.manifest.json`])

    await world.faults({ requests: [{ service: 's3', action: 'UploadPart', latencyMs: 3_000 }] })
    maker.kill('SIGKILL')
    await vi.waitFor(async () => expect(await world.openUploads('nightly/')).toBe(1), soon)
    const others = containers.filter((container) => container !== maker)
    for (const other of others) other.kill('SIGTERM')
    for (const other of others) expect(await other.ended).toMatchObject({ code: 0, stderr: '' })
    expect(made()).toHaveLength(1)
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
