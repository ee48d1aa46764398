import { expect, test } from 'vitest'
import { checkDashboard } from '../../../sandbox/cloudwatch/dashboard-check.ts'

const ARN = 'arn:aws:cloudwatch:eu-west-2:111111111111:alarm:a:b'
const metric = (properties: object, more: object = {}) => ({
  type: 'metric',
  properties: { region: 'eu-west-2', metrics: [['Landfall', 'Late', 'Pair', 'documents']], ...properties },
  ...more,
})
const faults = (...widgets: unknown[]): string[] =>
  checkDashboard({ widgets }).map(({ DataPath, Message }) => `${DataPath} ${Message}`)

test('what the page shows is sound', () => {
  expect(
    faults(
      { type: 'text', x: 0, y: 7, width: 3, height: 3, properties: { markdown: 'Hello world', background: 'solid' } },
      { type: 'alarm', properties: { title: 'alarms', alarms: [ARN], sortBy: 'default', states: ['ALARM'] } },
      metric({ stat: 'p99.9', period: 300, view: 'timeSeries', stacked: true, accountId: '111111111111' }),
      metric({
        metrics: [
          [{ expression: 'SUM(METRICS())', id: 'e1' }],
          ['AWS/SQS', 'Age', 'QueueName', 'q', { id: 'm1', visible: false }],
          ['.', '.', '.', 'r'],
          ['...', 's'],
        ],
      }),
      metric({
        yAxis: { left: { min: 0, showUnits: false } },
        annotations: { horizontal: [{ label: 'late', value: 900 }] },
      }),
      { type: 'log', properties: { query: 'whatever' } },
    ),
  ).toEqual([])
  expect(
    checkDashboard({ start: '-PT3H', end: '2026-11-24T00:00:00.000Z', periodOverride: 'auto', widgets: [] }),
  ).toEqual([])
})

test.each<[string, unknown, RegExp]>([
  ['no widget', 'text', /^\/widgets\/0 should be object/],
  ['an unknown type', { type: 'graph', properties: {} }, /type should be one of/],
  ['no properties', { type: 'text' }, /required property 'properties'/],
  ['no markdown', { type: 'text', properties: {} }, /required property 'markdown'/],
  [
    'a misspelt member',
    { type: 'text', properties: { markdown: '', backgroud: 'solid' } },
    /backgroud is no property here/,
  ],
  ['no region', { type: 'metric', properties: { metrics: [] } }, /required property 'region'/],
  ['beyond the grid', metric({}, { x: 20, width: 6 }), /24 columns/],
  ['a height of nought', metric({}, { height: 0 }), /integer from 1 to 1000/],
  ['a dimension without value', metric({ metrics: [['Landfall', 'Late', 'Pair']] }), /value for each dimension/],
  [
    'an id twice',
    metric({
      metrics: [
        ['N', 'A', { id: 'a' }],
        ['N', 'B', { id: 'a' }],
      ],
    }),
    /id twice/,
  ],
  ['an id in capitals', metric({ metrics: [['N', 'A', { id: 'A' }]] }), /should match/],
  ['an unknown statistic', metric({ stat: 'Median' }), /should match/],
  ['an odd period', metric({ period: 90 }), /multiple of 60/],
  ['too many lines', metric({ metrics: Array.from({ length: 501 }, () => ['N', 'A']) }), /at most 500/],
  ['no ARN', { type: 'alarm', properties: { alarms: ['late'] } }, /should match/],
  ['too many alarms', { type: 'alarm', properties: { alarms: Array.from({ length: 101 }, () => ARN) } }, /at most 100/],
])('%s', (_, widget, expected) => {
  expect(faults(widget)).toEqual([expect.stringMatching(expected)])
})

test('2,500 metrics together', () => {
  const lines = Array.from({ length: 500 }, (_, n) => ['N', 'A', 'D', String(n)])
  expect(faults(...Array.from({ length: 5 }, () => metric({ metrics: lines })))).toEqual([])
  expect(faults(...Array.from({ length: 6 }, () => metric({ metrics: lines })))).toEqual([
    expect.stringMatching(/more than 2500/),
  ])
})
