import { describe, expect, it, vi } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import { PAIR_METRICS } from '../../../src/domain/metrics.ts'
import { makeSourceWrites } from '../../../src/workers/source-writes.ts'
import { recordingLog } from '../../support/log.ts'
import { smallPair } from '../../support/small-estate.ts'

const MINUTE = 60_000
const T0 = Date.UTC(2026, 10, 24, 12)

function setup(answer: () => Promise<number | undefined>) {
  let now = T0
  const count = vi.fn<(of: { readonly fromMs: number; readonly toMs: number }) => Promise<number | undefined>>(answer)
  const log = recordingLog()
  const pairs = [
    smallPair('documents', { alarms: { rpoMs: 1, requestsFilter: 'all' } }),
    smallPair('agreements', { alarms: { rpoMs: 1 } }),
  ]
  const ask = makeSourceWrites({ pairs, count, clock: { now: () => now }, log })
  /** What a report asks, and what it would be told a moment later. */
  const told = async (pair = 'documents') => {
    ask(pair)
    await new Promise((resolve) => setImmediate(resolve))
    return ask(pair)
  }
  return { ask, told, count, log, later: (ms: number) => void (now += ms) }
}

describe("S3's own count of writes", () => {
  it('is of a quarter of an hour that S3 has told whole, asked for every five minutes, never waited for', async () => {
    const { ask, told, count, later } = setup(async () => 7)
    expect(ask('documents')).toBeUndefined()
    expect(await told()).toEqual({ count: 7, fromMs: T0 - 20 * MINUTE })
    expect(count.mock.calls).toEqual([
      [expect.objectContaining({ filter: 'all', fromMs: T0 - 20 * MINUTE, toMs: T0 - 5 * MINUTE })],
    ])
    later(4 * MINUTE)
    await told()
    expect(count).toHaveBeenCalledTimes(1)
    later(MINUTE)
    expect(await told()).toMatchObject({ fromMs: T0 - 15 * MINUTE })
    expect(count).toHaveBeenCalledTimes(2)
  })

  it('begins and ends with a minute, as CloudWatch would round it: what it counts is no older than it says', async () => {
    const { told, count, later } = setup(async () => 7)
    later(MINUTE / 2)
    expect(await told()).toMatchObject({ fromMs: T0 - 20 * MINUTE })
    expect(count.mock.calls[0]![0]).toMatchObject({ fromMs: T0 - 20 * MINUTE, toMs: T0 - 5 * MINUTE })
  })

  it('is not asked for where the pair does not name it', async () => {
    const { told, count } = setup(async () => 7)
    expect(await told('agreements')).toBeUndefined()
    expect(count).not.toHaveBeenCalled()
  })

  it('is nothing while S3 tells nothing, or CloudWatch does not answer; that is said once, and its end too', async () => {
    let answer: number | undefined | Error = 3
    const { told, log, later } = setup(async () => {
      if (answer instanceof Error) throw answer
      return answer
    })
    expect(await told()).toMatchObject({ count: 3 })
    const next = async (value: typeof answer) => {
      answer = value
      later(5 * MINUTE)
      return told()
    }
    expect(await next(undefined)).toBeUndefined()
    const down = new LandfallError('AWS_UNREACHABLE', 'eu-west-1 does not answer')
    expect(await next(down)).toBeUndefined()
    expect(await next(down)).toBeUndefined()
    expect(await next(0)).toMatchObject({ count: 0 })
    expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })
})

describe('what is published of it', () => {
  const unheard = PAIR_METRICS.find(({ name }) => name === 'SourceWritesUnheard')!
  const of = (newestEvent: number | undefined, count = 4) =>
    unheard.of({ newestEvent, sourceWrites: { count, fromMs: T0 } } as never, T0)

  it('is their writes where ours are none of that time, and 0 where one is', () => {
    expect(of(undefined)).toBe(4)
    expect(of(T0 - 1)).toBe(4)
    expect(of(T0)).toBe(0)
    expect(of(undefined, 0)).toBe(0)
    expect(unheard.of({ newestEvent: T0 } as never, T0)).toBeUndefined()
  })
})
