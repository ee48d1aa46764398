import { expect, test } from 'vitest'
import { LandfallError } from '../../../src/domain/errors.ts'
import { makeGate } from '../../../src/queues/gate.ts'
import { evenChance, manualTime, recordedLog } from './fakes.ts'

function setUp() {
  const time = manualTime()
  const log = recordedLog()
  const state = { probes: 0, error: undefined as Error | undefined }
  const gate = makeGate({
    probe: async () => {
      state.probes += 1
      if (state.error !== undefined) throw state.error
    },
    freshMs: 1_000,
    timers: time,
    clock: time,
    random: evenChance,
    log,
  })
  return { time, log, state, gate, signal: new AbortController().signal }
}

const full = new LandfallError('REDIS_FULL', 'Redis is at 71 %')

test('many consumers share one probe a second', async () => {
  const { time, state, gate, signal } = setUp()
  const all = () => Promise.all(Array.from({ length: 40 }, () => gate.pass(signal)))
  expect(new Set(await all())).toEqual(new Set([true]))
  await all()
  expect(state.probes).toBe(1)
  await time.advance(1_000)
  await all()
  expect(state.probes).toBe(2)
})

test('shuts on a failing probe, tries with longer waits, opens by itself: two log lines', async () => {
  const { time, log, state, gate, signal } = setUp()
  state.error = full
  let passed: boolean | undefined
  void gate.pass(signal).then((value) => {
    passed = value
  })
  await time.advance(60_000)
  expect(passed).toBeUndefined()
  expect(gate.shut).toBe('REDIS_FULL')
  expect(state.probes).toBeGreaterThan(10)
  expect(state.probes).toBeLessThan(40)
  state.error = undefined
  await time.advance(5_000)
  expect(passed).toBe(true)
  expect(gate.shut).toBeUndefined()
  expect(log.lines.map((line) => line.level)).toEqual(['warn', 'info'])
})

test('a tripped gate opens only after a probe, and later each time that nothing works', async () => {
  const { time, state, gate, signal } = setUp()
  const waited: number[] = []
  for (let round = 0; round < 4; round += 1) {
    gate.trip(full)
    const from = time.now()
    void gate.pass(signal).then(() => waited.push(time.now() - from))
    await time.advance(10_000)
  }
  expect(state.probes).toBe(4)
  expect(waited).toHaveLength(4)
  expect(waited[3]!).toBeGreaterThanOrEqual(waited[0]! * 7)
  gate.worked()
  gate.trip(full)
  const from = time.now()
  void gate.pass(signal).then(() => waited.push(time.now() - from))
  await time.advance(10_000)
  expect(waited[4]!).toBeLessThanOrEqual(waited[0]!)
})

test('forty consumers that meet one outage wait no longer than one would', async () => {
  const { time, gate, signal } = setUp()
  for (let consumer = 0; consumer < 40; consumer += 1) gate.trip(full)
  let passed: boolean | undefined
  void gate.pass(signal).then((value) => {
    passed = value
  })
  await time.advance(250)
  expect(passed).toBe(true)
})

test('stopping ends the wait at once', async () => {
  const { time, state, gate } = setUp()
  state.error = full
  const stop = new AbortController()
  let passed: boolean | undefined
  void gate.pass(stop.signal).then((value) => {
    passed = value
  })
  await time.advance(300)
  stop.abort()
  await time.advance(0)
  expect(passed).toBe(false)
})
