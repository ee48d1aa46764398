import { describe, expect, it } from 'vitest'
import type { Arrival } from '../../src/domain/look.ts'
import { OPEN_STATES, type OpenVersion } from '../../src/domain/version.ts'
import { decodeArrival, decodeRecord, encodeArrival, encodeRecord } from '../../src/ledger/record.ts'
import { fc } from '../support/fc.ts'

const id = '1234567890123456789'
const separators = fc.string({ unit: fc.constantFrom('|', '%', '%7C', '%25', 'a', '\n', '\u0000', '😀'), minLength: 1 })
const text = fc.oneof(separators, fc.string({ unit: 'binary', minLength: 1 }))
const time = fc.integer({ min: 0, max: 4_102_444_800_000 })
const size = fc.maxSafeNat()
const kind = fc.constantFrom('object' as const, 'marker' as const)

const versions = fc.record(
  {
    id: fc.constant(id),
    key: fc.oneof(separators, fc.string({ unit: 'binary' })),
    versionId: text,
    kind,
    eventTime: time,
    state: fc.constantFrom(...OPEN_STATES),
    looks: fc.nat(),
    sequencer: text,
    size,
    etag: text,
    absentAt: time,
    reason: text,
    lifecycle: fc.constant(true as const),
  },
  { requiredKeys: ['id', 'key', 'versionId', 'kind', 'eventTime', 'state', 'looks'] },
)

describe('a record', () => {
  it('holds every version, whatever its texts hold', () => {
    fc.assert(
      fc.property(versions, (version) => {
        expect(decodeRecord(id, encodeRecord(version as OpenVersion))).toEqual(version)
      }),
    )
  })

  it('has the form that the scripts know', () => {
    const version: OpenVersion = {
      id,
      key: 'a|b.pdf',
      versionId: 'v|1',
      kind: 'object',
      size: 7,
      etag: 'e',
      eventTime: 36,
      state: 'failed',
      looks: 3,
      absentAt: 35,
      reason: 'x%y',
    }
    expect(encodeRecord(version)).toBe('fo3|z|7|x%25y|10|v%7C1||e|a|b.pdf')
    expect(encodeRecord({ ...version, kind: 'marker', lifecycle: true, state: 'waiting' })).toMatch(/^wM3\|/)
  })
})

describe('an arrival', () => {
  it('holds what came', () => {
    const arrivals = fc.record(
      { id: fc.constant(id), time, kind, size, etag: text },
      { requiredKeys: ['id', 'time', 'kind'] },
    )
    fc.assert(
      fc.property(arrivals, (arrival) => {
        expect(decodeArrival(id, encodeArrival(arrival as Arrival))).toEqual(arrival)
      }),
    )
  })
})
