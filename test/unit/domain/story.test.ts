/** What a story comes to, and the next step. */
import { describe, expect, test } from 'vitest'
import type { Parked } from '../../../src/domain/repair/words.ts'
import { type LedgerStory, nextOfStory, stateOf, type Told } from '../../../src/domain/story.ts'
import { traceOf } from '../../../src/domain/trace.ts'
import { booking } from '../../support/versions.ts'

const unlearned = { code: 'REDIS_UNREACHABLE', message: 'away', hint: 'Is Redis up?' } as const
const side = { bucket: 'b', region: 'r', more: false, unlearned: [] }
const parked: Parked = {
  version: { ...booking(1).version, state: 'failed', looks: 3, reason: 'DstPutObjectNotPermitted' },
  due: false,
}
const open: LedgerStory = { kind: 'open', parked }
const landed = { to: 'close', verdict: 'landed', evidence: 'head' } as const
const excluded = { to: 'close', verdict: 'excluded', evidence: 'head' } as const
const waiting = { to: 'wait', state: 'waiting', againInMs: 5 } as const
const failed = { to: 'park', state: 'failed', reason: 'ReplicationFailed', recheckInMs: 5 } as const
const refused = { ...failed, reason: 'LookRefused s3:GetObjectVersion at source' } as const
const blind = { to: 'unlearned', unlearned: { ...unlearned, code: 'AWS_UNREACHABLE', hint: 'wait' } } as const
const closed: LedgerStory = { kind: 'closed' }
const discarded = { id: '1', key: 'k', versionId: 'v', at: 1, who: 'ann', reason: 'x' }

const told = (
  ledger: LedgerStory,
  verdict: Told['verdict'],
  rule: Told['rule'] = { kind: 'uncovered', why: [] },
): Told => ({
  pair: 'p',
  key: 'documents/1.pdf',
  versionId: 'v1',
  id: '1',
  trace: traceOf('1').trace,
  rule,
  source: { ...side, side: 'source' },
  destination: { ...side, side: 'destination' },
  ledger,
  verdict,
})
const next = (one: Told) => nextOfStory(one, 'OBJECT', (text) => `<${text}>`)

describe('state', () => {
  test.each([
    ['the looks decide', open, landed, 'landed'],
    ['a verdict closes', open, excluded, 'closed'],
    ['open and waiting', open, waiting, 'at risk'],
    ['unknown to the ledger, and not there', { kind: 'unknown' }, waiting, 'at risk'],
    ['closed once, and gone by now', closed, failed, 'at risk'],
    ['closed, and no look may tell', closed, refused, 'closed'],
    ['closed, and no look succeeded', closed, blind, 'closed'],
    ['nothing told a thing', { kind: 'unknown' }, blind, 'at risk'],
    ['given up by a person', { kind: 'closed', discarded }, failed, 'closed'],
    ['given up long ago', { kind: 'unknown', discarded }, failed, 'closed'],
    ['without Redis', { kind: 'away', unlearned }, landed, 'landed'],
    ['without Redis, and failed', { kind: 'away', unlearned }, failed, 'at risk'],
  ] as const)('%s', (_, ledger, verdict, wanted) => {
    expect(stateOf(told(ledger, verdict))).toBe(wanted)
  })
})

describe('next', () => {
  const assessed = (
    assessment: NonNullable<(LedgerStory & { kind: 'open' })['assessment']>,
    more: Partial<Parked> = {},
  ) => next(told({ kind: 'open', parked: { ...parked, ...more }, assessment }, failed))

  test('nothing, where nothing is at risk', () => {
    expect(next(told(closed, landed))).toBe('Nothing.')
    expect(next(told(open, landed))).toBe('Nothing: the next look closes it.')
    expect(next(told({ kind: 'away', unlearned }, landed))).toBe('Nothing, as far as the looks tell.')
    expect(next(told(closed, excluded))).toMatch(/^Nothing, if it is not meant to replicate/)
  })
  test('what could not be learned comes first', () => {
    expect(next(told({ kind: 'away', unlearned }, failed))).toMatch(/^Is Redis up\?/)
    expect(next(told(open, blind))).toBe('wait')
  })
  test('an audit books what the ledger does not have', () => {
    expect(next(told({ kind: 'unknown' }, failed))).toBe(
      "landfall audit --repair --pair <p> books it once it is older than the pair's `late`: then it counts as at risk, and is driven where the pair lets it.",
    )
  })
  test('what a re-drive does, or a person', () => {
    expect(next(told(open, waiting))).toBe('Nothing: it is looked at again by itself.')
    expect(assessed({ kind: 'drive', strategy: 'batch' })).toBe('Nothing: the next re-drive takes it (batch).')
    expect(assessed({ kind: 'hold', cause: 'DstPutObjectNotPermitted', again: false })).toMatch(
      /^Grant the replication role .* Then: landfall failures redrive --pair <p> --reason <DstPutObjectNotPermitted> --probe --yes$/,
    )
    expect(assessed({ kind: 'rest', because: 'attempts' })).toMatch(
      /landfall failures redrive OBJECT --yes orders it\.$/,
    )
    expect(assessed({ kind: 'rest', because: 'pending' })).toMatch(/never re-driven\.$/)
    const mismatched = { version: { ...parked.version, state: 'mismatched' as const } }
    expect(assessed({ kind: 'rest', because: 'mismatched' }, mismatched)).toContain(
      'landfall failures discard OBJECT --because "..." --yes',
    )
  })
})
