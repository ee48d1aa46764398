import { describe, expect, it } from 'vitest'
import { makeRandom } from '../../../sandbox/random.ts'
import { makeAgenda } from '../../../sandbox/agenda.ts'
import { lagOf, normalQuantile } from '../../../sandbox/replication/lag.ts'
import { makeManualClock } from '../../support/fake-s3.ts'

describe('the lag of a replication', () => {
  it('is nothing without a fault, and the median where the spread is none', () => {
    expect(lagOf(undefined, 0.5)).toBe(0)
    expect(lagOf({ medianMs: 40, p99Ms: 40 }, 0.999)).toBe(40)
  })

  it('has the median and the 99th percentile that were ordered', () => {
    const random = makeRandom('7')
    const lags = Array.from({ length: 20_000 }, () => lagOf({ medianMs: 800, p99Ms: 9000 }, random.next('lag'))).sort(
      (a, b) => a - b,
    )
    expect(lags[10_000]).toBeGreaterThan(760)
    expect(lags[10_000]).toBeLessThan(840)
    expect(lags[19_800]).toBeGreaterThan(8000)
    expect(lags[19_800]).toBeLessThan(10_000)
  })

  it.each([
    [0.5, 0],
    [0.975, 1.959964],
    [0.99, 2.326348],
    [0.001, -3.090232],
  ])('normalQuantile(%d) is %d', (probability, expected) => {
    expect(normalQuantile(probability)).toBeCloseTo(expected, 5)
  })
})

describe('the agenda', () => {
  it('runs each thing at its time, equal times in the order they came, whatever the order of asking', () => {
    const clock = makeManualClock(0)
    const agenda = makeAgenda(clock)
    const random = makeRandom('3')
    const asked = Array.from({ length: 2000 }, (_, index) => ({ index, time: random.int('time', 300) }))
    const ran: { index: number; time: number }[] = []
    for (const entry of asked) {
      agenda.at(entry.time, () => {
        expect(clock.now()).toBe(entry.time)
        ran.push(entry)
      })
    }
    clock.advance(1000)
    expect(ran).toEqual([...asked].sort((a, b) => a.time - b.time || a.index - b.index))
    expect(agenda.size).toBe(0)
  })

  it('goes on after one of them threw', () => {
    const clock = makeManualClock(0)
    const agenda = makeAgenda(clock)
    let ran = false
    agenda.at(1, () => {
      throw new Error('one fails')
    })
    agenda.at(1, () => void (ran = true))
    expect(() => clock.advance(1)).toThrow('one fails')
    clock.advance(1)
    expect(ran).toBe(true)
  })
})
