/** The sandbox's evaluator says what iam-simulate, which others wrote, says of the same request. */
import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate'
import { expect, it } from 'vitest'
import { type Actor, refusalOf } from '../../../sandbox/iam/evaluate/evaluate.ts'
import { parsePolicy } from '../../../sandbox/iam/evaluate/policy.ts'
import { fc, runs } from '../../support/fc.ts'

const HOME = '222222222222'
const AWAY = '333333333333'

const ROLE: Actor = {
  kind: 'role',
  account: HOME,
  roleArn: `arn:aws:iam::${HOME}:role/landfall`,
  arn: `arn:aws:sts::${HOME}:assumed-role/landfall/verify`,
}
const USER: Actor = { kind: 'user', account: HOME, arn: `arn:aws:iam::${HOME}:user/sandbox` }

const action = fc.constantFrom('s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:GetObjectVersion')
const actionPattern = fc.oneof(
  action,
  fc.constantFrom('*', 's3:*', 's3:Get*', 's3:*Object', 's3:?etObject', 'S3:getobject', 'sqs:*'),
)
const resource = fc.constantFrom(
  'arn:aws:s3:::documents/a',
  'arn:aws:s3:::documents/a/b.pdf',
  'arn:aws:s3:::documents/sandbox/x',
  'arn:aws:s3:::other/a',
)
const resourcePattern = fc.oneof(
  resource,
  fc.constantFrom(
    '*',
    'arn:aws:s3:::documents/*',
    'arn:aws:s3:::documents/a*',
    'arn:aws:s3:::*/a',
    'arn:aws:s3:::documents/?',
    'arn:aws:s3:::documents/${aws:username}/*',
    'arn:aws:s3:*:*:documents/*',
  ),
)
const principal = fc.oneof(
  fc.constantFrom('*', { AWS: '*' }, { Service: 's3.amazonaws.com' }),
  fc.record({
    AWS: fc.uniqueArray(
      fc.constantFrom(
        HOME,
        AWAY,
        `arn:aws:iam::${HOME}:root`,
        ROLE.kind === 'role' ? ROLE.roleArn : '',
        ROLE.arn,
        USER.arn,
        `arn:aws:iam::${AWAY}:role/landfall`,
      ),
      { minLength: 1, maxLength: 2 },
    ),
  }),
)

const texts = (...values: string[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })
const condition = fc.oneof(
  fc.record({
    operator: fc.constantFrom(
      ...['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike'].flatMap((each) => [
        each,
        `${each}IfExists`,
      ]),
      'StringEqualsIgnoreCase',
      'StringNotEqualsIgnoreCase',
    ),
    key: fc.constantFrom('aws:Referer', 's3:authType', 'aws:UserAgent'),
    values: texts('private', 'PRIVATE', 'public*', 'p?ivate', '${aws:UserAgent}', '*'),
  }),
  fc.record({
    operator: fc.constantFrom('Bool', 'BoolIfExists', 'Null'),
    key: fc.constantFrom('aws:SecureTransport', 'aws:MultiFactorAuthPresent'),
    values: texts('true', 'false').map((values) => values.slice(0, 1)),
  }),
  fc.record({
    operator: fc.constantFrom('ArnLike', 'ArnEquals', 'ArnNotLike', 'ArnNotEquals'),
    key: fc.constantFrom('aws:PrincipalArn', 'aws:SourceArn'),
    values: texts(`arn:aws:iam::${HOME}:role/*`, `arn:aws:iam::*:user/sandbox`, 'arn:aws:s3:::documents'),
  }),
  fc.record({
    operator: fc.constantFrom('NumericLessThan', 'NumericGreaterThanEquals', 'NumericEquals', 'NumericNotEquals'),
    key: fc.constant('s3:signatureAge'),
    values: texts('10', '600000'),
  }),
  fc.record({
    operator: fc.constantFrom('IpAddress', 'NotIpAddress'),
    key: fc.constant('aws:SourceIp'),
    values: texts('127.0.0.0/8', '10.0.0.0/8', '127.0.0.1'),
  }),
  fc.record({
    operator: fc.constantFrom('DateLessThan', 'DateGreaterThan'),
    key: fc.constant('aws:CurrentTime'),
    values: texts('2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'),
  }),
  fc.record({
    operator: fc.constantFrom(
      ...['ForAllValues', 'ForAnyValue'].flatMap((over) =>
        ['StringEquals', 'StringLike', 'StringNotEquals'].map((each) => `${over}:${each}`),
      ),
    ),
    key: fc.constant('aws:TagKeys'),
    values: texts('team', 'stage', 't*'),
  }),
)

