/** Dumps of a real PostgreSQL, verified, replicated and restored from the replica; and what must not be restored. */
import { execFileSync } from 'node:child_process'
import { access, chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { DrillReport, DumpVerified, ReplicasDrill } from '../../../src/domain/dump/manifest.ts'
import { type CatalogWorld, startCatalogWorld } from '../../support/catalog-world.ts'
import { findCommand } from '../../support/commands.ts'
import { hasPostgres, makeDatabase, MARKETPLACE, type TestDatabase } from '../../support/postgres.ts'
import { jsonOf, type Ran } from '../../support/run-command.ts'

type Drilled = DrillReport & { readonly report: readonly string[] }
interface Verified {
  readonly verified: readonly DumpVerified[]
}

const CHECKS = [
  { name: 'suppliers there', sql: 'SELECT count(*) > 200 FROM public.suppliers;' },
  { name: 'no role beyond need', sql: 'SELECT NOT rolsuper FROM pg_roles WHERE rolname = current_user' },
]

describe.skipIf(!hasPostgres)('dumps, verified and drilled', () => {
  let database: TestDatabase
  let world: CatalogWorld
  let recipient = ''
  /** Of the commands: other tests have theirs in the machine's own. */
  let temporary = ''
  let minute = 0
  /** Of the dump that Landfall made. */
  let ours = ''

  beforeAll(async () => {
    database = await makeDatabase(MARKETPLACE)
    temporary = await mkdtemp(join(tmpdir(), 'lf-drill-'))
    // The server's user must get through.
    await chmod(temporary, 0o755)
    const identity = await generateIdentity()
    recipient = await identityToRecipient(identity)
    world = await startWorld({ encryption: { age: [recipient] }, compression: 'zstd' }, identity)
  }, 60_000)
  afterAll(async () => {
    await world?.close()
    await database?.drop()
    await rm(temporary, { recursive: true, force: true })
  })

  async function startWorld(dump: Readonly<Record<string, unknown>>, identity: string): Promise<CatalogWorld> {
    const settings = {
      identity: { env: 'IDENTITY' },
      database: { env: 'DATABASE_URL' },
      drill: { checks: CHECKS },
      ...dump,
    }
    return startCatalogWorld(settings, {
      PATH: process.env['PATH'] ?? '',
      HOME: tmpdir(),
      TMPDIR: temporary,
      IDENTITY: identity,
      DATABASE_URL: database.url,
      REDIS_URL: inject('redisUrl'),
    })
  }

  /** Each a minute later than the one before. */
  const nameFor = (suffix: string): string => {
    minute += 1
    return `production-20261101${String(Math.floor(minute / 60)).padStart(2, '0')}${String(minute % 60).padStart(2, '0')}${suffix}`
  }

  async function stored(bytes: Buffer, suffix: string, of = world): Promise<string> {
    const key = nameFor(suffix)
    await of.put(of.bucket, key, bytes)
    await of.landed(key)
    return key
  }

  async function leftovers(): Promise<readonly string[]> {
    const names = await database.sql(`SELECT datname FROM pg_database WHERE datname LIKE 'landfall\\_drill\\_%'
      UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE 'landfall\\_drill\\_%'`)
    const folders = await readdir(temporary)
    return [...folders, ...(names === '' ? [] : names.split('\n'))]
  }

  async function refused(key: string, code: string, of = world): Promise<void> {
    const verify = await of.landfall('dump', 'verify', 'production', '--key', key, '--json')
    expect({ code: verify.code, key }).toEqual({ code: 3, key })
    const [record] = (jsonOf(verify) as Verified).verified
    expect(record!.verdict).toBe('failed')
    expect(failures(record!).join('\n')).toContain(code)
    const drill = await of.landfall('drill', 'dump', 'production', '--key', key, '--json')
    expect({ code: drill.code, stderr: drill.stderr }).toMatchObject({ code: 3 })
    const report = jsonOf(drill) as Drilled
    expect(report.verdict).toBe('failed')
    expect(failures(report).join('\n')).toContain(code)
  }

  const failures = ({ checks }: Pick<DrillReport, 'checks'>): string[] =>
    checks.filter(({ result }) => result === 'fail').map(({ check, detail }) => `${check}: ${detail}`)

  const expectGood = (ran: Ran): void =>
    expect({ code: ran.code, said: ran.stdout + ran.stderr }).toMatchObject({ code: 0 })

  test("Landfall's own: dumped, verified, restored from the replica by a private cluster; the page says so", async () => {
    const made = await world.landfall('dump', 'run', 'production', '--json')
    expectGood(made)
    const { key } = jsonOf(made) as { key: string }
    ours = key
    await world.landed(key)
    await world.landed(`${key}.manifest.json`)
    const verify = await world.landfall('dump', 'verify', 'production', '--json')
    expectGood(verify)
    const [record] = (jsonOf(verify) as Verified).verified
    expect(record).toMatchObject({ key, verdict: 'verified', replica: 'same', rows: { 'public.suppliers': 250 } })
    expect(failures(record!)).toEqual([])

    // A lifecycle hides the key at the replica: it is found all the same.
    await world.aws.s3('eu-west-2').send(new DeleteObjectCommand({ Bucket: world.replica, Key: key }))
    const drill = await world.landfall('drill', 'dump', 'production', '--json')
    expectGood(drill)
    const report = jsonOf(drill) as Drilled
    expect(failures(report)).toEqual([])
    expect(report).toMatchObject({
      key,
      verdict: 'restored',
      from: { bucket: world.replica, region: 'eu-west-2' },
      rows: { total: 350, differing: [] },
    })
    const passed = report.checks.filter(({ result }) => result === 'pass').map(({ check }) => check)
    expect(passed).toEqual(
      expect.arrayContaining([
        'rows',
        'schema',
        'stored checksum',
        'plain checksum',
        'check: suppliers there',
        'check: no role beyond need',
      ]),
    )
    const page = await textOf(report.report.at(-1)!.replace(/json$/, 'html'))
    expect(page).toContain('Restored and compared in')
    const listed = jsonOf(await world.landfall('dump', 'list', 'production', '--json')) as {
      dumps: readonly { drill?: unknown }[]
    }
    expect(JSON.stringify(listed)).toContain('restored')
    expect(await leftovers()).toEqual([])
  }, 120_000)

  async function textOf(key: string): Promise<string> {
    const { Body } = await world.aws.s3('eu-west-2').send(new GetObjectCommand({ Bucket: world.snapshots, Key: key }))
    return Body!.transformToString()
  }

  test('made by `pg_dump | gzip | gpg`: verified, and restored into a scratch server named by its URL', async (context) => {
    const gpg = findCommand('gpg')
    context.skip(gpg === undefined, 'no gpg here')
    const home = await makeHome()
    const recipients = ['--homedir', home, '--batch', '--quiet', '--passphrase', '']
    execFileSync(gpg!, [...recipients, '--quick-gen-key', 'Dumps <dumps@example.org>', 'rsa2048', 'encr'])
    const identity = execFileSync(gpg!, [...recipients, '--armor', '--export-secret-keys']).toString()
    const old = await startWorld(
      { database: undefined, drill: { checks: CHECKS, postgres: { env: 'DATABASE_URL' } } },
      identity,
    )
    try {
      const bytes = execFileSync(
        'bash',
        [
          '-c',
          `set -o pipefail; pg_dump --no-acl --no-owner --clean --if-exists '${database.url}' | gzip | gpg --homedir ${home} --batch --trust-model always -q -e -r dumps@example.org`,
        ],
        { maxBuffer: 1 << 26 },
      )
      const key = await stored(bytes, '.sql.gz.gpg', old)
      const verify = await old.landfall('dump', 'verify', 'production', '--json')
      expectGood(verify)
      expect((jsonOf(verify) as Verified).verified[0]).toMatchObject({ key, verdict: 'verified', replica: 'same' })
      const drill = await old.landfall('drill', 'dump', 'production', '--json')
      expectGood(drill)
      expect(jsonOf(drill)).toMatchObject({ key, verdict: 'restored', rows: { total: 350, differing: [] } })
      expect(await leftovers()).toEqual([])

      await refused(await stored(bytes.subarray(0, bytes.length >> 1), '.sql.gz.gpg', old), 'DUMP_', old)
      const changed = Buffer.from(bytes)
      changed[bytes.length >> 1]! ^= 1
      await refused(await stored(changed, '.sql.gz.gpg', old), 'DUMP_CORRUPT', old)
      expect(await leftovers()).toEqual([])
    } finally {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'])
      await rm(home, { recursive: true, force: true })
      await old.close()
    }
  }, 120_000)

  test('custom format, of pg_dump by hand', async () => {
    const bytes = execFileSync('pg_dump', ['--format=custom', database.url], { maxBuffer: 1 << 26 })
    const key = await stored(bytes, '.dump')
    expectGood(await world.landfall('dump', 'verify', 'production', '--key', key, '--json'))
    const drill = await world.landfall('drill', 'dump', 'production', '--key', key, '--json')
    expectGood(drill)
    expect(jsonOf(drill)).toMatchObject({ verdict: 'restored', rows: { total: 350, differing: [] } })
    await refused(await stored(bytes.subarray(0, bytes.length - 40), '.dump'), 'DUMP_TRUNCATED')
    const newer = Buffer.from(bytes)
    // The archive's own version, behind its magic: 1.14 of this one.
    newer[6] = 99
    await refused(await stored(newer, '.dump'), 'DUMP_NEWER')
  }, 120_000)

  test('corrupted, truncated, to another key, from a newer server, with commands of the machine: each by name', async () => {
    const plain = execFileSync('pg_dump', ['--no-acl', '--no-owner', '--clean', '--if-exists', database.url], {
      maxBuffer: 1 << 26,
    })
    const packed = gzipSync(plain)
    const changed = Buffer.from(packed)
    changed[packed.length >> 1]! ^= 1
    await refused(await stored(changed, '.sql.gz'), 'DUMP_CORRUPT')
    await refused(await stored(packed.subarray(0, packed.length - 9), '.sql.gz'), 'DUMP_TRUNCATED')
    await refused(await stored(plain.subarray(0, plain.length - 200), '.sql'), 'DUMP_TRUNCATED')
    const text = plain.toString()
    const newer = text
      .replace(/^-- Dumped from database version .*$/m, '-- Dumped from database version 99.1')
      .replace(/^-- Dumped by pg_dump version .*$/m, '-- Dumped by pg_dump version 99.1')
    await refused(await stored(Buffer.from(newer), '.sql'), 'DUMP_NEWER')

    const other = await startWorld({ encryption: undefined }, await generateIdentity())
    try {
      const { Body } = await world.aws.s3().send(new GetObjectCommand({ Bucket: world.bucket, Key: ours }))
      await refused(
        await stored(Buffer.from(await Body!.transformToByteArray()), '.sql.zst.age', other),
        'DUMP_KEY_WRONG',
        other,
      )
    } finally {
      await other.close()
    }

    const trap = join(tmpdir(), `landfall-trap-${process.pid}`)
    const key = /^\\restrict (\S+)$/m.exec(text)![1]!
    for (const evil of [
      `\\! touch ${trap}\n`,
      `\\unrestrict ${key}\n\\! touch ${trap}\n`,
      `COPY (SELECT 1) TO PROGRAM 'touch ${trap}';\n`,
    ]) {
      const hostile = text.replace('SET statement_timeout', `${evil}SET statement_timeout`)
      const at = await stored(Buffer.from(hostile), '.sql')
      const drill = await world.landfall('drill', 'dump', 'production', '--key', at, '--json')
      expect(drill.code).toBe(3)
      expect(failures(jsonOf(drill) as Drilled).join()).toMatch(
        /RESTORE_FAILED: .*(restricted|unrestrict|must be superuser)/,
      )
    }
    await expect(access(trap)).rejects.toThrow()
    expect(await leftovers()).toEqual([])
  }, 180_000)

  test('extensions, and owners that are not there', async () => {
    const plain = execFileSync('pg_dump', ['--no-acl', '--no-owner', database.url], { maxBuffer: 1 << 26 }).toString()
    const more = plain
      .replace(
        'SET row_security = off;',
        `CREATE SCHEMA ext;\nCREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA ext;\n\n\nCOMMENT ON EXTENSION btree_gist IS 'x';\nSET row_security = off;`,
      )
      .replace(
        /\\unrestrict/,
        'ALTER TABLE public.suppliers OWNER TO nobody_here;\nGRANT ALL ON TABLE public.suppliers TO nobody_here;\n-- PostgreSQL database dump complete\n\\unrestrict',
      )
    const key = await stored(Buffer.from(more), '.sql')
    const drill = await world.landfall('drill', 'dump', 'production', '--key', key, '--json')
    const report = jsonOf(drill) as Drilled
    expect(failures(report)).toEqual([])
    expect(report.checks).toEqual(
      expect.arrayContaining([
        { check: 'restore', result: 'pass', detail: 'by a plain role; extensions btree_gist' },
        expect.objectContaining({ check: 'roles', result: 'pass' }),
      ]),
    )
  }, 60_000)

  test('replicas drawn by chance are read, beside the source and without it', async () => {
    for (const name of ['a', 'b <script>', 'c'] as const) await stored(Buffer.from(`file ${name}`), `.${name}.txt`)
    const args = ['drill', 'replicas', '--pair', 'dumps', '--sample', '5', '--seed', '7', '--json']
    const beside = jsonOf(await world.landfall(...args)) as ReplicasDrill
    expect(beside).toMatchObject({ verdict: 'readable', source: 'compared', seed: 7 })
    expect(beside.sampled.map(({ result }) => result)).toEqual(Array.from({ length: 5 }, () => 'same'))
    const alone = jsonOf(await world.landfall(...args, '--no-source')) as ReplicasDrill
    expect(alone.sampled.map(({ versionId }) => versionId)).toEqual(beside.sampled.map(({ versionId }) => versionId))
    expect(alone).toMatchObject({ verdict: 'readable', source: 'not asked' })
  }, 60_000)

  async function makeHome(): Promise<string> {
    return mkdtemp(join(tmpdir(), 'lf-gpg-'))
  }
})
