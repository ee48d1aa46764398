import { describe, expect, it } from 'vitest'
import { type Actor, type Policies, refusalOf } from '../../../sandbox/iam/evaluate/evaluate.ts'
import { globOf, matchesArn, matchesGlob } from '../../../sandbox/iam/evaluate/match.ts'
import { parsePolicy, type PolicyKind } from '../../../sandbox/iam/evaluate/policy.ts'
import { sentence } from '../../../sandbox/iam/words.ts'

const HOME = '222222222222'
const AWAY = '333333333333'
const ROLE = `arn:aws:iam::${HOME}:role/landfall`
const SESSION: Actor = {
  kind: 'role',
  account: HOME,
  roleArn: ROLE,
  arn: `arn:aws:sts::${HOME}:assumed-role/landfall/verify`,
}
const S3: Actor = { kind: 'service', name: 's3.amazonaws.com' }
const OBJECT = 'arn:aws:s3:::documents/a'

type Keys = Readonly<Record<string, string | readonly string[]>>

function policy(kind: PolicyKind, ...statements: object[]) {
  return parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }), kind)
}

const allow = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
const deny = { ...allow, Effect: 'Deny' }
const everyone = { Principal: '*' }
const identity = (...statements: object[]) => ({ identity: [policy('identity', ...statements)] })
const bucket = (...statements: object[]) => ({ resource: policy('resource', ...statements) })

function ask(
  policies: Partial<Policies>,
  more: { owner?: string; actor?: Actor; keys?: Keys; resource?: string } = {},
) {
  const { owner = HOME, actor = SESSION, keys = {}, resource = OBJECT } = more
  const context = (key: string) => {
    const value = keys[key]
    return typeof value === 'string' ? [value] : value
  }
  const question = { actor, action: 's3:GetObject', resource, owner, context }
  return refusalOf(question, { identity: [], ...policies })
}

describe('in one account', () => {
  it('either policy is enough, and none is not', () => {
    expect(ask(identity(allow))).toBeUndefined()
    expect(ask(bucket({ ...allow, ...everyone }))).toBeUndefined()
    expect(ask({})).toBe('identity lacks')
  })

  it('a deny wins, wherever it stands', () => {
    expect(ask(identity(allow, deny))).toBe('identity denies')
    expect(ask({ ...identity(allow), ...bucket({ ...deny, ...everyone }) })).toBe('resource denies')
    expect(ask({ ...identity(allow), session: policy('identity', allow, deny) })).toBe('session denies')
  })

  it("a bucket policy that names the account leaves it to the account's own policies", () => {
    const named = bucket({ ...allow, Principal: { AWS: HOME } })
    expect(ask(named)).toBe('identity lacks')
    expect(ask({ ...named, ...identity(allow) })).toBeUndefined()
    expect(ask(bucket({ ...allow, Principal: { AWS: ROLE } }))).toBeUndefined()
  })

  it("a session's policy cuts down what the role may, but not what is granted to the session by name", () => {
    const session = policy('identity', { ...allow, Action: 's3:PutObject' })
    expect(ask({ ...identity(allow), session })).toBe('session lacks')
    expect(ask({ session, ...bucket({ ...allow, Principal: { AWS: ROLE } }) })).toBe('identity lacks')
    expect(ask({ session, ...bucket({ ...allow, Principal: { AWS: SESSION.arn } }) })).toBeUndefined()
  })
})

describe('across accounts', () => {
  it('both sides must allow', () => {
    const grant = bucket({ ...allow, Principal: { AWS: ROLE } })
    const away = { owner: AWAY }
    expect(ask(identity(allow), away)).toBe('resource lacks')
    expect(ask(grant, away)).toBe('identity lacks')
    expect(ask({ ...identity(allow), ...grant }, away)).toBeUndefined()
    expect(ask({ ...identity(allow), ...bucket({ ...allow, Principal: { AWS: HOME } }) }, away)).toBeUndefined()
  })
})

