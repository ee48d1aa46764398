import { expect, test } from 'vitest'
import { type AlarmRule, type AlarmState, evaluateAlarm, type MissingData } from '../../../sandbox/cloudwatch/alarm.ts'

const MINUTE = 60_000
const AT = 100 * MINUTE

/** Of CloudWatch's user guide: `0` is good data, `X` breaches, `-` is missing; the newest is the last of five. */
function stateOf(datapoints: string, m: number, missing: MissingData, before: AlarmState): AlarmState {
  const data = datapoints.split(' ').flatMap((point, index) => {
    return point === '-' ? [] : { at: AT - (5 - index) * MINUTE, value: point === 'X' ? 10 : 0 }
  })
  const rule: AlarmRule = {
    periodMs: MINUTE,
    evaluationPeriods: 3,
    datapointsToAlarm: m,
    threshold: 5,
    comparison: 'GreaterThanThreshold',
    missing,
  }
  return evaluateAlarm(rule, data, AT, before)
}

type Row = readonly [datapoints: string, missing: string, ignore: string, breaching: string, notBreaching: string]

const THREE_OF_THREE: readonly Row[] = [
  ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
  ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
  ['- - - - -', 'INSUFFICIENT_DATA', 'before', 'ALARM', 'OK'],
  ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['- - X - -', 'ALARM', 'before', 'ALARM', 'OK'],
]

const TWO_OF_THREE: readonly Row[] = [
  ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
  ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
  ['- - - X -', 'ALARM', 'before', 'ALARM', 'OK'],
]

const cases = [3, 2].flatMap((m) =>
  (m === 3 ? THREE_OF_THREE : TWO_OF_THREE).flatMap(([datapoints, ...states]) =>
    (['missing', 'ignore', 'breaching', 'notBreaching'] as const).map((missing, n) => ({
      m,
      datapoints,
      missing,
      expected: states[n]!,
    })),
  ),
)

test.each(cases)('$m of 3, "$datapoints", $missing: $expected', ({ m, datapoints, missing, expected }) => {
  for (const before of ['OK', 'ALARM'] as const) {
    expect(stateOf(datapoints, m, missing, before)).toBe(expected === 'before' ? before : expected)
  }
})

test('one breach that is younger than M periods is no alarm yet', () => {
  expect(stateOf('- - - - X', 3, 'missing', 'OK')).toBe('OK')
})
