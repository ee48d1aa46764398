/** What policies say to one request: held against the sandbox' evaluation, and against what must never be guessed. */
import { describe, expect, it } from 'vitest'
import { answerOf, type Ask, deniedBy, glob } from '../../../../src/domain/doctor/policies.ts'
import type { PolicyDocument } from '../../../../src/domain/setup/observed.ts'
import { globOf, matchesGlob } from '../../../../sandbox/iam/evaluate/match.ts'
import { fc } from '../../../support/fc.ts'

const ask = (more: Partial<Ask> = {}): Ask => ({
  action: 's3:ReplicateObject',
  resource: 'arn:aws:s3:::there/key',
  context: { 'aws:securetransport': 'true' },
  ...more,
})
const policy = (...Statement: PolicyDocument['Statement']): PolicyDocument => ({ Statement })
const allow = { Effect: 'Allow', Action: 's3:Replicate*', Resource: 'arn:aws:s3:::there/*' }
const deny = { ...allow, Effect: 'Deny' }

describe('answerOf', () => {
  it.each([
    ['nothing', [], 'refused'],
    ['a grant', [allow], 'allowed'],
    ['in any case', [{ ...allow, Action: ['S3:replicateOBJECT'] }], 'allowed'],
    ['another action', [{ ...allow, Action: 's3:ReplicateDelete' }], 'refused'],
    ['another resource', [{ ...allow, Resource: 'arn:aws:s3:::here/*' }], 'refused'],
    ['all but another action', [{ ...allow, Action: undefined, NotAction: 's3:Put*' }], 'allowed'],
    ['all but this resource', [{ ...allow, Resource: undefined, NotResource: 'arn:aws:s3:::there/*' }], 'refused'],
    ['a denial over a grant', [allow, deny], 'refused'],
    ['a denial without TLS', [allow, { ...deny, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }], 'allowed'],
    [
      'a condition that is not known',
      [{ ...allow, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o' } } }],
      'unsure',
    ],
    ['... if it exists', [{ ...allow, Condition: { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o' } } }], 'allowed'],
    [
      'a denial that is not known',
      [allow, { ...deny, Condition: { StringNotEquals: { 'aws:PrincipalOrgID': 'o' } } }],
      'unsure',
    ],
    ['a variable', [{ ...allow, Resource: 'arn:aws:s3:::${aws:PrincipalTag/bucket}/*' }], 'unsure'],
    [
      'an operator that is not known',
      [{ ...allow, Condition: { DateLessThan: { 'aws:SecureTransport': '1' } } }],
      'unsure',
    ],
    ['nonsense', [{ Effect: 'Allow', Action: 7, Resource: null, Condition: 'x' }], 'refused'],
  ] as const)('%s', (_name, statements, answer) => {
    expect(answerOf([{ Statement: statements }], ask())).toBe(answer)
  })

  it.each([
    [{ AWS: '*' }, 'allowed'],
    [{ AWS: 'arn:aws:iam::111111111111:root' }, 'allowed'],
    [{ AWS: ['111111111111'] }, 'allowed'],
    [{ AWS: 'arn:aws:iam::222222222222:root' }, 'refused'],
    [{ Service: 's3.amazonaws.com' }, 'refused'],
  ])('principal %j', (Principal, answer) => {
    const principal = { arn: 'arn:aws:iam::111111111111:role/replication' }
    expect(answerOf([policy({ ...allow, Principal })], ask({ principal }))).toBe(answer)
  })

  it('a denial alone', () => {
    expect(deniedBy([policy(allow)], ask())).toBe(false)
    expect(deniedBy([policy(allow, deny)], ask())).toBe(true)
  })

  it('a statement more that denies never makes it more allowed', () => {
    const statement = fc.record({
      Effect: fc.constantFrom('Allow', 'Deny'),
      Action: fc.constantFrom('*', 's3:*', 's3:ReplicateObject', 's3:Get*'),
      Resource: fc.constantFrom('*', 'arn:aws:s3:::there/*', 'arn:aws:s3:::here/*'),
      Condition: fc.constantFrom(
        undefined,
        { Bool: { 'aws:SecureTransport': 'true' } },
        { StringLike: { 'x:y': '*' } },
      ),
    })
    const rank = { refused: 0, unsure: 1, allowed: 2 }
    fc.assert(
      fc.property(fc.array(statement), statement, (statements, more) => {
        const before = answerOf([policy(...statements)], ask())
        const after = answerOf([policy(...statements, { ...more, Effect: 'Deny' })], ask())
        expect(rank[after]).toBeLessThanOrEqual(rank[before])
      }),
    )
  })
})

it('wildcards are those of the sandbox', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '/'), maxLength: 12 })
  fc.assert(
    fc.property(text, text, (pattern, against) => {
      expect(glob(pattern, against)).toBe(matchesGlob(globOf(pattern, undefined)!, against))
    }),
  )
})
