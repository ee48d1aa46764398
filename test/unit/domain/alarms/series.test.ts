/** Series in, state out: each alarm goes off for what it is there for, and for nothing else. */
import { expect, test } from 'vitest'
import { alarmsOf } from '../../../../src/domain/alarms/alarms.ts'
import { makeAlarmBench } from '../../../support/alarm-bench.ts'
import { smallAlarms, smallEstate, smallPair } from '../../../support/small-estate.ts'

const TOPIC = 'arn:aws:sns:eu-west-2:111111111111:landfall'
const PAGER = 'arn:aws:sns:eu-west-2:111111111111:pager'
const PAIR = { Pair: 'documents' }

function bench(quietAfterMs?: number) {
  const pairs = [smallPair('documents', { alarms: { rpoMs: 1_800_000, quietAfterMs } })]
  const alarms = smallAlarms({ topics: [TOPIC], estateTopics: [PAGER] })
  return makeAlarmBench(alarmsOf(smallEstate({ pairs }, { alarms })))
}

const beats = (at: ReturnType<typeof bench>, count: number): void => at.minutesPass(count, () => ({ Heartbeat: 1 }))

test('a heartbeat that stops is an alarm, and the estate with it; one beat ends both', () => {
  const at = bench()
  beats(at, 10)
  expect(at.on()).toEqual([])
  at.minutesPass(2, () => ({}))
  expect(at.state('landfall-heartbeat-missing')).toBe('OK')
  at.minutesPass(4, () => ({}))
  expect(at.on()).toEqual(['landfall-estate-at-risk', 'landfall-heartbeat-missing'])
  expect(at.told).toEqual(
    expect.arrayContaining(['ALARM: "landfall-heartbeat-missing"', 'ALARM: "landfall-estate-at-risk"']),
  )
  beats(at, 1)
  expect(at.on()).toEqual([])
  expect(at.told).toContain('OK: "landfall-estate-at-risk"')
})

test('the RPO: two of three minutes above it, never one alone; back below it, the alarm is over', () => {
  const at = bench()
  const ages = (...all: number[]): void => {
    for (const OldestAtRisk of all) at.minutePasses({ OldestAtRisk }, PAIR)
  }
  ages(10, 1801, 20, 30)
  expect(at.state('landfall-documents-at-risk-too-old')).toBe('OK')
  ages(1801, 1861)
  expect(at.state('landfall-documents-at-risk-too-old')).toBe('ALARM')
  ages(0, 0)
  expect(at.state('landfall-documents-at-risk-too-old')).toBe('OK')
})

test('what was bad when the publisher died stays bad: no news is no recovery', () => {
  const at = bench()
  at.minutesPass(3, () => ({ Failed: 4, Mismatched: 1, OldestAtRisk: 9000 }), PAIR)
  const bad = ['landfall-documents-at-risk-too-old', 'landfall-documents-failed', 'landfall-documents-mismatched']
  expect(at.on()).toEqual(expect.arrayContaining(bad))
  at.minutesPass(60, () => ({}))
  expect(at.on()).toEqual(expect.arrayContaining(bad))
  at.minutesPass(3, () => ({ Failed: 0, Mismatched: 0, OldestAtRisk: 0 }), PAIR)
  for (const name of bad) expect(at.state(name)).toBe('OK')
})

test.each(['Tampering', 'Unannounced'] as const)('%s: its growth within the window, not its height', (metric) => {
  const at = bench()
  const name = `landfall-documents-${metric.toLowerCase()}`
  at.minutesPass(200, () => ({ [metric]: 1_000_000 }), PAIR)
  expect(at.state(name)).toBe('OK')
  at.minutesPass(30, () => ({ [metric]: 1_000_011 }), PAIR)
  // A window of an hour needs the hour before it too, and has it.
  expect(at.state(name)).toBe(metric === 'Tampering' ? 'OK' : 'ALARM')
  at.minutesPass(200, () => ({ [metric]: 1_000_011 }), PAIR)
  expect(at.state(name)).toBe('OK')
})

test('tampering is told within a minute, and for a quarter of an hour', () => {
  const at = bench()
  at.minutesPass(60, () => ({ Tampering: 3 }), PAIR)
  at.minutePasses({ Tampering: 4 }, PAIR)
  expect(at.state('landfall-documents-tampering')).toBe('ALARM')
  at.minutesPass(13, () => ({ Tampering: 4 }), PAIR)
  expect(at.state('landfall-documents-tampering')).toBe('ALARM')
  at.minutesPass(5, () => ({ Tampering: 4 }), PAIR)
  expect(at.state('landfall-documents-tampering')).toBe('OK')
})

test('a publication that is sent twice changes no counter alarm', () => {
  const at = bench()
  at.minutesPass(120, () => ({}), PAIR)
  for (let n = 0; n < 120; n += 1) at.minutePasses({ Poison: [7, 7], Unrouted: [1, 1] })
  expect(at.state('landfall-poison')).toBe('OK')
  expect(at.state('landfall-unrouted')).toBe('OK')
})

test('quiet: the age above quietAfter, or no age at all; a pair without quietAfter has no such alarm', () => {
  expect(bench().state('landfall-documents-quiet')).toBe('absent')
  const never = bench(3_600_000)
  never.minutesPass(8, () => ({ Heartbeat: 1 }))
  expect(never.state('landfall-documents-quiet')).toBe('ALARM')
  const at = bench(3_600_000)
  at.minutesPass(70, (n) => ({ NewestVersionAge: n * 60 }), PAIR)
  expect(at.state('landfall-documents-quiet')).toBe('ALARM')
  at.minutePasses({ NewestVersionAge: 1 }, PAIR)
  expect(at.state('landfall-documents-quiet')).toBe('OK')
})

