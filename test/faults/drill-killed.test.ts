/** A drill that is killed leaves a server, or a database, for the next one to remove; one that is told to stop, nothing. */
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { DUMPS_BUCKET, type DumpWorld, startDumpWorld } from '../support/dump-world.ts'
import { landfall, spawnLandfall } from '../support/landfall-process.ts'
import { hasPostgres, MARKETPLACE } from '../support/postgres.ts'

const SLOW = 'SET statement_timeout = 0;\nSELECT pg_sleep(600);\n'
let world: DumpWorld
let temporary = ''

describe.skipIf(!hasPostgres)('a drill under way', () => {
  beforeAll(async () => {
    world = await startDumpWorld(MARKETPLACE)
    temporary = await mkdtemp(join(tmpdir(), 'lf-killed-'))
    // The server's user must get through.
    await chmod(temporary, 0o755)
    const dump = execFileSync('pg_dump', ['--no-acl', '--no-owner', world.database.url]).toString()
    const put = async (name: string, body: string): Promise<void> => {
      await world.s3.send(new PutObjectCommand({ Bucket: DUMPS_BUCKET, Key: `nightly/${name}`, Body: body }))
    }
    await put('nightly-202611010001.sql', dump)
    await put('nightly-202611010002.sql', dump.replace(/^SET statement_timeout = 0;\n/m, SLOW))
  })
  afterAll(async () => {
    await world?.stop()
    await rm(temporary, { recursive: true, force: true })
  })

  const config = async (drill: Readonly<Record<string, unknown>>): Promise<string> =>
    world.config('nightly', { database: undefined, encryption: undefined, compression: 'none', drill })
  const args = (file: string, key: string): string[] => [
    'drill',
    'dump',
    'nightly',
    '--key',
    key,
    '--json',
    '--config',
    file,
    '--out',
    world.folder,
  ]
  const env = (): Record<string, string> => ({ ...world.env, TMPDIR: temporary })

  const databases = async (): Promise<string[]> => {
    const names = await world.database.sql(
      `SELECT datname FROM pg_database WHERE datname LIKE 'landfall\\_drill\\_%' ORDER BY 1`,
    )
    return names === '' ? [] : names.split('\n')
  }
  const roles = async (): Promise<string> =>
    world.database.sql(`SELECT count(*) FROM pg_roles WHERE rolname LIKE 'landfall\\_drill\\_%'`)
  const servers = (): string =>
    execFileSync('ps', ['-eo', 'args'])
      .toString()
      .split('\n')
      .filter((line) => line.includes('postgres') && line.includes(temporary))
      .join('\n')

  /** Resolves when its psql sleeps. */
  async function underWay(file: string, isThere: () => Promise<boolean>) {
    const drill = spawnLandfall({ args: args(file, 'nightly-202611010002.sql'), env: env() })
    const over = drill.ended.then(({ code, stdout, stderr }) => {
      throw new Error(`it ended with ${String(code)}: ${stdout}${stderr}`)
    })
    over.catch(() => {})
    await Promise.race([
      over,
      vi.waitFor(async () => expect(await isThere()).toBe(true), { timeout: 60_000, interval: 100 }),
    ])
    return drill
  }
  const clusterSleeps = async (): Promise<boolean> =>
    (await readdir(temporary)).length > 0 &&
    / landfall_drill_\w+ landfall_drill_\w+ \[local\] SELECT/.test(execFileSync('ps', ['-eo', 'args']).toString())
  const databaseSleeps = async (): Promise<boolean> =>
    (await world.database.sql(
      `SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'landfall\\_drill\\_%' AND query LIKE '%pg_sleep(600)%'`,
    )) !== '0'

  test.each([
    ['a private cluster', {}, clusterSleeps],
    ['a server by its URL', { postgres: { env: 'DATABASE_URL' } }, databaseSleeps],
  ])('%s: killed, the next drill removes what it left', async (_name, drill, sleeps) => {
    const file = await config(drill)
    const first = await underWay(file, sleeps)
    first.kill('SIGKILL')
    await first.ended
    expect((await readdir(temporary)).length + (await databases()).length).toBeGreaterThan(0)

    const next = await landfall({ args: args(file, 'nightly-202611010001.sql'), env: env() })
    expect({ code: next.code, said: next.stdout }).toMatchObject({ code: 0 })
    expect(await readdir(temporary)).toEqual([])
    expect(servers()).toBe('')
    expect(await databases()).toEqual([])
    expect(await roles()).toBe('0')
  })

  test.each([
    ['a private cluster', {}, clusterSleeps],
    ['a server by its URL', { postgres: { env: 'DATABASE_URL' } }, databaseSleeps],
  ])('%s: SIGTERM leaves nothing, and a drill beside it is left alone', async (_name, drill, sleeps) => {
    const file = await config(drill)
    const first = await underWay(file, sleeps)
    const beside = await landfall({ args: args(file, 'nightly-202611010001.sql'), env: env() })
    expect(beside.code).toBe(0)
    expect(await sleeps()).toBe(true)
    first.kill('SIGTERM')
    const ended = await first.ended
    expect(ended).toMatchObject({ code: 130 })
    expect(ended.stdout).toContain('INTERRUPTED')
    expect(await readdir(temporary)).toEqual([])
    expect(servers()).toBe('')
    expect(await databases()).toEqual([])
    expect(await roles()).toBe('0')
  })
})
