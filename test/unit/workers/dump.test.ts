import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Dump } from '../../../src/config/estate-dumps.ts'
import { LandfallError } from '../../../src/domain/errors.ts'
import type { DumpLedger, DumpStore, OpenedDump, RecordedUpload } from '../../../src/ports.ts'
import { type DumpNeeds, makeRunDump } from '../../../src/workers/dump.ts'
import { recordingLog } from '../../support/log.ts'
import { memoryDumpStore } from '../../support/memory-dump-store.ts'

const NOW = Date.parse('2026-11-24T02:00:30Z')
const KEY = 'nightly/production-202611240200.sql'
const MIB = 2 ** 20

const DUMP: Dump = {
  name: 'production',
  stage: 'production',
  place: { bucket: 'backups', region: 'eu-west-1', account: 'backups', prefix: 'nightly/' },
  format: 'plain',
  compression: 'none',
  rows: 'stream',
  expectedBytes: MIB,
  bounds: { smallest: 0.5, largest: 3 },
  freshMs: 1,
  drill: { everyMs: 1, checks: [] },
}

function memoryDumpLedger(): DumpLedger & {
  holder: string | undefined
  readonly uploads: Map<string, RecordedUpload>
} {
  const uploads = new Map<string, RecordedUpload>()
  return {
    holder: undefined,
    uploads,
    async lease({ runId }) {
      this.holder ??= runId
      return this.holder === runId
    },
    async release({ runId }) {
      if (this.holder === runId) this.holder = undefined
    },
    async recordUpload({ runId }, upload) {
      if (this.holder === runId) uploads.set(runId, upload)
      return this.holder === runId
    },
    async forgetUpload(_dump, runId) {
      uploads.delete(runId)
    },
    recordedUploads: async () => [...uploads.values()],
  }
}

function setUp(over: Partial<DumpNeeds> & { readonly opened?: Partial<OpenedDump> } = {}) {
  const store = memoryDumpStore({ now: () => NOW })
  const ledger = memoryDumpLedger()
  const body = Buffer.alloc(20 * MIB, 'row\n')
  let closed = 0
  const opened: OpenedDump = {
    source: { host: 'db', port: 5432, database: 'market' },
    serverVersion: '15.20',
    pgDumpVersion: '15.20',
    stream: Readable.from([body.subarray(0, 7 * MIB), body.subarray(7 * MIB)]),
    finish: async () => ({}),
    close: async () => void (closed += 1),
    ...over.opened,
  }
  const sha256 = createHash('sha256').update(body).digest('hex')
  const needs: DumpNeeds = {
    dump: DUMP,
    store,
    ledger,
    open: async () => opened,
    encoder: async () => ({
      recipients: [],
      encode: (source) => ({
        stream: source,
        plainBytes: 0,
        end: () => ({ plain: { bytes: body.length, sha256 }, rows: new Map([['public.t', 3]]) }),
      }),
    }),
    compression: 'none',
    runId: 'run-1',
    landfallVersion: '1',
    clock: { now: () => NOW },
    random: { next: () => 0.5 },
    log: recordingLog(),
    policy: { attempts: 3, firstWaitMs: 1, mostWaitMs: 1 },
    ...over,
  }
  return { store, ledger, needs, sha256, body, closed: () => closed, run: makeRunDump(needs) }
}

const never = new AbortController().signal

