/**
 * What may go wrong while a dump is made: nothing truncated is ever visible, no upload is left open once the next run is
 * through, the failure is named once with what to do next, and the next run is well.
 */
import { readdir, readFile } from 'node:fs/promises'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { ErrorCode } from '../../src/domain/errors.ts'
import type { DumpMade } from '../../src/workers/dump.ts'
import { DUMPS_BUCKET, type DumpWorld, startDumpWorld } from '../support/dump-world.ts'
import { type Ended, type LandfallProcess, spawnLandfall } from '../support/landfall-process.ts'
import { bulk, hasPostgres } from '../support/postgres.ts'

/** In parts of 8 MiB, four at a time. */
const MIB = 80
/** So that there is a half way. */
const SLOW = { service: 's3', action: 'UploadPart', latencyMs: 1_500 } as const
const GRACE_MS = 30_000
const LEASE_MS = 30_000

let world: DumpWorld

describe.skipIf(!hasPostgres)('a dump that goes wrong', () => {
  beforeAll(async () => {
    world = await startDumpWorld(bulk(MIB))
  })
  afterAll(() => world.stop())
  afterEach(() => world.clearFaults())

  async function start(name: string, dump: Readonly<Record<string, unknown>> = {}): Promise<LandfallProcess> {
    const configFile = await world.config(name, { compression: 'none', ...dump })
    return spawnLandfall({ args: ['dump', 'run', name, '--json', '--config', configFile], env: world.env })
  }

  async function parts(count: number): Promise<void> {
    const before = (await world.totals())['s3']?.['UploadPart'] ?? 0
    await vi.waitFor(
      async () => expect((await world.totals())['s3']?.['UploadPart'] ?? 0).toBeGreaterThanOrEqual(before + count),
      { timeout: 30_000, interval: 50 },
    )
  }

  async function expectNothing(name: string): Promise<void> {
    expect(await world.objects(`${name}/`)).toEqual([])
    expect(await world.openUploads(`${name}/`)).toBe(0)
  }

  function expectFailure(ended: Ended, code: ErrorCode): void {
    expect(ended.stderr).toMatch(new RegExp(`landfall: [^\\n]+\\n  code: ${code}\\n  next: [^\\n]+\\n$`))
    expect(JSON.parse(ended.stdout.trim().split('\n').at(-1)!)).toMatchObject({ error: { code, exit: ended.code } })
    expect(ended.stdout + ended.stderr).not.toContain(world.database.url)
  }

  async function expectWell(name: string, dump: Readonly<Record<string, unknown>> = {}): Promise<DumpMade> {
    const ended = await (await start(name, dump)).ended
    expect(ended.code, ended.stderr).toBe(0)
    const made = JSON.parse(ended.stdout.trim().split('\n').at(-1)!) as DumpMade
    expect(made.manifest.rows).toMatchObject({ tables: { 'public.bulk': MIB * 10_000 } })
    expect(await world.objects(`${name}/`)).toEqual([made.key, `${made.key}.manifest.json`])
    expect(await world.openUploads(`${name}/`)).toBe(0)
    return made
  }

  test('pg_dump is killed half way', async () => {
    await world.faults({ requests: [SLOW] })
    const running = await start('killed-dump')
    await parts(2)
    process.kill(await childOf(running.process.pid!, 'pg_dump'), 'SIGKILL')
    expectFailure(await running.ended, 'DUMP_FAILED')
    await expectNothing('killed-dump')
    await world.clearFaults()
    await expectWell('killed-dump')
  })

  test('the network is cut in mid-upload, and comes back: the dump goes on', async () => {
    await world.faults({ requests: [SLOW] })
    const running = await start('cut')
    await parts(3)
    await world.faults({ requests: [{ service: 's3', action: 'UploadPart', reset: 1 }] })
    await vi.waitFor(() => expect(running.stderr).toContain('a part failed; it is sent again'), { timeout: 20_000 })
    await world.clearFaults()
    const ended = await running.ended
    expect(ended.code, ended.stderr).toBe(0)
    expect(await world.objects('cut/')).toHaveLength(2)
  })

  test('SIGTERM in mid-dump: aborted in order, well within the grace', async () => {
    await world.faults({ requests: [SLOW] })
    const running = await start('sigterm')
    await parts(2)
    const termedAt = performance.now()
    running.kill('SIGTERM')
    const ended = await running.ended
    expect(performance.now() - termedAt).toBeLessThan(GRACE_MS / 3)
    expect(ended.code).toBe(130)
    expectFailure(ended, 'INTERRUPTED')
    await expectNothing('sigterm')
    await world.clearFaults()
    await expectWell('sigterm')
  })

  test('kill -9: the next run waits for the lease, then aborts what was left', async () => {
    await world.faults({ requests: [SLOW] })
    const running = await start('killed')
    await parts(2)
    running.kill('SIGKILL')
    await running.ended
    await world.clearFaults()
    expect(await world.objects('killed/')).toEqual([])
    expect(await world.openUploads('killed/')).toBe(1)
    expectFailure(await (await start('killed')).ended, 'DUMP_RUNNING')
    await vi.waitFor(async () => expect((await expectWell('killed')).leftovers).toBe(1), {
      timeout: LEASE_MS + 20_000,
      interval: 2_000,
    })
  })

  test('a second container at the same dump is told so, and the first goes on', async () => {
    await world.faults({ requests: [SLOW] })
    const first = await start('twice')
    await parts(1)
    expectFailure(await (await start('twice')).ended, 'DUMP_RUNNING')
    const ended = await first.ended
    expect(ended.code, ended.stderr).toBe(0)
    expect(await world.objects('twice/')).toHaveLength(2)
  })

  test('credentials expire in mid-upload: asked for anew, and the dump goes on', async () => {
    await world.faults({ requests: [SLOW] })
    const running = await start('expired')
    await parts(2)
    const roles = (await world.totals())['sts']!['AssumeRole']!
    await world.faults({
      requests: [{ service: 's3', action: 'UploadPart', throttle: 1, status: 400, code: 'ExpiredToken' }],
    })
    await vi.waitFor(async () => expect((await world.totals())['sts']!['AssumeRole']).toBeGreaterThan(roles), {
      timeout: 20_000,
      interval: 20,
    })
    await world.clearFaults()
    const ended = await running.ended
    expect(ended.code, ended.stderr).toBe(0)
    expect(await world.objects('expired/')).toHaveLength(2)
    expect(await world.openUploads('expired/')).toBe(0)
  })

  test('S3 refuses the credentials for good: one clear failure, nothing left', async () => {
    await world.faults({ requests: [SLOW] })
    const running = await start('refused')
    await parts(2)
    await world.faults({
      requests: [{ service: 's3', action: 'UploadPart', throttle: 1, status: 403, code: 'AccessDenied' }],
    })
    expectFailure(await running.ended, 'ACCESS_DENIED')
    await expectNothing('refused')
  })

  test('the object is there already: it stays as it is', async () => {
    const minute = (at: number): string => new Date(at).toISOString().slice(0, 16).replaceAll(/[-:T]/g, '')
    // The next minute's too: the run may begin in it.
    const keys = [Date.now(), Date.now() + 60_000].map((at) => `taken/taken-${minute(at)}.sql.age`)
    for (const Key of keys) await world.s3.send(new PutObjectCommand({ Bucket: DUMPS_BUCKET, Key, Body: 'theirs' }))
    expectFailure(await (await start('taken')).ended, 'DUMP_TAKEN')
    expect(await world.objects('taken/')).toEqual(keys)
    expect(await world.openUploads('taken/')).toBe(0)
  })

  test("the completion's answer is lost: the object is known as our own", async () => {
    await world.faults({ requests: [{ service: 's3', action: 'CompleteMultipartUpload', lose: 1 }] })
    const ended = await (await start('lost')).ended
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stderr).toContain('the answer to the completion was lost')
    const made = JSON.parse(ended.stdout.trim().split('\n').at(-1)!) as DumpMade
    expect(await world.objects('lost/')).toEqual([made.key, `${made.key}.manifest.json`])
    expect(await world.openUploads('lost/')).toBe(0)
  })

  test('no file is written: a disk that is full is none of its business', async () => {
    const before = await readdir(world.folder)
    await world.faults({ requests: [SLOW] })
    const running = await start('no-disk')
    await parts(2)
    const files = await openFiles(running.process.pid!)
    expect(files.filter((file) => file.startsWith('/') && !/^\/(dev|proc|usr|tmp\/w|work)\b/.test(file))).toEqual([])
    expect((await running.ended).code).toBe(0)
    expect((await readdir(world.folder)).filter((file) => !before.includes(file))).toEqual(['no-disk.yaml'])
  })

  test.each([
    ['no server', { database: { env: 'NOWHERE' } }, 'DATABASE_UNREACHABLE'],
    ['no variable', { database: { env: 'UNSET' } }, 'SECRET_MISSING'],
    ['a URL that is none', { database: { env: 'HOME' } }, 'DATABASE_URL_INVALID'],
    ['no such database', { database: { env: 'MISSING' } }, 'DATABASE_REFUSED'],
    ['no key', { encryption: { openpgp: ['/nowhere.asc'] } }, 'DUMP_KEY_INVALID'],
  ] as const)('%s: named at once', async (_, dump, code) => {
    const configFile = await world.config('unset', dump)
    const env = {
      ...world.env,
      NOWHERE: 'postgresql://u:very-secret@127.0.0.1:1/x',
      MISSING: world.database.url.replace(world.database.name, 'nobody_made_this'),
    }
    const running = spawnLandfall({ args: ['dump', 'run', 'unset', '--json', '--config', configFile], env })
    const ended = await running.ended
    expectFailure(ended, code)
    expect(ended.stdout + ended.stderr).not.toContain('very-secret')
    await expectNothing('unset')
  })
})

/** The child of that name; the process' own children alone. */
async function childOf(pid: number, name: string): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number)
  for (const child of children) {
    const command = (await readFile(`/proc/${child}/comm`, 'utf8')).trim()
    const line = await readFile(`/proc/${child}/cmdline`, 'utf8')
    expect(line).not.toContain('postgresql://')
    if (command === name) return child
  }
  throw new Error(`no ${name} below ${pid}`)
}

/** Regular files that a process has open. */
async function openFiles(pid: number): Promise<readonly string[]> {
  const { readlink } = await import('node:fs/promises')
  const names = await readdir(`/proc/${pid}/fd`)
  return Promise.all(names.map(async (name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')))
}
