/** `landfall dump run` from end to end: what it stores is read back with the tools that docs/dumps.md names. */
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { generateKey } from 'openpgp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { manifestSchema } from '../../src/domain/dump/manifest.ts'
import { manifestKey } from '../../src/domain/dump/name.ts'
import type { DumpMade } from '../../src/workers/dump.ts'
import { findCommand } from '../support/commands.ts'
import { DUMPS_BUCKET, type DumpWorld, startDumpWorld } from '../support/dump-world.ts'
import { landfall } from '../support/landfall-process.ts'
import { hasPostgres, makeDatabase, MARKETPLACE, MARKETPLACE_ROWS } from '../support/postgres.ts'

const execute = promisify(execFile)
const [age, zstd, gpg] = ['age', 'zstd', 'gpg'].map((name) => findCommand(name))
let world: DumpWorld

describe.skipIf(!hasPostgres)('landfall dump run', () => {
  beforeAll(async () => {
    world = await startDumpWorld(MARKETPLACE)
  })
  afterAll(() => world.stop())

  async function run(name: string, dump: Readonly<Record<string, unknown>> = {}, env = world.env): Promise<DumpMade> {
    const configFile = await world.config(name, dump)
    const ended = await landfall({ args: ['dump', 'run', name, '--json', '--config', configFile], env })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    return JSON.parse(ended.stdout.trim().split('\n').at(-1)!) as DumpMade
  }

  async function fetched(key: string): Promise<string> {
    const { Body } = await world.s3.send(new GetObjectCommand({ Bucket: DUMPS_BUCKET, Key: key }))
    const file = join(world.folder, key.replaceAll('/', '_'))
    await writeFile(file, await Body!.transformToByteArray())
    return file
  }

  /** By hand, as docs/dumps.md has it. */
  async function restored(command: string, look: string): Promise<string> {
    const scratch = await makeDatabase()
    try {
      await execute('bash', ['-c', `set -o pipefail; ${command} | psql -X -q -v ON_ERROR_STOP=1 '${scratch.url}'`])
      return await scratch.sql(look)
    } finally {
      await scratch.drop()
    }
  }

  const LOOK = `SELECT count(*) FROM suppliers UNION ALL SELECT count(*) FROM "Odd schema"."order" UNION ALL SELECT count(*) FROM events`

  test('zstd and age: the manifest says what is there, and `age -d | zstd -d | psql` restores it', async () => {
    const made = await run('nightly')
    expect(made.key).toMatch(/^nightly\/nightly-\d{12}\.sql\.zst\.age$/)
    const body = await fetched(manifestKey(made.key))
    const manifest = manifestSchema.parse(JSON.parse((await execute('cat', [body])).stdout))
    expect(manifest).toEqual(made.manifest)
    expect(manifest).toMatchObject({
      dump: 'nightly',
      stage: 'nightly',
      source: { host: '127.0.0.1', port: 5432, database: world.database.name },
      dumpFormat: 'plain',
      compression: 'zstd',
      encryption: { kind: 'age', recipients: [world.recipient] },
      rows: { by: 'stream', tables: MARKETPLACE_ROWS, total: 350 },
      schemaFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    })
    const file = await fetched(made.key)
    const { stdout } = await execute('sha256sum', [file])
    expect(stdout.slice(0, 64)).toBe(manifest.stored.sha256)
    expect(await world.openUploads('nightly/')).toBe(0)
    if (age === undefined || zstd === undefined) return
    const identity = join(world.folder, 'identity')
    await writeFile(identity, world.identity, { mode: 0o600 })
    const plain = `${age} -d -i ${identity} ${file} | ${zstd} -d`
    expect((await execute('bash', ['-c', `set -o pipefail; ${plain} | sha256sum`])).stdout.slice(0, 64)).toBe(
      manifest.plain.sha256,
    )
    expect(await restored(plain, LOOK)).toBe('250\n40\n60')
  })

  test.skipIf(gpg === undefined)("gzip and OpenPGP: today's names, read by `gpg -d | gunzip | psql`", async () => {
    const made = await generateKey({ userIDs: [{ name: 'Backups', email: 'backups@example.org' }] })
    const [publicKey, privateKey] = [join(world.folder, 'public.asc'), join(world.folder, 'private.asc')]
    await writeFile(publicKey, made.publicKey)
    await writeFile(privateKey, made.privateKey)
    const { key, manifest } = await run('production', {
      compression: 'gzip',
      encryption: { openpgp: [publicKey] },
      rows: 'query',
      prefix: 'gpg/',
    })
    expect(key).toMatch(/^gpg\/production-\d{12}\.sql\.gz\.gpg$/)
    expect(manifest.rows).toEqual({ by: 'query', tables: MARKETPLACE_ROWS, total: 350 })
    const home = `${gpg} --homedir ${world.folder} --batch --quiet`
    await execute('chmod', ['700', world.folder])
    await execute('bash', ['-c', `${home} --import ${privateKey}`])
    expect(await restored(`${home} -d ${await fetched(key)} | gunzip`, LOOK)).toBe('250\n40\n60')
    await execute('gpgconf', ['--homedir', world.folder, '--kill', 'gpg-agent']).catch(() => {})
  })

  test('custom format, unencrypted: `pg_restore --list` reads it; rows by query', async () => {
    const { key, manifest } = await run('custom', { format: 'custom', encryption: undefined, rows: 'query' })
    expect(key).toMatch(/^custom\/custom-\d{12}\.dump$/)
    expect(manifest).toMatchObject({ dumpFormat: 'custom', compression: 'none', encryption: { kind: 'none' } })
    expect(manifest.rows!.total).toBe(350)
    const { stdout } = await execute('pg_restore', ['--list', await fetched(key)])
    expect(stdout).toContain('TABLE DATA public suppliers')
  })

  test('a restored schema has the same fingerprint; a changed one has another', async () => {
    const made = await run('first', { encryption: undefined, compression: 'none' })
    const scratch = await makeDatabase()
    try {
      await execute('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', await fetched(made.key), scratch.url])
      const env = { ...world.env, DATABASE_URL: scratch.url }
      const again = await run('second', { rows: 'none' }, env)
      expect(again.manifest.schemaFingerprint).toBe(made.manifest.schemaFingerprint)
      expect(again.manifest.rows).toBeUndefined()
      await scratch.sql('ALTER TABLE suppliers ALTER COLUMN name DROP NOT NULL')
      const changed = await run('third', {}, env)
      expect(changed.manifest.schemaFingerprint).not.toBe(made.manifest.schemaFingerprint)
    } finally {
      await scratch.drop()
    }
  })
})
