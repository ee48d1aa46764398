/** From manifests on a disk or in a bucket to findings, by the real DuckDB. */
import { createReadStream } from 'node:fs'
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditRules } from '../../../src/domain/audit/classify.ts'
import type { Finding } from '../../../src/domain/audit/finding.ts'
import { NO_LIFECYCLE } from '../../../src/domain/audit/lifecycle.ts'
import { LandfallError } from '../../../src/domain/errors.ts'
import { auditByDuckdb } from '../../../src/inventory/audit.ts'
import { batchRow } from '../../../src/inventory/batch-manifest.ts'
import { loadDuckdb } from '../../../src/inventory/duckdb.ts'
import { loadInventory, type LoadOptions } from '../../../src/inventory/load.ts'
import type { InventoryObjects } from '../../../src/ports.ts'
import { type Listed, writeInventory } from '../../support/inventory-files.ts'

const CREATED = 1_800_000_000_000
const OLD = CREATED - 86_400_000
const LATE = 900_000
const NO_OBJECTS: InventoryObjects = { read: () => Promise.reject(new Error('nothing is in S3')) }

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall 'inventory' [1]-"))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function version(key: string, changes: Partial<Listed> = {}): Listed {
  return {
    key,
    versionId: `v${Buffer.from(key).toString('hex')}`,
    latest: true,
    marker: false,
    size: 5,
    etag: 'e',
    lastModified: OLD,
    replication: 'COMPLETED',
    ...changes,
  }
}

const HOSTILE = ['o\'brien "x".pdf', 'a+b c%2F,d', 'ü\n\u0001\u001b[31m', '=cmd|x', 'null', '\\', '%', '日本/😀']
const SOURCE: readonly Listed[] = [
  ...HOSTILE.map((key) => version(key)),
  ...HOSTILE.map((key) => version(`missing/${key}`)),
  version('size'),
  version('young', { lastModified: CREATED - LATE + 1 }),
  version('late edge', { lastModified: CREATED - LATE }),
  version('never', { replication: undefined }),
  version('replica', { replication: 'REPLICA' }),
  version('unversioned', { versionId: 'null' }),
  version('marked', { latest: false }),
  { ...version('marked'), versionId: 'm', marker: true, size: undefined, etag: undefined, replication: undefined },
  {
    ...version('marker missing'),
    versionId: 'm',
    marker: true,
    size: undefined,
    etag: undefined,
    replication: undefined,
  },
]
const AT_DESTINATION: readonly Listed[] = [
  ...HOSTILE.map((key) => version(key, { replication: 'REPLICA' })),
  version('size', { size: 6 }),
  version('unversioned', { versionId: 'null' }),
  version('marked', { latest: false }),
  { ...version('marked'), versionId: 'm', marker: true, size: undefined, etag: undefined },
  version('extra'),
]
const EXPECTED = [
  ...HOSTILE.map((key) => `missing missing/${key}`),
  'mismatched size',
  'late young',
  'missing late edge',
  'excluded never',
  'excluded replica',
  'missing marker missing',
  'extra extra',
].sort()

function optionsOf(side: 'source' | 'destination', more: Partial<LoadOptions> = {}): LoadOptions {
  return { objects: NO_OBJECTS, pair: 'documents', side, bucket: side, folder, ...more }
}

const rules: AuditRules = {
  policy: { match: 'version', deleteMarkers: true, excludePrefixes: [], lateAfterMs: LATE },
  startedAt: CREATED,
  lifecycle: { source: NO_LIFECYCLE, destination: NO_LIFECYCLE },
}

async function audited(source: string, destination: string, more: Partial<LoadOptions> = {}, prefix?: string) {
  const inventories = {
    source: await loadInventory(source, optionsOf('source', more)),
    destination: await loadInventory(destination, optionsOf('destination', more)),
  }
  const walk = auditByDuckdb(inventories, { temp: folder, memory: '200MB', threads: 1, rules, prefix })
  const findings: Finding[] = []
  for (;;) {
    const next = await walk.next()
    if (next.done === true) return { findings, totals: next.value }
    findings.push(next.value)
  }
}

const named = (findings: readonly Finding[]): string[] => findings.map((one) => `${one.class} ${one.key}`).sort()

