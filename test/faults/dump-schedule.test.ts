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

  test('is made by the service; SIGTERM in its midst leaves nothing', async () => {
    const configFile = await world.config('nightly', { schedule: '* * * * *', compression: 'none' })
    pointAtSandbox(world.sandboxUrl, ACCOUNT)
    const estate = await loadEstate({ path: configFile, env: {} })
    const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
    await provision({ estate, aws })
    aws.close()
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
    expect(await world.objects('nightly/')).toEqual([made['key'], `${String(made['key'])}.manifest.json`])

    await world.faults({ requests: [{ service: 's3', action: 'UploadPart', latencyMs: 3_000 }] })
    await vi.waitFor(async () => expect(await world.openUploads('nightly/')).toBe(1), {
      timeout: 90_000,
      interval: 100,
    })
    first.kill('SIGTERM')
    const ended = await first.ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(await world.objects('nightly/')).toHaveLength(2)
    expect(await world.openUploads('nightly/')).toBe(0)
  })
})
