import { describe, expect, it } from 'vitest'
import { FAILURES, failureOf } from '../../../src/domain/failures.ts'
import { fc } from '../../support/fc.ts'

describe('failureOf', () => {
  it("knows S3's reasons and Landfall's own", () => {
    expect(failureOf('AssumeRoleNotPermitted')).toMatchObject({ class: 'setup', by: 's3' })
    expect(failureOf('DstObjectHardDeleted')).toMatchObject({ class: 'object', by: 's3' })
    expect(failureOf('SrcObjectNotEligible').class).toBe('excluded')
    expect(failureOf('SrcReplicationNotPending').class).toBe('look-again')
    expect(failureOf('PendingTooLong')).toMatchObject({ class: 'look-again', by: 'landfall' })
    expect(failureOf('LookRefused s3:GetObjectVersion at source')).toMatchObject({ class: 'setup', by: 'landfall' })
  })

  it.each(['Retention', 'LegalHold'])('knows both grants of %s', (lock) => {
    for (const reason of [`DstPut${lock}NotPermitted`, `SrcGet${lock}NotPermitted`]) {
      expect(FAILURES.get(reason)).toMatchObject({ class: 'setup', by: 's3' })
    }
  })

  it("takes what it does not know as S3's word about one version", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString')), (reason) => {
        if (FAILURES.has(reason.split(' ', 1)[0]!)) return
        expect(failureOf(reason)).toMatchObject({ class: 'object', by: 's3' })
      }),
    )
  })

  it('tells the operator what to do, each time', () => {
    for (const [reason, { hint }] of FAILURES) expect(hint.length, reason).toBeGreaterThan(20)
  })
})
