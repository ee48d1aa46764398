/** The service finds out by itself whether a dump is good: what it meets at its start, and what arrives. */
import { execFileSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { makeAws } from '../../src/aws/clients.ts'
import { provision } from '../../src/aws/provision.ts'
import { pointAtSandbox } from '../../src/config/environment.ts'
import { loadEstate } from '../../src/config/load.ts'
import { DUMPS_BUCKET, type DumpWorld, startDumpWorld } from '../support/dump-world.ts'
import { type LandfallProcess, startLandfall } from '../support/landfall-process.ts'
import { ACCOUNT } from '../support/local-aws.ts'
import { recordingLog } from '../support/log.ts'
import { hasPostgres, MARKETPLACE } from '../support/postgres.ts'

let world: DumpWorld

describe.skipIf(!hasPostgres)('dumps that others make', () => {
  beforeAll(async () => {
    world = await startDumpWorld(MARKETPLACE)
  })
  afterAll(() => world.stop())

  const put = async (key: string, body: Buffer): Promise<void> => {
    await world.s3.send(new PutObjectCommand({ Bucket: DUMPS_BUCKET, Key: key, Body: body }))
  }
  const said = async (service: LandfallProcess, message: string, key: string): Promise<void> => {
    await vi.waitFor(
      () => expect(service.log.filter(({ msg }) => msg === message).map((line) => line['key'])).toContain(key),
      { timeout: 90_000, interval: 100 },
    )
  }

  test('are verified: those that are there, and those that arrive; a broken one is told of once', async () => {
    const configFile = await world.config('nightly', {
      database: undefined,
      encryption: undefined,
      compression: 'gzip',
      drill: { schedule: '* * * * *' },
    })
    pointAtSandbox(world.sandboxUrl, ACCOUNT)
    const estate = await loadEstate({ path: configFile, env: {} })
    const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
    await provision({ estate, aws })
    aws.close()
    const dump = gzipSync(execFileSync('pg_dump', ['--no-acl', '--no-owner', world.database.url]))
    await put('nightly/nightly-202611010001.sql.gz', dump)

    const service = await startLandfall({ configFile, env: world.env }, ['--only', 'intake,dump'])
    await said(service, 'a dump was verified', 'nightly/nightly-202611010001.sql.gz')
    await said(service, 'a dump was restored by a drill', 'nightly/nightly-202611010001.sql.gz')
    await put('nightly/nightly-202611010002.sql.gz', dump.subarray(0, dump.length - 20))
    await said(service, 'a dump is not what it must be', 'nightly/nightly-202611010002.sql.gz')
    await put('nightly/nightly-202611010003.sql.gz', dump)
    await said(service, 'a dump was verified', 'nightly/nightly-202611010003.sql.gz')
    service.kill('SIGTERM')
    expect(await service.ended).toMatchObject({ code: 0 })
    expect(service.log.filter(({ msg }) => msg === 'a dump is not what it must be')).toHaveLength(1)
  })
})
