/** Verification against two buckets in memory: bounds, the replica that comes late, a key that is not at hand. */
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { DumpVerified } from '../../../src/domain/dump/manifest.ts'
import type { DumpDecoder } from '../../../src/ports.ts'
import { makeCatalogReader } from '../../../src/workers/dump-catalog.ts'
import { dueForVerify } from '../../../src/workers/dump-due.ts'
import { makeRecheckReplica } from '../../../src/workers/dump-recheck.ts'
import { makeVerifyDump } from '../../../src/workers/dump-verify.ts'
import { memoryDumpStore, type MemoryDumpStore } from '../../support/memory-dump-store.ts'

const NOW = 1_800_000_000_000
/** Of two records about one dump the later one counts. */
let ticks = 0
const clock = { now: () => NOW + 1000 * (ticks += 1) }
const signal = new AbortController().signal
const decoder: DumpDecoder = {
  canDecrypt: (kind) => kind === 'none',
  describe: async () => 'age, to X25519',
  decode: (source) => source,
}
const dump = {
  name: 'production',
  stage: 'production',
  place: { bucket: 'dumps', region: 'eu-west-1', account: 'backups', prefix: 'p/' },
  bounds: { smallest: 0.5, largest: 3 },
} as never

const sql = (rows: number): string =>
  `-- Dumped by pg_dump version 15.20\nCOPY public.t (a) FROM stdin;\n${'row\n'.repeat(rows)}\\.\n\n-- PostgreSQL database dump complete\n`

function world() {
  const store = memoryDumpStore({ now: clock.now })
  const replica = memoryDumpStore({ now: clock.now })
  const catalog = makeCatalogReader({ dump, here: store })
  const verifyDump = makeVerifyDump({
    dump,
    store,
    replica,
    decoder,
    customAsSql: (source) => source,
    tools: {},
    clock,
    landfallVersion: '0.1.0',
  })
  return {
    store,
    replica,
    catalog,
    async verify(key: string, acceptBounds = false): Promise<DumpVerified> {
      const entries = await catalog.read()
      return verifyDump(
        entries,
        entries.find((entry) => entry.key === key)!,
        { signal, acceptBounds },
      )
    },
    recheck: makeRecheckReplica({ store, replica, clock }),
  }
}

/** In both buckets under one version id, as replication leaves it: the replica's count is behind by the records. */
function putBoth(
  { store, replica }: { store: MemoryDumpStore; replica: MemoryDumpStore },
  key: string,
  body: string,
): void {
  const versionId = store.put(key, body)
  while (replica.put(key, body) < versionId);
}

const result = ({ checks }: DumpVerified, name: string) => checks.find(({ check }) => check === name)

describe('a dump that shrank', () => {
  test('is an anomaly beside the last verified one, until a person says that it is right', async () => {
    const at = world()
    putBoth(at, 'p/production-202611010001.sql', sql(2000))
    expect(await at.verify('p/production-202611010001.sql')).toMatchObject({
      verdict: 'verified',
      rows: { 'public.t': 2000 },
    })
    putBoth(at, 'p/production-202611010002.sql', sql(900))
    const failed = await at.verify('p/production-202611010002.sql')
    expect(failed.verdict).toBe('failed')
    expect(result(failed, 'bounds')!.detail).toContain('public.t shrank from 2000 rows to 900')
    // One that failed is no measure for the next.
    putBoth(at, 'p/production-202611010003.sql', sql(900))
    expect((await at.verify('p/production-202611010003.sql')).verdict).toBe('failed')
    const accepted = await at.verify('p/production-202611010003.sql', true)
    expect(accepted.verdict).toBe('verified')
    expect(result(accepted, 'bounds')!.detail).toContain('accepted by a person')
    putBoth(at, 'p/production-202611010004.sql', sql(890))
    expect((await at.verify('p/production-202611010004.sql')).verdict).toBe('verified')
  })
})

describe('the replica', () => {
  test('that is not there yet is looked at again, and nothing else is', async () => {
    const at = world()
    at.store.put('p/production-202611010001.sql', sql(3))
    const first = await at.verify('p/production-202611010001.sql')
    expect(first).toMatchObject({ verdict: 'verified', replica: 'pending' })
    const due = dueForVerify(await at.catalog.read(), NOW)
    expect(due).toMatchObject({ unread: [], replicas: [{ key: 'p/production-202611010001.sql' }] })
    expect(await at.recheck(due.replicas[0]!, signal)).toBeUndefined()
    at.replica.put('p/production-202611010001.sql', sql(3))
    expect(await at.recheck(due.replicas[0]!, signal)).toMatchObject({ verdict: 'verified', replica: 'same' })
    expect(dueForVerify(await at.catalog.read(), NOW)).toEqual({ unread: [], replicas: [] })
  })

  test('with other bytes fails the dump', async () => {
    const at = world()
    at.store.put('p/production-202611010001.sql', sql(3))
    at.replica.put('p/production-202611010001.sql', sql(3).replace('row', 'raw'))
    const record = await at.verify('p/production-202611010001.sql')
    expect(record).toMatchObject({ verdict: 'failed', replica: 'differs' })
    expect(result(record, 'replica')!.detail).toContain('DUMP_CORRUPT')
  })
})

test('without a key the header is described, and what lies behind it is skipped aloud', async () => {
  const at = world()
  putBoth(at, 'p/production-202611010001.sql.gz.age', gzipSync(sql(3)).toString('latin1'))
  const record = await at.verify('p/production-202611010001.sql.gz.age')
  expect(record.verdict).toBe('verified')
  expect(result(record, 'encryption header')).toMatchObject({ result: 'pass', detail: 'age, to X25519' })
  for (const check of ['decryption', 'compression', 'structure']) expect(result(record, check)!.result).toBe('skipped')
})
