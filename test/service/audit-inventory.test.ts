/** `landfall audit --inventory` says what `landfall audit` says of the same buckets: from this disk, and from S3. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketReplicationCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import type { Finding } from '../../src/domain/audit/finding.ts'
import { estateDocument, writeEstateFile } from '../support/estate-file.ts'
import { type Listed, writeInventory } from '../support/inventory-files.ts'
import { type Ended, landfall } from '../support/landfall-process.ts'
import { ACCOUNT, type LocalAws, ROLE, startLocalAws, v1Rule } from '../support/local-aws.ts'
import { controlOf } from '../support/sandbox.ts'

const SOURCE = 'audited-source'
const DESTINATION = 'audited-destination'
const KEYS = ['a', 'b/c d+e', 'ü/日本', 'o\'brien,"x".pdf', '=1+1', 'line\nbreak', '%2F']
const REGIONS = { source: 'eu-west-1', destination: 'eu-west-2' } as const

const WAIT = { timeout: 20_000, interval: 20 }

let aws: LocalAws
let folder = ''
let config = ''

beforeAll(async () => {
  aws = await startLocalAws()
  folder = await mkdtemp(join(tmpdir(), 'landfall-audit-inventory-'))
  const redis = { url: inject('redisUrl'), cluster: false, durability: 'window' }
  const document = estateDocument({ redisUrl: redis.url, service: { redis } })
  const [pair] = document.pairs
  config = await writeEstateFile(join(folder, 'landfall.yaml'), {
    ...document,
    pairs: [
      {
        ...pair,
        name: `audited-${process.pid}`,
        source: { ...pair!.source, bucket: SOURCE },
        destination: { ...pair!.destination, bucket: DESTINATION },
        late: '1s',
      },
    ],
  })
  await fill()
}, 60_000)

afterAll(async () => {
  await aws.close()
  await rm(folder, { recursive: true, force: true })
})

/** Everything that may befall a version, short of what a listing cannot show. */
async function fill(): Promise<void> {
  await aws.bucket(SOURCE, REGIONS.source)
  await aws.bucket(DESTINATION, REGIONS.destination)
  const s3 = aws.s3(REGIONS.source)
  const put = async (Key: string, Body = 'body') =>
    (await s3.send(new PutObjectCommand({ Bucket: SOURCE, Key, Body }))).VersionId!
  await put('before the rule')
  const ReplicationConfiguration = { Role: ROLE, Rules: [v1Rule(DESTINATION)] }
  await s3.send(new PutBucketReplicationCommand({ Bucket: SOURCE, ReplicationConfiguration }))
  for (const key of KEYS) {
    await put(key)
    await put(`lost/${key}`)
    const middle = await put(`history/${key}`, '1')
    await put(`history/${key}`, '22')
    await s3.send(new DeleteObjectCommand({ Bucket: SOURCE, Key: `history/${key}` }))
    await landed(`history/${key}`, middle)
  }
  await aws.faults({ replication: { corrupt: { share: 1, how: 'truncated' } } })
  await landed('short', await put('short', 'a body that is cut'))
  await aws.faults({ replication: { fail: [{ share: 1, reasons: ['DstKmsKeyNotFound'] }] } })
  await failed('failed', await put('failed'))
  await controlOf(aws.sandbox.url).clearFaults()
  await landed('last', await put('last'))
  const london = aws.s3(REGIONS.destination)
  for (const { key, versionId } of await listed(london, DESTINATION)) {
    if (key.startsWith('lost/'))
      await london.send(new DeleteObjectCommand({ Bucket: DESTINATION, Key: key, VersionId: versionId }))
  }
  await london.send(new PutObjectCommand({ Bucket: DESTINATION, Key: 'extra', Body: 'x' }))
  // Times have whole seconds, and nothing that is younger than the pair's late limit is judged.
  await sleep(2100)
}

async function landed(key: string, versionId: string): Promise<void> {
  await vi.waitFor(async () => expect(await aws.head(DESTINATION, key, versionId), key).toBeDefined(), WAIT)
}

async function failed(key: string, versionId: string): Promise<void> {
  const status = async () => (await aws.head(SOURCE, key, versionId))?.ReplicationStatus
  await vi.waitFor(async () => expect(await status()).toBe('FAILED'), WAIT)
}

/** The bucket as S3 Inventory would list it. */
async function listed(s3: S3Client, bucket: string): Promise<readonly Listed[]> {
  const { Versions: versions = [], DeleteMarkers: markers = [] } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: bucket, EncodingType: 'url' }),
  )
  const plain = (key: string | undefined): string => decodeURIComponent((key ?? '').replaceAll('+', ' '))
  const rows = versions.map(async ({ Key, VersionId, IsLatest, Size, ETag, LastModified }): Promise<Listed> => {
    const key = plain(Key)
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId }))
    return {
      key,
      versionId: VersionId!,
      latest: IsLatest === true,
      marker: false,
      size: Size,
      etag: ETag?.replaceAll('"', ''),
      lastModified: LastModified!.getTime(),
      replication: head.ReplicationStatus,
    }
  })
  return [
    ...(await Promise.all(rows)),
    ...markers.map(({ Key, VersionId, IsLatest, LastModified }) => ({
      key: plain(Key),
      versionId: VersionId!,
      latest: IsLatest === true,
      marker: true,
      lastModified: LastModified!.getTime(),
    })),
  ]
}

async function inventories(format: 'CSV' | 'Parquet'): Promise<readonly string[]> {
  const write = async (bucket: string, region: string) =>
    writeInventory(folder, await listed(aws.s3(region), bucket), { format, bucket, createdAt: Date.now(), files: 2 })
  return [await write(SOURCE, REGIONS.source), await write(DESTINATION, REGIONS.destination)]
}

