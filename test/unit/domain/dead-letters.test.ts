import { describe, expect, test } from 'vitest'
import {
  COPY_OF,
  type DeadLetter,
  exportedLetter,
  isSelected,
  keyOfExported,
  letterKey,
  makeReadLetter,
  selectsAll,
} from '../../../src/domain/dead-letters.ts'
import { inertJson } from '../../../src/domain/inert.ts'
import created from '../../fixtures/events/object-created-put.json' with { type: 'json' }
import { fc } from '../../support/fc.ts'

const [good] = created.Records
const BUCKET = good!.s3.bucket.name
const ARN = 'arn:aws:sqs:eu-west-1:111111111111:events-dead'
const read = makeReadLetter([
  { name: 'documents', source: { bucket: BUCKET }, destination: { bucket: 'replicas' } },
  { name: 'chained', source: { bucket: 'replicas' }, destination: { bucket: 'third' } },
])

const letter = (body: string, more: Partial<DeadLetter> = {}): DeadLetter => ({
  id: '5e1f0c3a-0000-4000-8000-000000000001',
  body,
  sentAt: 1_800_000_000_000,
  receives: 11,
  source: 'arn:aws:sqs:eu-west-1:111111111111:events',
  attributes: {},
  ...more,
})
const records = (...list: unknown[]): string => JSON.stringify({ Records: list })
const inBucket = (name: string): unknown => ({ ...good, s3: { ...good!.s3, bucket: { ...good!.s3.bucket, name } } })

describe('reading a letter', () => {
  test('a good one parses today: its pair, and why it may be here', () => {
    const view = read(letter(records(good)))
    expect(view).toMatchObject({
      parses: true,
      form: 's3',
      pairs: ['documents'],
      strangers: [],
      faults: [],
      receives: 11,
    })
    expect(view.events).toHaveLength(1)
    expect(view.reason).toMatch(/^parses today; it was received too often/)
    expect(read(letter(records(good), { source: undefined })).reason).toMatch(/sent to this queue by hand/)
  })

  test('one that is neither JSON nor an event: the reason, and no events', () => {
    expect(read(letter('{"half": '))).toMatchObject({
      parses: false,
      reason: 'the body is not JSON',
      events: [],
      pairs: [],
    })
    expect(read(letter('{}')).reason).toMatch(/no S3 event/)
  })

  test('one with a broken record: the good ones are shown too', () => {
    const view = read(letter(records(good, 7, { eventName: '' })))
    expect(view).toMatchObject({ parses: false, pairs: ['documents'] })
    expect(view.faults).toHaveLength(2)
    expect(view.reason).toMatch(/^record 1: .*\(and 1 more\)$/)
  })

  test('a bucket of two pairs, and one of none', () => {
    const view = read(letter(records(inBucket('replicas'), inBucket('nobodys'))))
    expect(view.pairs).toEqual(['documents', 'chained'])
    expect(view.strangers).toEqual(['nobodys'])
  })

  test('a copy that came back names its letter', () => {
    const attributes = { [COPY_OF]: { type: 'String', text: 'first' } }
    expect(read(letter('{}', { attributes })).copyOf).toBe('first')
  })

  test('whatever a body holds: a view, never an error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.json().map((json) => records(json)),
        ),
        (body) => {
          const view = read(letter(body))
          expect(view.parses).toBe(view.faults.length === 0)
          expect(view.reason).not.toBe('')
        },
      ),
    )
  })
})

describe('a selection', () => {
  const parsing = read(letter(records(good)))
  const broken = read(letter('x', { id: 'other' }))

  test('takes all where it says nothing', () => {
    expect(selectsAll({ parses: undefined, pair: undefined })).toBe(true)
    expect(selectsAll({ parses: false })).toBe(false)
    expect([parsing, broken].every((view) => isSelected(view, {}))).toBe(true)
  })

  test.each([
    [{ parses: true }, [true, false]],
    [{ parses: false }, [false, true]],
    [{ pair: 'documents' }, [true, false]],
    [{ reason: 'NOT json' }, [false, true]],
    [{ ids: ['5e1f'] }, [true, false]],
    [{ ids: ['5e1f'], parses: false }, [false, false]],
  ])('%j', (selection, expected) => {
    expect([parsing, broken].map((view) => isSelected(view, selection))).toEqual(expected)
  })
})

describe('the key of a letter', () => {
  test('differs by queue, id, time and body', () => {
    const base = letter('a')
    const keys = [
      letterKey(ARN, base),
      letterKey(`${ARN}2`, base),
      letterKey(ARN, { ...base, id: 'b' }),
      letterKey(ARN, { ...base, sentAt: 1 }),
      letterKey(ARN, { ...base, body: 'b' }),
    ]
    expect(new Set(keys).size).toBe(5)
  })

  test('is that of its line in an export, whatever it holds', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, fc.option(fc.nat(), { nil: undefined }), (id, body, sentAt) => {
        const one = { ...letter(body), id, sentAt }
        const line = inertJson(exportedLetter(ARN, { ...one, receipt: 'secret' } as DeadLetter, read(one)))
        expect(line).not.toContain('secret')
        expect(line).not.toMatch(/[\n\r\u2028\u2029]/)
        expect(keyOfExported(line)).toBe(letterKey(ARN, one))
      }),
    )
  })

  test('no line of an export: none', () => {
    for (const line of ['', '{', '7', 'null', '{"id":"a","body":"b"}', '{"deadLetterQueue":1,"id":"a","body":"b"}'])
      expect(keyOfExported(line)).toBeUndefined()
  })
})