const effect = fc.constantFrom('Allow', 'Allow', 'Deny')
const list = <T>(each: fc.Arbitrary<T>) => fc.uniqueArray(each, { minLength: 1, maxLength: 3 })
const conditions = fc.array(condition, { maxLength: 2 }).map((each) => {
  const block: Record<string, Record<string, readonly string[]>> = {}
  for (const { operator, key, values } of each) block[operator] = { ...block[operator], [key]: values }
  return block
})
const identityStatement = fc
  .record({
    effect,
    actions: list(actionPattern),
    notAction: fc.nat(9),
    resources: list(resourcePattern),
    notResource: fc.nat(9),
    conditions,
  })
  .map((made) => ({
    Effect: made.effect,
    [made.notAction === 0 ? 'NotAction' : 'Action']: made.actions,
    [made.notResource === 0 ? 'NotResource' : 'Resource']: made.resources,
    Condition: made.conditions,
  }))
// Of 2008 policies the peer reads variables, which IAM takes as text there.
const version = fc.constant('2012-10-17')
const policyOf = <T>(statement: fc.Arbitrary<T>) =>
  fc.record({ Version: version, Statement: fc.array(statement, { minLength: 1, maxLength: 3 }) })
const identityPolicy = policyOf(identityStatement)
const resourcePolicy = policyOf(
  fc
    .record({ statement: identityStatement, principal })
    .map(({ statement, principal: who }) => ({ ...statement, Principal: who })),
)
const maybe = <T>(each: fc.Arbitrary<T>) => fc.option(each, { nil: undefined })
const context = fc.record({
  'aws:Referer': maybe(fc.constantFrom('private', 'public-read')),
  's3:authType': maybe(fc.constantFrom('PRIVATE', 'STANDARD')),
  's3:signatureAge': maybe(fc.constantFrom('10', '900000')),
  'aws:UserAgent': maybe(fc.constantFrom('private', 'p*')),
  'aws:SecureTransport': maybe(fc.constantFrom('true', 'false')),
  'aws:MultiFactorAuthPresent': maybe(fc.constantFrom('true', 'false')),
  'aws:SourceArn': maybe(fc.constant('arn:aws:s3:::documents')),
  'aws:SourceIp': maybe(fc.constantFrom('127.0.0.1', '192.168.1.1')),
  'aws:CurrentTime': fc.constant('2026-11-24T00:00:00Z'),
  'aws:TagKeys': maybe(fc.uniqueArray(fc.constantFrom('team', 'stage', 'x'), { minLength: 1 })),
})

it('agrees with iam-simulate', async () => {
  const request = fc.record({
    actor: fc.constantFrom(ROLE, ROLE, USER),
    action,
    resource,
    owner: fc.constantFrom(HOME, AWAY),
    identity: fc.array(identityPolicy, { maxLength: 2 }),
    session: maybe(identityPolicy),
    resourcePolicy: maybe(resourcePolicy),
    context,
  })
  const property = fc.asyncProperty(request, async (made) => {
    const { actor, owner } = made
    if (actor.kind !== 'role' && actor.kind !== 'user') throw new Error('unreachable')
    // Sessions alone have policies of their own.
    const session = actor.kind === 'role' ? made.session : undefined
    // Where a resource's policy names the session, the session's own does not count (IAM user guide, "Session policies");
    // the peer lets it count.
    fc.pre(session === undefined || !JSON.stringify(made.resourcePolicy ?? '').includes('assumed-role'))
    const given = Object.entries<string | string[] | undefined>(made.context).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value] as const],
    )
    const principalArn = actor.kind === 'role' ? actor.roleArn : actor.arn
    const keys: Record<string, string | string[]> = { ...Object.fromEntries(given), 'aws:PrincipalArn': principalArn }
    if (actor.kind === 'user') keys['aws:username'] = 'sandbox'
    const lower = new Map(
      Object.entries(keys).map(([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value]),
    )
    const ours = refusalOf(
      { actor, action: made.action, resource: made.resource, owner, context: (key) => lower.get(key) },
      {
        identity: made.identity.map((policy) => parsePolicy(JSON.stringify(policy), 'identity')),
        session: session && parsePolicy(JSON.stringify(session), 'identity'),
        resource: made.resourcePolicy && parsePolicy(JSON.stringify(made.resourcePolicy), 'resource'),
      },
    )
    const simulation: Simulation = {
      request: {
        principal: actor.arn,
        action: made.action,
        resource: { resource: made.resource, accountId: owner },
        contextVariables: keys,
      },
      identityPolicies: made.identity.map((policy, index) => ({ name: String(index), policy })),
      sessionPolicy: session,
      resourcePolicy: made.resourcePolicy,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    }
    const theirs = await runSimulation(simulation, {})
    if (theirs.resultType === 'error') throw new Error(JSON.stringify(theirs.errors))
    expect({ allowed: ours === undefined, ours }).toMatchObject({ allowed: theirs.overallResult === 'Allowed' })
  })
  await fc.assert(property, runs(1000))
}, 60_000)
