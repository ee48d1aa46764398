/** The parts of durability that need a Redis newer, older or sicker than the tests' own: INFO and WAITAOF by hand. */
import type { Redis } from 'ioredis'
import { describe, expect, it, vi } from 'vitest'
import { type Durability, makeKeeper } from '../../src/ledger/durability.ts'

interface Fake {
  readonly info: Readonly<Record<string, string | number>>
  readonly waitaof?: readonly [number, number] | undefined
}

function keeperOn({ info, waitaof = [1, 0] }: Fake, durability: Durability) {
  const asked = vi.fn<() => void>()
  const call = vi.fn<(...args: unknown[]) => Promise<unknown>>(async () => waitaof)
  const connection = {
    info: async () => {
      asked()
      return `# Server\r\n${Object.entries(info)
        .map(([field, value]) => `${field}:${value}`)
        .join('\r\n')}\r\n`
    },
    call,
  } as unknown as Redis
  const time = { ms: 0 }
  return { keeper: makeKeeper({ connection, durability, now: () => time.ms }), call, asked, time }
}

const REDIS_8 = { redis_version: '8.2.1', aof_enabled: 1 }
const REDIS_7_0 = { redis_version: '7.0.15', aof_enabled: 1 }
const VALKEY = { redis_version: '7.2.4', valkey_version: '8.1.0', server_name: 'valkey', aof_enabled: 1 }

describe('durable', () => {
  it.each([REDIS_8, VALKEY])('waits for the disk where the server can: %j', async (info) => {
    const { keeper, call } = keeperOn({ info }, 'sync')
    await keeper.durable()
    expect(call).toHaveBeenCalledExactlyOnceWith('WAITAOF', 1, 0, expect.any(Number))
    expect(await keeper.health()).toMatchObject({ how: 'WAITAOF', mayForgetSeconds: 0 })
  })

  it('does not resolve where the disk was not reached in time', async () => {
    const { keeper } = keeperOn({ info: REDIS_8, waitaof: [0, 0] }, 'sync')
    await expect(keeper.durable()).rejects.toMatchObject({ code: 'REDIS_UNREACHABLE', disposition: 'retryable' })
  })

  it('relies on appendfsync always before 7.2, and waits for nothing with a window', async () => {
    const old = keeperOn({ info: REDIS_7_0 }, 'sync')
    await old.keeper.durable()
    expect(old.call).not.toHaveBeenCalled()
    expect(await old.keeper.health()).toMatchObject({ how: 'appendfsync always (as configured)' })
    const window = keeperOn({ info: REDIS_8 }, 'window')
    await window.keeper.durable()
    expect(window.call).not.toHaveBeenCalled()
  })
})

describe('check', () => {
  it.each<[string, Fake['info'], Durability, string | undefined]>([
    ['sync with an append-only file', REDIS_7_0, 'sync', undefined],
    ['sync without one', { ...REDIS_8, aof_enabled: 0 }, 'sync', 'REDIS_NOT_DURABLE'],
    ['window without one', { ...REDIS_8, aof_enabled: 0 }, 'window', undefined],
    ['Redis 6.2', { redis_version: '6.2.14', aof_enabled: 1 }, 'sync', undefined],
    ['Redis 6.0', { redis_version: '6.0.16', aof_enabled: 1 }, 'sync', 'REDIS_UNFIT'],
    ['evicting', { ...REDIS_8, maxmemory: 100, maxmemory_policy: 'volatile-lru' }, 'sync', 'REDIS_UNFIT'],
    ['noeviction', { ...REDIS_8, maxmemory: 100, maxmemory_policy: 'noeviction' }, 'sync', undefined],
    ['no limit', { ...REDIS_8, maxmemory: 0, maxmemory_policy: 'volatile-lru' }, 'sync', undefined],
  ])('%s', async (_, info, durability, code) => {
    const checking = keeperOn({ info }, durability).keeper.check()
    await (code === undefined
      ? expect(checking).resolves.toBeUndefined()
      : expect(checking).rejects.toMatchObject({ code, disposition: 'permanent' }))
  })
})

describe('health', () => {
  it('tells the share of memory in use, at most once a second', async () => {
    const { keeper, asked, time } = keeperOn({ info: { ...VALKEY, maxmemory: 200, used_memory: 150 } }, 'sync')
    expect(await keeper.health()).toMatchObject({ memoryShare: 0.75, version: '8.1.0' })
    time.ms = 999
    await keeper.health()
    expect(asked).toHaveBeenCalledTimes(1)
    time.ms = 1_000
    await keeper.health()
    expect(asked).toHaveBeenCalledTimes(2)
  })
})
