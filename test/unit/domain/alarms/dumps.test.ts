/** The alarms on dumps: each goes off for what it is there for. */
import { expect, test } from 'vitest'
import { alarmsOf } from '../../../../src/domain/alarms/alarms.ts'
import { makeAlarmBench } from '../../../support/alarm-bench.ts'
import { smallDump, smallEstate } from '../../../support/small-estate.ts'

const DUMP = { Dump: 'production' }
const HOUR = 3600
const GOOD = {
  DumpAge: 2 * HOUR,
  DumpVerifiedAge: 2 * HOUR,
  DumpDrilledAge: 24 * HOUR,
  DumpSizeRatio: 1.01,
  DumpBroken: 0,
  DumpReplicaLag: 0,
}
const bench = (pair: string | undefined = 'documents') =>
  makeAlarmBench(alarmsOf(smallEstate({ dumps: [smallDump('production', { pair })] })))
const on = (at: ReturnType<typeof bench>): string[] => at.on().filter((name) => name.includes('-dump-'))

test('a dump in good order is no alarm', () => {
  const at = bench()
  at.minutesPass(30, () => GOOD, DUMP)
  expect(on(at)).toEqual([])
})

test.each([
  ['dump-missing', { DumpAge: 26 * HOUR + 1 }],
  ['dump-unverified', { DumpVerifiedAge: 26 * HOUR + 1 }],
  ['dump-undrilled', { DumpDrilledAge: 8 * 24 * HOUR + 1 }],
  ['dump-broken', { DumpBroken: 1 }],
  ['dump-shrunk', { DumpSizeRatio: 0.49 }],
  ['dump-grown', { DumpSizeRatio: 3.1 }],
  ['dump-replica-late', { DumpReplicaLag: HOUR + 1 }],
])('%s, alone, and over when it is mended', (cause, bad) => {
  const at = bench()
  at.minutesPass(20, () => ({ ...GOOD, ...bad }), DUMP)
  expect(on(at)).toEqual([`landfall-production-${cause}`])
  at.minutesPass(20, () => GOOD, DUMP)
  expect(on(at)).toEqual([])
})

test('a bucket that nobody could ever list is no dump; without a pair no replica is waited for', () => {
  const at = bench()
  at.minutesPass(20, () => ({}), DUMP)
  expect(on(at)).toEqual(['landfall-production-dump-missing'])
  const names = alarmsOf(smallEstate({ dumps: [smallDump('production')] })).map(({ name }) => name)
  expect(names).not.toContain('landfall-production-dump-replica-late')
})