describe.each(['CSV', 'Parquet'] as const)('%s', (format) => {
  const both = async () =>
    [
      await writeInventory(folder, SOURCE, { format, bucket: 'source', createdAt: CREATED, files: 3 }),
      await writeInventory(folder, AT_DESTINATION, { format, bucket: 'destination', createdAt: CREATED }),
    ] as const

  test('every class, and keys that are hostile to CSV, SQL, paths and terminals', async () => {
    const { findings, totals } = await audited(...(await both()))
    expect(named(findings)).toEqual(EXPECTED)
    expect(totals).toEqual({ compared: SOURCE.length, matched: HOSTILE.length + 3 })
  })

  test('the same from S3', async () => {
    const [source, destination] = await both()
    const bucket = folder
    const objects: InventoryObjects = {
      read: async ({ key }) => ({
        size: (await readFile(join(bucket, key))).length,
        body: createReadStream(join(bucket, key)),
      }),
    }
    const into = join(folder, 'fetched')
    await mkdir(into)
    const s3 = (path: string): string => `s3://inventories/${path.slice(folder.length + 1)}`
    const { findings } = await audited(s3(source), s3(destination), { objects, folder: into })
    expect(named(findings)).toEqual(EXPECTED)
    expect((await readdir(into)).length).toBe(4)
  })

  test('only a prefix', async () => {
    const { findings, totals } = await audited(...(await both()), {}, "missing/o'")
    expect(named(findings)).toEqual([`missing missing/${HOSTILE[0]}`])
    expect(totals).toEqual({ compared: 1, matched: 0 })
  })

  test('the inventory of an empty bucket', async () => {
    const [source] = await both()
    const empty = await writeInventory(folder, [], { format, bucket: 'destination', createdAt: CREATED, files: 0 })
    const { findings, totals } = await audited(source, empty)
    expect(totals).toEqual({ compared: SOURCE.length, matched: 0 })
    expect(findings.length).toBe(SOURCE.length)
  })
})

test('files beside their manifest, and below --root', async () => {
  const manifest = await writeInventory(folder, SOURCE, { format: 'CSV', bucket: 'source', createdAt: CREATED })
  const moved = join(folder, 'elsewhere', 'manifest.json')
  await mkdir(dirname(moved))
  await rename(manifest, moved)
  await cp(join(folder, 'inventory'), join(folder, 'root', 'inventory'), { recursive: true })
  await rename(join(folder, 'inventory/source/daily/data/0.csv.gz'), join(folder, 'elsewhere', '0.csv.gz'))
  const beside = await loadInventory(moved, optionsOf('source'))
  expect(beside.files).toEqual([join(folder, 'elsewhere', '0.csv.gz')])
  const rooted = await loadInventory(moved, optionsOf('source', { root: join(folder, 'root') }))
  expect(rooted.files).toEqual([join(folder, 'root', 'inventory/source/daily/data/0.csv.gz')])
})

describe('what is not whole is refused', () => {
  const data = 'inventory/source/daily/data/0.csv.gz'
  const write = () => writeInventory(folder, SOURCE, { format: 'CSV', bucket: 'source', createdAt: CREATED })
  const refused = (message: RegExp) =>
    expect.objectContaining({
      code: 'INVENTORY_INCOMPLETE',
      message: expect.stringMatching(message) as string,
    }) as Error

  test.each([
    ['cut off', (path: string) => truncate(path, 20), /has 20 bytes/],
    ['longer', (path: string) => appendFile(path, 'x'), /has \d+ bytes/],
    ['other bytes', async (path: string) => writeFile(path, Buffer.alloc((await readFile(path)).length)), /MD5 is/],
    ['gone', (path: string) => rm(path), /no file for the key/],
  ])('%s', async (_name, spoil, message) => {
    const manifest = await write()
    await spoil(join(folder, data))
    await expect(loadInventory(manifest, optionsOf('source'))).rejects.toThrow(refused(message))
  })

  test.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, 20), /has 20 bytes/],
    ['without end', (bytes: Buffer) => Buffer.concat([bytes, bytes]), /has more bytes/],
    ['other bytes', (bytes: Buffer) => Buffer.alloc(bytes.length), /MD5 is/],
  ])('from S3: %s', async (_name, spoil, message) => {
    await write()
    const objects: InventoryObjects = {
      read: async ({ key }) => {
        const bytes = await readFile(join(folder, key))
        const sent = key.endsWith('.json') ? bytes : spoil(bytes)
        return {
          size: bytes.length,
          async *[Symbol.asyncIterator]() {},
          body: (async function* () {
            yield sent
          })(),
        }
      },
    }
    const load = loadInventory(
      's3://inventories/inventory/source/daily/2026-11-24T01-00Z/manifest.json',
      optionsOf('source', { objects }),
    )
    await expect(load).rejects.toThrow(refused(message))
  })

  test('a key that leads out of the folder', async () => {
    const manifest = await write()
    const text = (await readFile(manifest, 'utf8')).replace(data, '../../../etc/passwd')
    await writeFile(manifest, text)
    await expect(loadInventory(manifest, optionsOf('source'))).rejects.toThrow(refused(/leads elsewhere/))
  })

  test('no manifest', async () => {
    await expect(loadInventory(join(folder, 'none.json'), optionsOf('source'))).rejects.toThrow(refused(/no manifest/))
  })
})