describe('a role', () => {
  const trust = (statement: object): Partial<Policies> => ({
    resource: policy('trust', { Effect: 'Allow', Action: 's3:GetObject', ...statement }),
    trust: true,
  })

  it('is assumed only where its trust policy says so', () => {
    expect(ask({ ...identity(allow), ...trust({ Principal: { AWS: AWAY } }) })).toBe('resource lacks')
    expect(ask(trust({ Principal: { AWS: HOME } }))).toBe('identity lacks')
    expect(ask({ ...identity(allow), ...trust({ Principal: { AWS: HOME } }) })).toBeUndefined()
    expect(ask(trust({ Principal: { AWS: ROLE } }))).toBeUndefined()
  })

  it('is assumed by services that it names', () => {
    expect(ask(trust({ Principal: { Service: 's3.amazonaws.com' } }), { actor: S3 })).toBeUndefined()
    expect(ask(trust({ Principal: { Service: 'sns.amazonaws.com' } }), { actor: S3 })).toBe('resource lacks')
  })

  it('may ask for an external id, and for MFA', () => {
    const strict = trust({
      Principal: { AWS: ROLE },
      Condition: { StringEquals: { 'sts:ExternalId': 'x' }, Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    })
    const keys = { 'sts:externalid': 'x', 'aws:multifactorauthpresent': 'true' }
    expect(ask(strict, { keys })).toBeUndefined()
    expect(ask(strict, { keys: { ...keys, 'sts:externalid': 'y' } })).toBe('resource lacks')
    expect(ask(strict, { keys: { 'sts:externalid': 'x' } })).toBe('resource lacks')
  })
})

describe('conditions', () => {
  const plain = { ...deny, ...everyone, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }
  it.each([
    ['false', 'resource denies'],
    ['true', undefined],
  ])('a request with aws:SecureTransport %s', (secure, refusal) => {
    expect(ask({ ...identity(allow), ...bucket(plain) }, { keys: { 'aws:securetransport': secure } })).toBe(refusal)
  })

  it.each<[object, Keys, boolean]>([
    [{ StringEquals: { 'aws:SourceAccount': HOME } }, { 'aws:sourceaccount': HOME }, true],
    [{ StringEquals: { 'aws:SourceAccount': HOME } }, {}, false],
    [{ StringNotEquals: { 'aws:SourceAccount': HOME } }, {}, true],
    [{ StringEqualsIfExists: { 'aws:SourceAccount': HOME } }, {}, true],
    [
      { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::documents*' } },
      { 'aws:sourcearn': 'arn:aws:s3:::documents-x' },
      true,
    ],
    [{ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*:documents' } }, { 'aws:sourcearn': 'arn:aws:s3:::documents' }, false],
    [{ Null: { 'aws:SourceArn': 'true' } }, {}, true],
    [{ Null: { 'aws:SourceArn': 'true' } }, { 'aws:sourcearn': 'arn:aws:s3:::documents' }, false],
    [{ NumericLessThan: { 's3:max-keys': 10 } }, { 's3:max-keys': '9' }, true],
    [{ DateGreaterThan: { 'aws:CurrentTime': '2026-01-01T00:00:00Z' } }, { 'aws:currenttime': '2027-01-01' }, true],
    [{ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, { 'aws:sourceip': '10.1.2.3' }, true],
    [{ 'ForAllValues:StringLike': { 's3:RequestObjectTagKeys': 't*' } }, {}, true],
    [{ 'ForAnyValue:StringLike': { 's3:RequestObjectTagKeys': 't*' } }, {}, false],
    [
      { 'ForAllValues:StringLike': { 's3:RequestObjectTagKeys': 't*' } },
      { 's3:requestobjecttagkeys': ['ta', 'x'] },
      false,
    ],
    [
      { 'ForAnyValue:StringLike': { 's3:RequestObjectTagKeys': 't*' } },
      { 's3:requestobjecttagkeys': ['ta', 'x'] },
      true,
    ],
    [{ StringLike: { 's3:prefix': '${aws:username}/*' } }, { 's3:prefix': 'me/x', 'aws:username': 'me' }, true],
    [{ StringLike: { 's3:prefix': '${aws:username}/*' } }, { 's3:prefix': 'me/x', 'aws:username': '*' }, false],
    [{ StringLike: { 's3:prefix': '${aws:username}' } }, { 's3:prefix': '*' }, false],
    [{ StringEquals: { 's3:prefix': "${aws:PrincipalTag/team, 'none'}" } }, { 's3:prefix': 'none' }, true],
    [{ StringLike: { 's3:prefix': 'a${*}' } }, { 's3:prefix': 'ab' }, false],
  ])('%j with %j: %s', (Condition, keys, holds) => {
    expect(ask(identity({ ...allow, Condition }), { keys }) === undefined).toBe(holds)
  })
})

describe('wildcards', () => {
  it('stay inside their member of an ARN, and may cross slashes', () => {
    expect(matchesArn('arn:aws:s3:::docs/*', 'arn:aws:s3:::docs/a/b:c', undefined)).toBe(true)
    expect(matchesArn('arn:aws:sqs:*:q', `arn:aws:sqs:eu-west-1:${HOME}:q`, undefined)).toBe(false)
    expect(matchesArn(`arn:aws:sqs:*:*:in?ake`, `arn:aws:sqs:eu-west-1:${HOME}:intake`, undefined)).toBe(true)
  })

  it('take no time that grows beyond reason', () => {
    const glob = globOf(`${'a*'.repeat(60)}b`, undefined)!
    expect(matchesGlob(glob, 'a'.repeat(5000))).toBe(false)
  })
})

describe('documents that are no policy', () => {
  it.each<[PolicyKind, object | string, string]>([
    ['identity', '{', 'This policy contains invalid Json'],
    ['identity', { ...allow, ...everyone }, 'Policy document should not specify a principal.'],
    ['identity', { Effect: 'Allow', Action: '*' }, 'Missing required field Resource'],
    ['identity', { ...allow, Action: 'GetObject' }, 'Policy has invalid action'],
    ['identity', { ...allow, Effect: 'allow' }, 'Invalid effect: allow'],
    ['identity', { ...allow, Condition: { StringIs: { a: 'b' } } }, 'Invalid Condition type : StringIs'],
    ['identity', { ...allow, Actions: '*' }, 'Unknown field Actions'],
    ['resource', allow, 'Missing required field Principal'],
    ['resource', { ...allow, Principal: { AWS: `arn:aws:iam::${HOME}:role/*` } }, 'Invalid principal in policy'],
    ['trust', { ...allow, ...everyone }, 'Has prohibited field Resource'],
  ])('%s %j', (kind, statement, message) => {
    const text = typeof statement === 'string' ? statement : JSON.stringify({ Statement: statement })
    expect(() => parsePolicy(text, kind)).toThrow(message)
  })
})

describe("AWS's words", () => {
  const denied = { who: SESSION.arn, action: 's3:PutObject', resource: OBJECT, foreign: false, trust: false }
  it.each([
    ['identity lacks', 'because no identity-based policy allows the s3:PutObject action'],
    ['resource lacks', 'because no resource-based policy allows the s3:PutObject action'],
    ['session lacks', 'because no session policy allows the s3:PutObject action'],
    ['identity denies', 'with an explicit deny in an identity-based policy'],
    ['resource denies', 'with an explicit deny in a resource-based policy'],
  ] as const)('%s', (refusal, words) => {
    const who = `User: ${SESSION.arn} is not authorized to perform: s3:PutObject on resource: ${OBJECT}`
    expect(sentence({ ...denied, refusal })).toBe(`${who} ${words}`)
    expect(sentence({ ...denied, refusal, foreign: true })).toBe(who)
  })
})
