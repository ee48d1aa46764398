import { expect, test } from 'vitest'
import { lint, type LintedAlarm } from '../../../../src/domain/alarms/lint.ts'
import { smallPair } from '../../../support/small-estate.ts'

const PAIRS = [smallPair('documents')]
const SOUND: LintedAlarm = {
  name: 'theirs',
  region: 'eu-west-1',
  metric: 'OperationsFailedReplication',
  dimensions: { SourceBucket: 'documents-source', DestinationBucket: 'documents-destination', RuleId: 'all' },
  comparison: 'GreaterThanThreshold',
  threshold: 0,
  m: 1,
  n: 1,
  missing: 'notBreaching',
  actions: 1,
}

const said = (change: Partial<LintedAlarm>): string[] =>
  lint([{ ...SOUND, ...change }], PAIRS).map(({ kind, why }) => `${kind}: ${why}`)

test('a sound alarm is not spoken of', () => {
  expect(said({})).toEqual([])
  expect(said({ comparison: 'GreaterThanOrEqualToThreshold', threshold: 1 })).toEqual([])
  expect(said({ metric: 'ReplicationLatency', region: 'eu-west-2', threshold: 900, m: 3, n: 5 })).toEqual([])
})

test.each<[string, Partial<LintedAlarm>, RegExp]>([
  [
    'an ARN',
    { dimensions: { ...SOUND.dimensions, SourceBucket: 'arn:aws:s3:::documents-source' } },
    /^never: SourceBucket is an ARN/,
  ],
  ['no rule', { dimensions: { ...SOUND.dimensions, RuleId: undefined } }, /^never: it has no dimension RuleId/],
  ['one too many', { dimensions: { ...SOUND.dimensions, FilterId: 'x' } }, /^never: .*FilterId/],
  ['failures in the destination', { region: 'eu-west-2' }, /^never: .* in eu-west-1;/],
  ['latency in the source', { metric: 'ReplicationLatency' }, /^never: .* in eu-west-2;/],
  ['above one', { threshold: 1 }, /^blind: fewer than 2 failures/],
  ['five or more', { comparison: 'GreaterThanOrEqualToThreshold', threshold: 5 }, /^blind: fewer than 5/],
  ['two periods', { m: 2, n: 2 }, /^blind: it wants failures in 2 periods/],
  ['missing', { missing: 'missing' }, /^blind: missing data/],
  ['nobody', { actions: 0 }, /^blind: it tells nobody/],
  ['the wrong way round', { comparison: 'LessThanThreshold', threshold: 1 }, /^blind: it goes off below/],
])('%s', (_, change, expected) => {
  expect(said(change)).toEqual([expect.stringMatching(expected)])
})

test('an ARN is told with the name that belongs there, and its pair is known all the same', () => {
  const dimensions = { ...SOUND.dimensions, SourceBucket: 'arn:aws:s3:::documents-source' }
  const findings = lint([{ ...SOUND, dimensions, region: 'eu-west-2' }], PAIRS)
  expect(findings.map(({ mend }) => mend)).toEqual(['Write documents-source.', 'Make it in eu-west-1.'])
})