async function audit(...args: readonly string[]): Promise<Ended> {
  return landfall({
    args: ['audit', '--config', config, ...args],
    env: {
      PATH: process.env['PATH'] ?? '',
      AWS_ENDPOINT_URL: aws.sandbox.url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: 'sandbox',
      AWS_EC2_METADATA_DISABLED: 'true',
      TMPDIR: folder,
    },
  })
}

let runs = 0
async function findings(...args: readonly string[]) {
  runs += 1
  const out = join(folder, `${runs}.jsonl`)
  const ended = await audit('--out', out, '--json', ...args)
  expect(ended.code, ended.stderr).toBe(3)
  const lines = (await readFile(out, 'utf8')).trimEnd().split('\n')
  const found = lines.map((line) => JSON.parse(line) as Finding)
  const { pairs } = JSON.parse(ended.stdout.trimEnd().split('\n').at(-1)!) as {
    pairs: { counts: object; how: string; booked?: object }[]
  }
  expect(await leftovers()).toEqual([])
  return { found: found.sort(byName), summary: pairs[0]!, stderr: ended.stderr }
}

function byName(one: Finding, other: Finding): number {
  const [a, b] = [one, other].map((finding) => JSON.stringify([finding.key, finding.versionId, finding.class]))
  return a! < b! ? -1 : 1
}

async function leftovers(): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('landfall-inventory-'))
}

test.each(['CSV', 'Parquet'] as const)(
  '%s: the same findings and counts as by listing',
  async (format) => {
    const manifests = await inventories(format)
    const byListing = await findings()
    const byInventory = await findings('--inventory', manifests.join(','))
    expect(byInventory.found).toEqual(byListing.found)
    expect(byInventory.summary.counts).toEqual(byListing.summary.counts)
    expect(byInventory.summary.how).toBe('inventory')
    const classes = new Set(byInventory.found.map((finding) => finding.class))
    expect([...classes].sort()).toEqual(['excluded', 'extra', 'mismatched', 'missing'])
  },
  60_000,
)

test('from S3, each side in its own region, with the manifest of a batch replication', async () => {
  const manifests = await inventories('Parquet')
  const names = []
  for (const [index, region] of [REGIONS.source, REGIONS.destination].entries()) {
    const Bucket = await aws.bucket(`inventories-${region}`, region)
    const base = join(folder, 'inventory', index === 0 ? SOURCE : DESTINATION)
    for (const entry of await readdir(base, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith('.csv.gz')) continue
      const path = join(entry.parentPath, entry.name)
      await aws
        .s3(region)
        .send(new PutObjectCommand({ Bucket, Key: relative(folder, path), Body: await readFile(path) }))
    }
    names.push(`s3://${Bucket}/${relative(folder, manifests[index]!)}`)
  }
  const manifest = join(folder, 'missing.csv')
  const local = await findings('--inventory', manifests.join(','))
  const remote = await findings('--inventory', names[0]!, '--inventory', names[1]!, '--manifest-out', manifest)
  expect(remote.found).toEqual(local.found)
  const missing = remote.found.filter((finding) => finding.class === 'missing')
  const rows = missing.map(({ key, versionId }) => `${SOURCE},${encodeURIComponent(key)},${versionId}`)
  expect((await readFile(manifest, 'utf8')).trimEnd().split('\n').sort()).toEqual(rows.sort())
}, 60_000)

test('--no-confirm makes no request but for the lifecycle; --repair books what is at risk', async () => {
  const manifests = (await inventories('CSV')).join(',')
  const { found } = await findings('--inventory', manifests, '--no-confirm')
  const confirmed = await findings('--inventory', manifests, '--repair')
  expect(found.map((one) => `${one.class} ${one.key}`)).toEqual(confirmed.found.map((one) => `${one.class} ${one.key}`))
  const atRisk = found.filter((one) => one.class === 'missing' || one.class === 'mismatched').length
  expect(confirmed.summary.booked).toEqual({ received: atRisk, reopened: 0, open: 0 })
}, 60_000)

test('--engine athena prints SQL and runs nothing', async () => {
  const tables = 'inventories.s/dt=2026-11-24-01-00,inventories.d/dt=2026-11-24-01-00'
  const { code, stdout } = await audit('--inventory', tables, '--engine', 'athena')
  expect(code).toBe(0)
  expect(stdout).toMatch(/^WITH\n/)
  expect(stdout).toContain(`FROM "inventories"."s" WHERE dt = '2026-11-24-01-00' AND bucket = '${SOURCE}'`)
})

test.each([
  ['one manifest', ['--inventory', 'a'], 2, 'USAGE'],
  ['no manifest', ['--inventory', 'a,b'], 6, 'INVENTORY_INCOMPLETE'],
  ['with --deep', ['--inventory', 'a,b', '--deep'], 2, 'USAGE'],
  ['with --resume', ['--inventory', 'a,b', '--resume'], 2, 'USAGE'],
  ['a temp that is none', ['--inventory', 'a,b', '--temp', '/nowhere'], 2, 'USAGE'],
  ['its options alone', ['--manifest-out', 'x'], 2, 'USAGE'],
  ["the other engine's", ['--inventory', 'a,b', '--run'], 2, 'USAGE'],
])('refused: %s', async (_name, args, code, error) => {
  const ended = await audit(...args)
  expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(`code: ${error}`)])
  expect(await leftovers()).toEqual([])
})

test('sides that were swapped are noticed', async () => {
  const [source, destination] = await inventories('CSV')
  const { code, stderr } = await audit('--inventory', `${destination},${source}`)
  expect(code).toBe(2)
  expect(stderr).toContain(`lists the bucket ${DESTINATION}`)
})
