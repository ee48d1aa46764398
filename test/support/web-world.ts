/** The web room over a ledger in memory: two pairs, what failed in them, and a server that is asked by `inject`. */
import type { FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import type { DumpHealth } from '../../src/domain/dump/health.ts'
import { versionId63 } from '../../src/domain/version.ts'
import { makeServer, type WebNeeds } from '../../src/web/server.ts'
import { makeFailures } from '../../src/workers/failures.ts'
import { makeGatherStatus } from '../../src/workers/status.ts'
import { recordingLog } from './log.ts'
import { makeMemoryLedger } from './memory-ledger.ts'
import { BATCH } from './redrive-world.ts'
import { smallDump, smallEstate, smallPair } from './small-estate.ts'

export const TOKEN = 'a-token-of-twenty-characters'
export const HOSTILE = [
  '<script>document.title="owned"</script>',
  '"><img src=x onerror=alert(1)>',
  'line\nbreak\r\nevent: totals\ndata: {}\n\n',
  '\u202Egnp.exe\u001B[2J\u0000',
  `=HYPERLINK("//evil")${'é'.repeat(500)}`,
]

export async function webWorld(
  options: {
    readonly host?: string
    readonly token?: string | undefined
    /** Of an estate whose dumps stand so. */
    readonly dumps?: readonly DumpHealth[]
    readonly needs?: Partial<WebNeeds>
  } = {
    token: TOKEN,
  },
) {
  const clock = { now: () => Date.now() }
  const log = recordingLog()
  const memory = makeMemoryLedger()
  const calls = { snapshot: 0, parked: 0 }
  const ledger: typeof memory = {
    ...memory,
    async snapshot(...args) {
      calls.snapshot += 1
      return memory.snapshot(...args)
    },
    async parked(...args) {
      calls.parked += 1
      return memory.parked(...args)
    },
  }
  const redrive = { ...smallPair('x').redrive, batch: BATCH }
  const { dumps } = options
  const estate = smallEstate({
    pairs: [smallPair('documents', { redrive }), smallPair('agreements', { redrive })],
    dumps: dumps?.map(({ dump }) => smallDump(dump, { pair: 'documents' })) ?? [],
  })
  const failures = makeFailures({ pairs: estate.pairs, ledger, clock, holder: 'test', pause: async () => {} })
  const server: FastifyInstance = await makeServer(
    {
      estate,
      ledger,
      failures,
      gather: makeGatherStatus({ estate, ledger, clock }),
      depths: async () => [{ queue: 'intake-1', visible: 3, inFlight: 1, delayed: 0, deadLetters: 2 }],
      jobs: async () => [{ job: 'verify', waiting: 1, active: 2, delayed: 0, failed: 0 }],
      alarms: async () => [
        { name: 'landfall-late', state: 'ALARM', reason: 'Threshold crossed' },
        { name: 'landfall-failed', state: 'OK', reason: '' },
      ],
      ...(dumps && { dumps: async () => dumps }),
      readiness: async () => [],
      requests: () => new Map(),
      clock,
      log,
      ...options.needs,
    },
    { host: options.host ?? '127.0.0.1', token: options.token },
  )
  onTestFinished(() => server.close())

  return {
    server,
    ledger,
    estate,
    log,
    calls,
    fail: async (pair: string, keys: readonly string[], reason = 'ReplicationFailed') => {
      const versions = keys.map((key, n) => {
        const name = { key, versionId: `v${n}` }
        return { id: versionId63(name), ...name, kind: 'object' as const, size: 100, eventTime: clock.now() - 60_000 }
      })
      await ledger.book(
        pair,
        versions.map((version) => ({ version, dueInMs: 0 })),
      )
      await ledger.settle(
        pair,
        versions.map(({ id }) => ({ id, to: 'park', state: 'failed', reason, recheckInMs: 3_600_000 }) as const),
      )
    },
    order: async (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
      server.inject({
        method: 'POST',
        url: path,
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
        payload: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}
