/** `landfall audit --inventory` beside services that answer as a test says: Athena's answer, and an end in mid-fetch. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import type { Finding } from '../../src/domain/audit/finding.ts'
import { estateDocument, writeEstateFile } from '../support/estate-file.ts'
import { type FakeReply, type FakeRequest, s3Error, startFakeAws } from '../support/fake-aws.ts'
import { landfall, spawnLandfall } from '../support/landfall-process.ts'
import { ACCOUNT } from '../support/local-aws.ts'

let folder = ''
let config = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-audit-run-'))
  const redis = { url: inject('redisUrl'), cluster: false, durability: 'window' }
  const document = estateDocument({ redisUrl: redis.url, service: { redis } })
  config = await writeEstateFile(join(folder, 'landfall.yaml'), { ...document, pairs: document.pairs.slice(0, 1) })
})

afterAll(() => rm(folder, { recursive: true, force: true }))

function invocation(url: string, ...args: readonly string[]) {
  return {
    args: ['audit', '--config', config, ...args],
    env: {
      PATH: process.env['PATH'] ?? '',
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_EC2_METADATA_DISABLED: 'true',
      TMPDIR: folder,
    },
  }
}

const leftovers = async () => (await readdir(folder)).filter((name) => name.startsWith('landfall-inventory-'))

const COLUMNS = ['side', 'key', 'version_id', 'latest', 'marker', 'size', 'etag', 'last_modified', 'replication']
const row = (...values: readonly (string | null)[]) => ({
  Data: values.map((value) => (value === null ? {} : { VarCharValue: value })),
})
const nothing = [null, null, null, null] as const
const ANSWER = [
  row(...COLUMNS),
  row('destination total', ...nothing, '40', null, null, null),
  row('source total', ...nothing, '42', null, null, null),
  row('source', '\u001b[31mlost', 'v1', 'true', 'false', '5', 'e', '1000', 'COMPLETED'),
  row('source', 'never', 'v1', 'true', 'false', '5', 'e', '1000', null),
]

function athena(states: readonly string[]): (request: FakeRequest) => FakeReply {
  let polls = 0
  const json = (body: object): FakeReply => ({
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(body),
  })
  return ({ method, headers }) => {
    if (method === 'GET') return s3Error(404, 'NoSuchLifecycleConfiguration')
    switch (String(headers['x-amz-target'])) {
      case 'AmazonAthena.StartQueryExecution':
        return json({ QueryExecutionId: 'q-1' })
      case 'AmazonAthena.GetQueryExecution': {
        const State = states[Math.min(polls++, states.length - 1)]
        return json({ QueryExecution: { Status: { State }, Statistics: { DataScannedInBytes: 2_500_000_000 } } })
      }
      case 'AmazonAthena.GetQueryResults':
        return json({ ResultSet: { Rows: ANSWER } })
      default:
        return json({})
    }
  }
}

const TABLES = 'inventories.s/dt=2026-11-24-01-00,inventories.d/dt=2026-11-24-01-00'
const targets = (requests: readonly FakeRequest[]) =>
  requests.map(({ headers }) => String(headers['x-amz-target']).replace('AmazonAthena.', ''))

test('--engine athena --run: the same report, with what it cost', async () => {
  await using fake = await startFakeAws(athena(['SUCCEEDED']))
  const out = join(folder, 'athena.jsonl')
  const args = ['--inventory', TABLES, '--engine', 'athena', '--run', '--no-confirm', '--out', out, '--json']
  const ended = await landfall(invocation(fake.url, ...args, '--athena-output', 's3://results/landfall/'))
  expect(ended.code, ended.stderr).toBe(3)
  const { pairs } = JSON.parse(ended.stdout) as { pairs: { counts: object; notes: string[] }[] }
  expect(pairs[0]!.counts).toMatchObject({ compared: 42, matched: 40, findings: { missing: 1, excluded: 1 } })
  expect(pairs[0]!.notes).toContain('Athena scanned 2.50 GB for query q-1: about $0.01 at $5 a TB.')
  const lines = (await readFile(out, 'utf8')).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line) as Finding).map((one) => `${one.class} ${one.key}`)).toEqual([
    'missing \u001b[31mlost',
    'excluded never',
  ])
  const start = JSON.parse(fake.requests.find(({ method }) => method === 'POST')!.body) as Record<string, unknown>
  expect(start).toMatchObject({
    QueryString: expect.stringContaining('FULL JOIN') as string,
    ResultConfiguration: { OutputLocation: 's3://results/landfall/' },
  })
}, 60_000)

test('a signal stops the query that is paid for', async () => {
  await using fake = await startFakeAws(athena(['RUNNING']))
  const running = spawnLandfall(invocation(fake.url, '--inventory', TABLES, '--engine', 'athena', '--run'))
  await vi.waitFor(() => expect(targets(fake.requests)).toContain('GetQueryExecution'), {
    timeout: 30_000,
    interval: 20,
  })
  running.kill('SIGINT')
  const { code, stderr } = await running.ended
  expect([code, targets(fake.requests).at(-1)], stderr).toEqual([130, 'StopQueryExecution'])
  expect(await leftovers()).toEqual([])
}, 60_000)

test('a signal in mid-fetch: 143, and nothing is left in the folder for temporary files', async () => {
  await using fake = await startFakeAws(() => 'stall')
  const manifests = 's3://inventories/a/manifest.json,s3://inventories/b/manifest.json'
  const running = spawnLandfall(invocation(fake.url, '--inventory', manifests))
  await vi.waitFor(() => expect(fake.requests.length).toBeGreaterThan(0), { timeout: 30_000, interval: 20 })
  expect(await leftovers()).toHaveLength(1)
  running.kill('SIGTERM')
  const { code, stderr } = await running.ended
  expect(code, stderr).toBe(143)
  expect(await leftovers()).toEqual([])
}, 60_000)
