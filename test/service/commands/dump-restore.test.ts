/** `landfall dump restore` and `fetch --decrypt` against a real PostgreSQL, and what `pg_dump | gzip` made. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { manifestOf, recordOf, startCatalogWorld, type CatalogWorld } from '../../support/catalog-world.ts'
import { hasPostgres, makeDatabase, MARKETPLACE, type TestDatabase } from '../../support/postgres.ts'

const AT = Math.floor(Date.now() / 60_000) * 60_000 - 60_000
const ROWS =
  'SELECT (SELECT count(*) FROM suppliers), (SELECT count(*) FROM events), (SELECT count(*) FROM "Odd schema"."order")'

describe.skipIf(!hasPostgres)('restore', () => {
  let source: TestDatabase
  let target: TestDatabase
  let world: CatalogWorld
  let plain: Buffer

  beforeAll(async () => {
    source = await makeDatabase(MARKETPLACE)
    plain = pgDump('--no-acl', '--no-owner', '--clean', '--if-exists')
  })
  afterAll(async () => source.drop())
  beforeEach(async () => {
    target = await makeDatabase()
    world = await startCatalogWorld()
    world.more['TARGET_URL'] = target.url
  })
  afterEach(async () => {
    await world.close()
    await target.drop()
  })

  function pgDump(...args: string[]): Buffer {
    return execFileSync('pg_dump', [...args, source.url], { maxBuffer: 64 * 2 ** 20 })
  }

  test('whole, into an empty database; into one that is not, only by --force', async () => {
    await world.dump(AT, { body: gzipSync(plain) })
    const done = await world.json('restore', 'production', '--to', 'env:TARGET_URL')
    expect(done).toMatchObject({ to: { database: target.name }, key: expect.stringContaining('production-') as string })
    expect(await target.sql(ROWS)).toBe(await source.sql(ROWS))
    await target.sql('DELETE FROM "Odd schema"."order"')
    const again = await world.run('restore', 'production', '--to', 'env:TARGET_URL')
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('DATABASE_NOT_EMPTY') as string })
    expect((await world.run('restore', 'production', '--to', 'env:TARGET_URL', '--force')).code).toBe(0)
    expect(await target.sql(ROWS)).toBe(await source.sql(ROWS))
  })

  test('custom format by pg_restore', async () => {
    const key = `production-${new Date(AT).toISOString().slice(0, 16).replaceAll(/[-:T]/g, '')}.dump`
    const body = pgDump('--format=custom')
    const versionId = await world.put(world.bucket, key, body)
    await world.put(world.bucket, `${key}.verified.json`, JSON.stringify(recordOf(key, versionId, AT, 'verified')))
    await world.json('restore', 'production', '--to', 'env:TARGET_URL')
    expect(await target.sql(ROWS)).toBe(await source.sql(ROWS))
  })

  test.each(['plain', 'custom'] as const)(
    'bytes that are not those of the manifest: %s, nothing is there',
    async (format) => {
      const body = format === 'plain' ? gzipSync(plain) : pgDump('--format=custom')
      const suffix = format === 'plain' ? 'sql.gz' : 'dump'
      const key = `production-${new Date(AT).toISOString().slice(0, 16).replaceAll(/[-:T]/g, '')}.${suffix}`
      const versionId = await world.put(world.bucket, key, body)
      const manifest = manifestOf(key, versionId, AT, body)
      const stored = { ...manifest.stored, sha256: createHash('sha256').update('other').digest('hex') }
      await world.put(world.bucket, `${key}.manifest.json`, JSON.stringify({ ...manifest, stored }))
      const ran = await world.run('restore', 'production', '--key', key, '--to', 'env:TARGET_URL')
      expect(ran.stderr).toContain('DUMP_DIFFERS')
      expect(ran.code).toBe(1)
      expect(await target.sql(`SELECT count(*) FROM pg_class WHERE relname = 'suppliers'`)).toBe('0')
    },
  )

  test('SQL that fails half way, and a stream that is cut off: nothing is there', async () => {
    const end = plain.lastIndexOf('-- PostgreSQL database dump complete')
    const broken = Buffer.concat([plain.subarray(0, end), Buffer.from('\nSELECT 1/0;\n'), plain.subarray(end)])
    await world.dump(AT, { body: gzipSync(broken) })
    const ran = await world.run('restore', 'production', '--to', 'env:TARGET_URL')
    expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining('division by zero') as string })
    await world.dump(AT + 60_000, { body: gzipSync(plain).subarray(0, -40) })
    const cut = await world.run('restore', 'production', '--to', 'env:TARGET_URL')
    expect(cut.stderr).toContain('DUMP_TRUNCATED')
    expect(await target.sql(`SELECT count(*) FROM pg_class WHERE relname = 'suppliers'`)).toBe('0')
  })

  test.each(['', '\\unrestrict KEY\n'])(
    'a command of the machine that somebody put into a dump is not run: nothing is there (%j)',
    async (before) => {
      const key = /^\\restrict (\S+)$/m.exec(plain.toString())?.[1] ?? ''
      const mark = join(world.folder, 'was-here')
      const evil = `${before.replace('KEY', key)}\\! touch ${mark}\n`
      const body = plain.toString().replace('SET statement_timeout', `${evil}SET statement_timeout`)
      await world.dump(AT, { body: gzipSync(Buffer.from(body)) })
      const ran = await world.run('restore', 'production', '--to', 'env:TARGET_URL')
      expect(ran).toMatchObject({ code: 3, stderr: expect.stringContaining('RESTORE_FAILED') as string })
      await expect(readFile(mark)).rejects.toThrow('ENOENT')
      expect(await target.sql(`SELECT count(*) FROM pg_class WHERE relname = 'suppliers'`)).toBe('0')
    },
  )

  test('a URL on the command line is refused, and the secret of a variable is in no message', async () => {
    await world.dump(AT, { body: gzipSync(plain) })
    expect(await world.run('restore', 'production', '--to', target.url)).toMatchObject({ code: 2 })
    world.more['TARGET_URL'] = 'postgresql://ann:hunter2@127.0.0.1:1/x'
    const ran = await world.run('restore', 'production', '--to', 'env:TARGET_URL')
    expect(ran.code).toBe(4)
    expect(ran.stderr + ran.stdout).not.toContain('hunter2')
  })

  test('fetch --decrypt: as pg_dump wrote it', async () => {
    const { key } = await world.dump(AT, { body: gzipSync(plain) })
    const got = (await world.json('fetch', 'production', '--decrypt', '--to', `${world.folder}/`)) as { path: string }
    expect(got.path).toBe(join(world.folder, key.replace('.gz', '')))
    expect(await readFile(got.path)).toEqual(gunzipSync(gzipSync(plain)))
  })
})
