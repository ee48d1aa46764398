import { fc } from '../../support/fc.ts'
import { describe, expect, it } from 'vitest'
import { isSampled, logName, traceOf, upstreamOf } from '../../../src/domain/trace.ts'
import { versionId63 } from '../../../src/domain/version.ts'

const id = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)

describe('the trace of a version', () => {
  it('is what W3C Trace Context takes, and the same whenever it is asked', () => {
    fc.assert(
      fc.property(id, (id) => {
        const { trace, root } = traceOf(id)
        expect(trace).toMatch(/^[0-9a-f]{32}$/)
        expect(root).toMatch(/^[0-9a-f]{16}$/)
        expect(Number.parseInt(trace, 16)).toBeGreaterThan(0)
        expect(traceOf(id)).toEqual({ trace, root })
      }),
    )
  })

  it('never changes: logs of years are searched by it', () => {
    expect(traceOf(versionId63({ key: 'a/b.pdf', versionId: '3HL4kqCxf3vjVBH40Nrjfkd' }))).toEqual({
      trace: 'eb6d4c7b99b9e25793f5f4e0df732dae',
      root: 'cd49b23bc1462e60',
    })
  })

  it('is another for another version', () => {
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 2, maxLength: 50 }), (ids) => {
        expect(new Set(ids.map((one) => traceOf(one).trace)).size).toBe(ids.length)
      }),
    )
  })
})

describe('how a log line names a version', () => {
  it('makes the id where the caller has none, but for a `null` version', () => {
    const made = versionId63({ key: 'k', versionId: 'v' })
    expect(logName({ key: 'k', versionId: 'v' })).toEqual({
      version: made,
      trace: traceOf(made).trace,
      key: 'k',
      versionId: 'v',
    })
    expect(logName({ key: 'k', versionId: 'null' })).toEqual({ key: 'k', versionId: 'null' })
    expect(logName({ key: 'k', versionId: 'null', id: '7' })).toMatchObject({ version: '7', trace: traceOf('7').trace })
  })
})

describe('the sample', () => {
  it('takes about its share, all of 1 and nothing of 0', () => {
    const traces = Array.from({ length: 4000 }, (_, n) => traceOf(String(n)).trace)
    const taken = (share: number): number => traces.filter((trace) => isSampled(trace, share)).length
    expect([taken(0), taken(1)]).toEqual([0, 4000])
    expect(Math.abs(taken(0.1) - 400)).toBeLessThan(100)
  })
})

describe("X-Ray's header", () => {
  it.each([
    [
      'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
      { trace: '5759e988bd862e3fe1be46a994272793', span: '53995c3f42cd8ad8' },
    ],
    ['Root=1-5759e988-bd862e3fe1be46a994272793', { trace: '5759e988bd862e3fe1be46a994272793' }],
    ['Sampled=0; Root=1-5759e988-bd862e3fe1be46a994272793', { trace: '5759e988bd862e3fe1be46a994272793' }],
    ['Root=1-5759e988-short', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, expected) => expect(upstreamOf(header)).toEqual(expected))

  it('takes any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void upstreamOf(text)))
  })
})