test('writes that S3 counts and no event tells of: ten minutes of it, and never where S3 tells nothing', () => {
  expect(bench().state('landfall-documents-writes-unheard')).toBe('absent')
  const pairs = [smallPair('documents', { alarms: { rpoMs: 1_800_000, requestsFilter: 'all' } })]
  const at = makeAlarmBench(alarmsOf(smallEstate({ pairs })))
  const state = (): string => at.state('landfall-documents-writes-unheard')
  at.minutesPass(60, () => ({ Heartbeat: 1 }))
  expect(state()).toBe('OK')
  at.minutesPass(30, () => ({ SourceWritesUnheard: 0 }), PAIR)
  at.minutesPass(9, () => ({ SourceWritesUnheard: 7 }), PAIR)
  expect(state()).toBe('OK')
  at.minutesPass(3, () => ({ SourceWritesUnheard: 7 }), PAIR)
  expect(state()).toBe('ALARM')
  expect(at.on()).toContain('landfall-estate-at-risk')
  at.minutesPass(2, () => ({ SourceWritesUnheard: 0 }), PAIR)
  expect(state()).toBe('OK')
})

test('an audit is overdue at twice its interval, or when there was none; a pair that is not audited has no such alarm', () => {
  expect(bench().state('landfall-documents-audit-overdue')).toBe('absent')
  const pairs = [smallPair('documents', { auditEveryMs: 3_600_000 })]
  const at = makeAlarmBench(alarmsOf(smallEstate({ pairs })))
  const state = (): string => at.state('landfall-documents-audit-overdue')
  at.minutesPass(8, () => ({ Heartbeat: 1 }))
  expect(state()).toBe('ALARM')
  at.minutesPass(130, (n) => ({ AuditAge: n * 60, AuditMissing: n < 3 ? 2 : 0 }), PAIR)
  expect(at.state('landfall-documents-audit-missing')).toBe('OK')
  expect(state()).toBe('ALARM')
  at.minutesPass(1, () => ({ AuditAge: 5, AuditMissing: 2 }), PAIR)
  expect(state()).toBe('OK')
  expect(at.state('landfall-documents-audit-missing')).toBe('ALARM')
})

test('a queue is stuck when messages wait and nothing new comes by it; an empty one may be old', () => {
  const at = bench()
  const queue = { Queue: 'intake-1' }
  at.minutesPass(10, () => ({ QueueVisible: 0, NewestEventAge: 86_400 }), queue)
  expect(at.state('landfall-intake-1-queue-stuck')).toBe('OK')
  at.minutesPass(10, () => ({ QueueVisible: 5, NewestEventAge: 60 }), queue)
  expect(at.state('landfall-intake-1-queue-stuck')).toBe('OK')
  at.minutesPass(5, () => ({ QueueVisible: 5, NewestEventAge: 1000 }), queue)
  expect(at.state('landfall-intake-1-queue-stuck')).toBe('ALARM')
  expect(at.state('landfall-intake-2-queue-stuck')).toBe('INSUFFICIENT_DATA')
})

test('dead letters are an alarm until none is left', () => {
  const at = bench()
  const queue = { Queue: 'intake-1' }
  at.minutesPass(5, (n) => ({ DeadLetters: n < 3 ? 0 : 1 }), queue)
  expect(at.state('landfall-intake-1-dead-letters')).toBe('ALARM')
  at.minutesPass(2, () => ({ DeadLetters: 0 }), queue)
  expect(at.state('landfall-intake-1-dead-letters')).toBe('OK')
})

test('the error budget: a burst that is over soon is no burn, one that goes on is, and it ends with it', () => {
  const at = bench()
  let received = 0
  let late = 0
  const traffic = (minutes: number, share: number): void =>
    at.minutesPass(
      minutes,
      () => {
        received += 100
        late += 100 * share
        return { Received: received, LateEver: late }
      },
      PAIR,
    )
  traffic(180, 0.0005)
  expect(at.on()).not.toContain('landfall-documents-budget-burning')
  // 5 % late: fifty times what 99.9 % allows.
  traffic(10, 0.05)
  expect(at.state('landfall-documents-budget-burning')).toBe('OK')
  traffic(50, 0.05)
  expect(at.state('landfall-documents-budget-1h')).toBe('ALARM')
  expect(at.state('landfall-documents-budget-burning')).toBe('ALARM')
  expect(at.told).toContain('ALARM: "landfall-documents-budget-burning"')
  expect(at.told.filter((subject) => subject.includes('budget-1h'))).toEqual([])
  // The long window still remembers; the short one says that it is over.
  traffic(11, 0)
  expect(at.state('landfall-documents-budget-1h')).toBe('ALARM')
  expect(at.state('landfall-documents-budget-burning')).toBe('OK')
})

test('a budget does not burn for a few late versions, and does where nothing is received any more', () => {
  const few = bench()
  few.minutesPass(130, (n) => ({ Received: 20 + n, LateEver: n < 125 ? 0 : 4 }), PAIR)
  expect(few.state('landfall-documents-budget-1h')).toBe('OK')
  const dead = bench()
  dead.minutesPass(180, (n) => ({ Received: 1000, LateEver: n < 150 ? 0 : n - 150 }), PAIR)
  expect(dead.state('landfall-documents-budget-burning')).toBe('ALARM')
})
