/** A full disk, wherever Landfall or a server of its own writes to one: one clear error, nothing half, and the next run is fine. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Finding } from '../../src/domain/audit/finding.ts'
import type { DrillReport } from '../../src/domain/dump/manifest.ts'
import { openAuditFiles, readCheckpoint } from '../../src/files/audit-files.ts'
import { openFileSpill } from '../../src/files/spill.ts'
import { type CatalogWorld, startCatalogWorld } from '../support/catalog-world.ts'
import { bulk, hasPostgres, makeDatabase } from '../support/postgres.ts'
import { jsonOf, type Ran } from '../support/run-command.ts'
import { hasSmallDisk, makeSmallDisk, type SmallDisk } from '../support/small-disk.ts'

const MIB = 2 ** 20
const NIGHT = Date.UTC(2026, 10, 23, 2)
let world: CatalogWorld
let disk: SmallDisk

const faultOf = (ran: Ran): { readonly code: string; readonly message: string; readonly next: string } =>
  (jsonOf(ran) as { error: { code: string; message: string; next: string } }).error

describe.skipIf(!hasSmallDisk)('a full disk', () => {
  beforeAll(async () => {
    world = await startCatalogWorld({}, { HOME: tmpdir() })
  })
  afterAll(async () => world?.close())
  beforeEach(() => {
    disk = makeSmallDisk(2)
  })
  afterEach(() => disk.remove())

  test('fetch: an error, a part that is gone on with, and the file only when it is whole', async () => {
    const { key, body } = await world.dump(NIGHT, { body: randomBytes(5 * MIB) })
    const args = ['fetch', 'production', '--key', key, '--to', disk.folder, '--json']
    for (let time = 0; time < 2; time += 1) {
      const full = await world.run(...args)
      expect(full.code).toBe(6)
      expect(faultOf(full)).toMatchObject({
        code: 'DISK_FULL',
        message: expect.stringContaining(disk.folder) as string,
        next: expect.stringMatching(/Make room .* run the same command again.*--to/) as string,
      })
      expect(await readdir(disk.folder)).toEqual([expect.stringMatching(/^\..*\.part$/)])
    }
    const [part] = await readdir(disk.folder)
    const came = (await stat(join(disk.folder, part!))).size
    expect(came).toBeGreaterThan(MIB)

    disk.resize(16)
    const done = await world.run(...args)
    expect({ code: done.code, said: done.stdout + done.stderr }).toMatchObject({ code: 0 })
    expect(jsonOf(done)).toMatchObject({ proved: 'sha256', resumedAt: came })
    expect(await readdir(disk.folder)).toEqual([key])
    expect((await readFile(join(disk.folder, key))).equals(body)).toBe(true)
  })

  test("a drill's report: in its bucket nevertheless, and the folder is named", async () => {
    const { key } = await world.dump(NIGHT - 60_000, { body: randomBytes(1024) })
    await world.landed(key)
    await writeFile(join(disk.folder, 'filler'), randomBytes(2 * MIB)).catch(() => {})
    const ran = await world.landfall(
      'drill',
      'replicas',
      '--pair',
      'dumps',
      '--sample',
      '1',
      '--out',
      disk.folder,
      '--json',
    )
    expect(faultOf(ran)).toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining(disk.folder) as string })
    expect(ran.stderr).toContain('the report is at landfall/drills/pairs/dumps/')
  })

  test('fetch --decrypt: what came is kept, what was half decoded is not', async () => {
    const plain = Buffer.from(randomBytes(2 * MIB).toString('hex'))
    const { key } = await world.dump(NIGHT + 60_000, { body: gzipSync(plain) })
    disk.resize(4)
    const args = ['fetch', 'production', '--key', key, '--to', disk.folder, '--decrypt', '--json']
    const full = await world.run(...args)
    expect(faultOf(full)).toMatchObject({ code: 'DISK_FULL' })
    expect(await readdir(disk.folder)).toEqual([expect.stringMatching(/^\..*\.part$/)])
    disk.resize(16)
    expect(await world.run(...args)).toMatchObject({ code: 0 })
    const [name, ...more] = await readdir(disk.folder)
    expect(more).toEqual([])
    expect((await readFile(join(disk.folder, name!))).equals(plain)).toBe(true)
  })

  test('an audit: findings, checkpoint and spill; the checkpoint before stands', async () => {
    const out = join(disk.folder, 'findings.jsonl')
    const checkpoint = join(disk.folder, 'checkpoint')
    const isFull = { code: 'DISK_FULL', message: expect.stringContaining(disk.folder) as string }
    const files = await openAuditFiles<string>({ checkpoint, out })
    const finding = { key: 'k'.repeat(1000), what: 'missing' } as unknown as Finding
    const many = Array.from({ length: 4000 }, () => finding)
    await files.checkpoint('begun')
    await expect(files.write('orders', many)).rejects.toMatchObject(isFull)
    await expect(files.checkpoint('x'.repeat(4 * MIB))).rejects.toMatchObject(isFull)
    const spill = await openFileSpill(disk.folder).catch((error: unknown) => {
      expect(error).toMatchObject(isFull)
    })
    if (spill !== undefined) {
      await expect(spill.write(0, 'x'.repeat(MIB))).rejects.toMatchObject(isFull)
      await spill.end()
    }
    await files.close()
    expect((await readdir(disk.folder)).toSorted()).toEqual(['checkpoint', 'findings.jsonl'])

    disk.resize(16)
    const from = await readCheckpoint<string>(checkpoint)
    expect(from?.state).toBe('begun')
    const again = await openAuditFiles<string>({ checkpoint, out, from })
    await again.write('orders', many)
    await again.done()
    await again.close()
    const lines = (await readFile(out, 'utf8')).trimEnd().split('\n')
    expect(lines).toHaveLength(many.length)
    expect(() => lines.map((line) => JSON.parse(line) as unknown)).not.toThrow()
  })

  describe.skipIf(!hasPostgres)('under the private server of a drill', () => {
    let key = ''

    beforeAll(async () => {
      const database = await makeDatabase(bulk(60))
      try {
        const sql = execFileSync('pg_dump', ['--no-acl', '--no-owner', database.url], { maxBuffer: 2 ** 28 })
        key = 'production-202611240200.sql.gz'
        await world.put(world.bucket, key, gzipSync(sql, { level: 1 }))
        await world.landed(key)
      } finally {
        await database.drop()
      }
    }, 120_000)

    async function drill(): Promise<Ran> {
      world.more['TMPDIR'] = disk.folder
      return world.landfall('drill', 'dump', 'production', '--key', key, '--json')
    }
    const servers = (): string[] =>
      execFileSync('ps', ['-eo', 'args'])
        .toString()
        .split('\n')
        .filter((line) => line.includes(`-D ${disk.folder}`))

    // Tables and the log of their writes grow side by side, the log by 16 MiB at a time: which one ends is in the size.
    test.each([8, 60, 72])(
      'of %i MiB: its disk is full, not the dump bad',
      async (mib) => {
        disk.resize(mib)
        const full = await drill()
        expect({ code: full.code, said: full.stdout }).toMatchObject({ code: 6 })
        expect(faultOf(full)).toMatchObject({
          code: 'DISK_FULL',
          message: expect.stringContaining('scratch server is full') as string,
          next: expect.stringContaining('says nothing about the dump') as string,
        })
        expect(await readdir(disk.folder)).toEqual([])
        expect(servers()).toEqual([])
      },
      120_000,
    )

    test('with room it passes', async () => {
      disk.resize(90)
      expect((await drill()).code).toBe(6)
      disk.resize(600)
      const good = await drill()
      expect({ code: good.code, said: good.stdout + good.stderr }).toMatchObject({ code: 0 })
      expect((jsonOf(good) as DrillReport).verdict).toBe('restored')
      expect(await readdir(disk.folder)).toEqual([])
    }, 120_000)
  })
})