describe('a dump', () => {
  test('is stored, with its manifest; nothing stays recorded', async () => {
    const { run, store, ledger, sha256, closed } = setUp()
    const made = await run(never)
    expect(made.key).toBe(KEY)
    expect(made.manifest).toMatchObject({ stored: { bytes: 20 * MIB, sha256 }, rows: { total: 3, by: 'stream' } })
    expect((await store.head({ key: KEY }))!.metadata).toMatchObject({ 'landfall-run': 'run-1' })
    expect(JSON.parse((await store.getDocument({ key: `${KEY}.manifest.json` }))!)).toEqual(made.manifest)
    expect(ledger.holder).toBeUndefined()
    expect(ledger.uploads.size).toBe(0)
    expect(closed()).toBe(1)
  })

  async function expectNothing({ store, ledger }: ReturnType<typeof setUp>): Promise<void> {
    expect((await store.versions({ prefix: '' })).versions).toEqual([])
    expect(await store.openUploads('')).toEqual([])
    expect(ledger.uploads.size).toBe(0)
  }

  test('that pg_dump did not end well is aborted', async () => {
    const world = setUp({ opened: { finish: async () => Promise.reject(new LandfallError('DUMP_FAILED', 'no')) } })
    await expect(world.run(never)).rejects.toMatchObject({ code: 'DUMP_FAILED' })
    await expectNothing(world)
    expect(world.closed()).toBe(1)
  })

  test('whose end lacks something is aborted, although pg_dump ended well', async () => {
    const plain = { bytes: 1, sha256: '' }
    const world = setUp({
      encoder: async () => ({
        recipients: [],
        encode: (stream) => ({ stream, plainBytes: 0, end: () => ({ plain, lacks: 'it ends amid a statement' }) }),
      }),
    })
    await expect(world.run(never)).rejects.toMatchObject({ code: 'DUMP_INCOMPLETE' })
    await expectNothing(world)
  })

  test('whose lease went to another run is not completed', async () => {
    const world = setUp({
      opened: {
        async finish() {
          world.ledger.holder = 'run-2'
          return {}
        },
      },
    })
    await expect(world.run(never)).rejects.toMatchObject({ code: 'DUMP_LEASE_LOST' })
    await expectNothing(world)
    expect(world.ledger.holder).toBe('run-2')
  })

  test('whose upload the next run aborted is not completed', async () => {
    const world = setUp({
      opened: {
        async finish() {
          for (const upload of await world.store.openUploads('')) await world.store.abort(upload)
          return {}
        },
      },
    })
    await expect(world.run(never)).rejects.toMatchObject({ code: 'DUMP_LEASE_LOST' })
    await expectNothing(world)
  })

  test('that a signal ends is INTERRUPTED, and nothing is left', async () => {
    const stop = new AbortController()
    const world = setUp({
      opened: {
        async finish() {
          stop.abort()
          stop.signal.throwIfAborted()
          return {}
        },
      },
    })
    await expect(world.run(stop.signal)).rejects.toMatchObject({ code: 'INTERRUPTED', exit: 130 })
    await expectNothing(world)
  })

  test('aborts what a dead run has left, by its record and its key, and nothing else', async () => {
    const world = setUp()
    const plan = { metadata: {}, contentType: 'x' }
    await world.store.begin({ ...plan, key: 'nightly/production-202611230200.sql' })
    await world.store.begin({ ...plan, key: 'nightly/production-202611230200.sql.other' })
    world.ledger.uploads.set('dead', { runId: 'dead', bucket: 'backups', key: 'nightly/production-202611230200.sql' })
    expect((await world.run(never)).leftovers).toBe(1)
    const open = await world.store.openUploads('')
    expect(open.map(({ key }) => key)).toEqual(['nightly/production-202611230200.sql.other'])
    expect(world.ledger.uploads.size).toBe(0)
  })

  test('a begin whose answer was lost leaves no second upload', async () => {
    const memory = memoryDumpStore({ now: () => NOW })
    let lost = 0
    const store: DumpStore = {
      ...memory,
      async begin(plan) {
        const upload = await memory.begin(plan)
        lost += 1
        if (lost === 1) throw new LandfallError('AWS_UNREACHABLE', 'no answer')
        return upload
      },
      putDocument: async (document) => memory.putDocument(document),
    }
    await setUp({ store }).run(never)
    expect(await memory.openUploads('')).toEqual([])
    expect(await memory.head({ key: KEY })).toBeDefined()
  })

  test('a completion that S3 fails before it is done is tried again', async () => {
    const memory = memoryDumpStore({ now: () => NOW })
    let failed = 0
    const store: DumpStore = {
      ...memory,
      async complete(upload, whole) {
        failed += 1
        if (failed === 1) throw new LandfallError('AWS_UNREACHABLE', 'no answer')
        return memory.complete(upload, whole)
      },
      putDocument: async (document) => memory.putDocument(document),
    }
    expect((await setUp({ store }).run(never)).versionId).toBe((await memory.head({ key: KEY }))!.versionId)
  })
})
