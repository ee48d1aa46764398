import { expect, test } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import { makeCatalogReader } from '../../../src/workers/dump-catalog.ts'
import { makeDumpHealth } from '../../../src/workers/dump-health.ts'
import { manifestOf } from '../../support/catalog-world.ts'
import { recordingLog } from '../../support/log.ts'
import { memoryDumpStore } from '../../support/memory-dump-store.ts'

const NOW = Date.parse('2026-11-24T06:00:00Z')
const AT = Date.parse('2026-11-24T02:00:00Z')
const KEY = 'production-202611240200.sql.gz'

function setup() {
  const state = { now: NOW, down: false, listings: 0, documents: 0 }
  const bucket = memoryDumpStore({ now: () => AT + 60_000, pageSize: 2 })
  const store = {
    ...bucket,
    async versions(at: Parameters<typeof bucket.versions>[0]) {
      state.listings += 1
      if (state.down) throw new LandfallError('AWS_UNREACHABLE', 'eu-west-1 does not answer')
      return bucket.versions(at)
    },
    async getDocument(at: Parameters<typeof bucket.getDocument>[0]) {
      state.documents += 1
      return bucket.getDocument(at)
    },
  }
  const log = recordingLog()
  const catalog = makeCatalogReader({ dump: { stage: 'production', place: { prefix: '' } }, here: store })
  const ask = makeDumpHealth({
    dumps: [{ name: 'production', replicated: false, catalog }],
    clock: { now: () => state.now },
    log,
    freshMs: 300_000,
    patienceMs: 1000,
  })
  return { state, bucket, log, ask }
}

test('one listing for all who ask within five minutes, and each document once', async () => {
  const { state, bucket, ask } = setup()
  const versionId = bucket.put(KEY, 'x')
  bucket.put(`${KEY}.manifest.json`, JSON.stringify(manifestOf(KEY, versionId, AT, Buffer.from('x'))))
  const [first, second] = await Promise.all([ask(), ask()])
  expect(first).toEqual([
    {
      dump: 'production',
      newest: AT,
      newestState: 'unverified',
      bytes: 1,
      unverified: 1,
      failed: 0,
      replicated: false,
      days: { last: Date.parse('2026-11-24T00:00:00Z'), letters: `${'.'.repeat(29)}u`.split('') },
    },
  ])
  expect(second).toEqual(first)
  expect([state.listings, state.documents]).toEqual([1, 1])
  state.now += 300_000
  await ask()
  expect([state.listings, state.documents]).toEqual([2, 1])
})

test('a bucket that does not answer leaves what was known, and is told of once', async () => {
  const { state, bucket, log, ask } = setup()
  state.down = true
  expect(await ask()).toEqual([])
  state.down = false
  bucket.put(KEY, 'x')
  state.now += 300_000
  const known = await ask()
  expect(known).toHaveLength(1)
  state.down = true
  for (let times = 0; times < 3; times += 1) {
    state.now += 300_000
    expect(await ask()).toEqual(known)
  }
  expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(2)
})