test('a data file that is no inventory ends with the words of DuckDB, not with what they would do to a terminal', async () => {
  const source = await writeInventory(folder, [version('a', { replication: '\u001b[2Jx' })], {
    format: 'CSV',
    bucket: 'source',
    createdAt: CREATED,
  })
  const text = await readFile(source, 'utf8')
  // The columns in another order than the manifest says: a status is no boolean.
  await writeFile(
    source,
    text
      .replace('IsLatest, IsDeleteMarker', 'ReplicationStatus, IsLatest')
      .replace('StorageClass, ReplicationStatus', 'StorageClass, IsDeleteMarker'),
  )
  const destination = await writeInventory(folder, [], {
    format: 'CSV',
    bucket: 'destination',
    createdAt: CREATED,
    files: 0,
  })
  await expect(audited(source, destination)).rejects.toThrow(
    expect.objectContaining({
      code: 'DUCKDB_FAILED',
      message: expect.stringMatching(/^DuckDB: \P{Cc}*\?\[2Jx\P{Cc}*$/u) as string,
    }) as Error,
  )
})

test('an abort ends the join', async () => {
  const manifests = [
    await writeInventory(folder, SOURCE, { format: 'Parquet', bucket: 'source', createdAt: CREATED }),
    await writeInventory(folder, AT_DESTINATION, { format: 'Parquet', bucket: 'destination', createdAt: CREATED }),
  ] as const
  const inventories = {
    source: await loadInventory(manifests[0], optionsOf('source')),
    destination: await loadInventory(manifests[1], optionsOf('destination')),
  }
  const ended = new AbortController()
  const walk = auditByDuckdb(inventories, { temp: folder, memory: '200MB', threads: 1, rules, signal: ended.signal })
  await walk.next()
  ended.abort(new LandfallError('USAGE', 'enough'))
  await expect(walk.next().then(() => walk.next())).resolves.toBeDefined()
  const again = auditByDuckdb(inventories, { temp: folder, memory: '200MB', threads: 1, rules, signal: ended.signal })
  await expect(again.next()).rejects.toThrow('enough')
})

test('where DuckDB is not installed, the error says how to install it', async () => {
  const missing = Object.assign(new Error("Cannot find package '@duckdb/node-api'"), { code: 'ERR_MODULE_NOT_FOUND' })
  await expect(loadDuckdb(() => Promise.reject(missing))).rejects.toMatchObject({
    code: 'DUCKDB_ABSENT',
    hint: expect.stringContaining('npm install @duckdb/node-api') as string,
  })
})

test("the batch manifest's rows", () => {
  const finding: Finding = { class: 'missing', key: 'a b,"c"/\n=1', versionId: 'v1', kind: 'object', why: '' }
  expect(batchRow('documents', finding)).toBe('documents,a%20b%2C%22c%22%2F%0A%3D1,v1\n')
  expect(batchRow('documents', { ...finding, kind: 'marker' })).toBeUndefined()
  expect(batchRow('documents', { ...finding, class: 'mismatched' })).toBeUndefined()
})
