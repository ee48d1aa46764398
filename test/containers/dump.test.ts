/** Dumps and drills as one-shot containers: PostgreSQL in one, the backups account in the sandbox. */
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CreateBucketCommand, GetObjectCommand } from '@aws-sdk/client-s3'
import { GenericContainer, Wait } from 'testcontainers'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { freePort } from '../../src/demo/redis-server.ts'
import { ERRORS } from '../../src/domain/errors.ts'
import { SNAPSHOT_BUCKET } from '../support/estate-file.ts'
import { ACCOUNT } from '../support/local-aws.ts'
import { clientsFor } from '../support/sandbox.ts'
import { DUMPS_BUCKET, type DumpWorld, startDumpWorld } from '../support/dump-world.ts'
import { MARKETPLACE, MARKETPLACE_ROWS } from '../support/postgres.ts'
import { docker, type Said } from './docker.ts'

const images = inject('images')
const PASSWORD = 'of-a-test-alone'
/** Debian's server, made and run by the user of the image. */
const SERVER = `set -e; cd /tmp; echo ${PASSWORD} > password; bin=$(echo /usr/lib/postgresql/*/bin)
$bin/initdb -D data -U postgres --auth=scram-sha-256 --pwfile=password > /dev/null
echo 'host all all all scram-sha-256' >> data/pg_hba.conf
exec $bin/postgres -D data -k /tmp -c listen_addresses='*'`

describe.skipIf(images === undefined)('dumps and drills in containers', () => {
  let world: DumpWorld
  let configFile: string
  const undo: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    const port = await freePort()
    const postgres = await new GenericContainer(images!.drill)
      .withEntrypoint(['bash', '-c', SERVER])
      .withCommand([])
      .withExposedPorts({ container: 5432, host: port })
      .withHealthCheck({ test: ['CMD', 'true'] })
      .withWaitStrategy(Wait.forLogMessage('database system is ready to accept connections'))
      .start()
    const id = postgres.getId()
    undo.push(async () => docker('rm', '--force', id))
    const sql = async (text: string): Promise<string> => {
      const psql = ['psql', '-At', '-q', '-v', 'ON_ERROR_STOP=1', '-h', '/tmp', '-U', 'postgres', '-c', text]
      const { code, stdout, stderr } = await docker('exec', '--env', `PGPASSWORD=${PASSWORD}`, id, ...psql)
      if (code !== 0) throw new Error(stderr)
      return stdout.trim()
    }
    await sql(MARKETPLACE)
    const url = `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`
    world = await startDumpWorld({ name: 'postgres', url, sql, drop: async () => {} })
    undo.push(() => world.stop())
    const london = clientsFor(world.sandboxUrl, { account: ACCOUNT, region: 'eu-west-2' })
    // Where a drill's report goes.
    await london.s3.send(
      new CreateBucketCommand({
        Bucket: SNAPSHOT_BUCKET,
        CreateBucketConfiguration: { LocationConstraint: 'eu-west-2' },
      }),
    )
    london.destroy()
    await writeFile(join(world.folder, 'identity'), `${world.identity}\n`, { mode: 0o644 })
    configFile = await world.config('nightly', { identity: { file: '/run/secrets/identity' } })
    // The container's user is another than this one.
    await chmod(configFile, 0o644)
  })
  afterAll(async () => {
    for (const step of undo.toReversed()) await step()
  })

  /** As a one-shot task: read-only, with a /tmp, its secrets mounted and in variables. */
  async function landfall(image: string, ...args: readonly string[]): Promise<Said> {
    const { PATH: _PATH, HOME: _HOME, ...env } = world.env
    const hardened = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
    const mounts = [
      `${configFile}:/etc/landfall/landfall.yaml:ro`,
      `${join(world.folder, 'identity')}:/run/secrets/identity:ro`,
    ]
    return docker(
      'run',
      '--rm',
      '--network',
      'host',
      ...hardened,
      ...Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...mounts.flatMap((mount) => ['--volume', mount]),
      image,
      ...args,
    )
  }

  test('an image without PostgreSQL says so, and makes nothing', async () => {
    const { code, stderr } = await landfall(images!.slim, 'dump', 'run', 'nightly')
    expect({ code, stderr }).toMatchObject({ code: ERRORS.PG_CLIENT_ABSENT.exit })
    expect(stderr).toContain('PG_CLIENT_ABSENT')
    expect(await world.objects('nightly/')).toEqual([])
  })

  test('a dump goes encrypted to the backups account, is read back, and restored on a server of its own', async () => {
    const made = await landfall(images!.production, 'dump', 'run', 'nightly', '--json')
    expect(made, made.stderr + made.stdout).toMatchObject({ code: 0 })
    const keys = await world.objects('nightly/')
    expect(keys).toHaveLength(2)
    const [key] = keys.filter((name) => !name.endsWith('.json'))
    const stored = await world.s3.send(new GetObjectCommand({ Bucket: DUMPS_BUCKET, Key: key! }))
    expect(await stored.Body!.transformToString('latin1')).toMatch(/^age-encryption\.org\/v1\n/)

    const read = await landfall(images!.production, 'dump', 'verify', 'nightly', '--json')
    expect(read, read.stderr + read.stdout).toMatchObject({ code: 0 })

    const unfit = await landfall(images!.production, 'drill', 'dump', 'nightly')
    expect(unfit.stderr).toContain('SCRATCH_UNFIT')
    expect(unfit.code).toBe(ERRORS.SCRATCH_UNFIT.exit)

    const restored = await landfall(images!.drill, 'drill', 'dump', 'nightly', '--json')
    expect(restored, restored.stderr + restored.stdout).toMatchObject({ code: 0 })
    const rows = Object.values(MARKETPLACE_ROWS).reduce((sum, count) => sum + count, 0)
    expect(restored.stdout).toContain(`${rows}`)
  })
})
