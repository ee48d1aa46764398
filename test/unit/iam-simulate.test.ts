/** What a simulator that others wrote says of the policies: who may delete nothing, and that both sides are needed. */
import { runSimulation, type Simulation } from '@cloud-copilot/iam-simulate'
import { describe, expect, it } from 'vitest'
import type { PolicyDocument } from '../../src/domain/iam/document.ts'
import { documentsOf, type RoleDocument } from '../../src/domain/iam/policies.ts'
import { AWAY, EVERYTHING, HOME, iamEstate } from '../support/iam-estate.ts'

const estate = iamEstate({}, EVERYTHING)
const { roles, resources } = documentsOf(estate, { home: 'home', externalIds: true })

interface Ask {
  readonly role: RoleDocument
  readonly action: string
  readonly resource: string
  readonly owner: string
  readonly resourcePolicy?: PolicyDocument | undefined
  readonly context?: Readonly<Record<string, string>>
}

async function mayDo({ role, action, resource, owner, resourcePolicy, context = {} }: Ask): Promise<boolean> {
  const simulation: Simulation = {
    request: {
      principal: `arn:aws:sts::${role.accountId}:assumed-role/${role.name}/landfall`,
      action,
      resource: { resource, accountId: owner },
      contextVariables: { 'aws:PrincipalArn': role.arn, ...context },
    },
    identityPolicies: role.policies.map(({ name, document }) => ({ name, policy: document })),
    resourcePolicy,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }
  const said = await runSimulation(simulation, {})
  if (said.resultType === 'error') throw new Error(JSON.stringify(said.errors))
  return said.overallResult === 'Allowed'
}

/** As if the bucket let everybody do everything: only the role's own policy is in the way. */
const open = (bucket: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:*',
      Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
    },
  ],
})

const OF_BUCKETS = [
  's3:DeleteBucket',
  's3:PutLifecycleConfiguration',
  's3:PutBucketVersioning',
  's3:PutBucketPolicy',
  's3:DeleteBucketPolicy',
  's3:PutReplicationConfiguration',
  's3:PutBucketObjectLockConfiguration',
  's3:PutEncryptionConfiguration',
  's3:PutBucketPublicAccessBlock',
]
const OF_OBJECTS = [
  's3:DeleteObject',
  's3:DeleteObjectVersion',
  's3:DeleteObjectTagging',
  's3:DeleteObjectVersionTagging',
  's3:BypassGovernanceRetention',
  's3:PutObjectVersionTagging',
  's3:PutObjectAcl',
]
const BUCKETS = [
  { bucket: 'documents-destination', owner: HOME },
  { bucket: 'agreements-destination', owner: AWAY },
  { bucket: 'dump-replicas', owner: AWAY },
  { bucket: 'dumps', owner: AWAY },
  { bucket: 'documents-source', owner: HOME },
]

const people = roles.filter(({ kind }) => kind !== 'prune' && kind !== 'replication' && kind !== 'batch')

describe.each(people.map((role) => [`${role.kind} in ${role.account}`, role] as const))('%s', (_, role) => {
  it.each(BUCKETS)('can delete nothing in $bucket, nor loosen what keeps it', async ({ bucket, owner }) => {
    const asks = [
      ...OF_BUCKETS.map((action) => ({ action, resource: `arn:aws:s3:::${bucket}` })),
      ...OF_OBJECTS.map((action) => ({ action, resource: `arn:aws:s3:::${bucket}/nightly/a` })),
    ]
    // Where the account is the role's own, S3's default would be enough; across accounts the bucket is wide open.
    const resourcePolicy = owner === role.accountId ? undefined : open(bucket)
    const allowed: string[] = []
    for (const ask of asks) if (await mayDo({ role, owner, resourcePolicy, ...ask })) allowed.push(ask.action)
    expect(allowed).toEqual([])
  })
})

it('who may assume the role that deletes: nobody but the operator', () => {
  const prune = 'arn:aws:iam::444444444444:role/landfall-prune'
  expect(roles.filter(({ arn }) => arn === prune).map(({ trust }) => trust.Statement)).toMatchObject([
    [{ Principal: { AWS: `arn:aws:iam::${HOME}:role/landfall-operator` } }],
  ])
  const assume = roles.filter(({ policies }) => JSON.stringify(policies).includes(prune))
  expect(assume.map(({ kind }) => kind)).toEqual(['operator'])
})

it('the role that prunes deletes dumps, and nothing else', async () => {
  const role = roles.find(({ kind }) => kind === 'prune')!
  const ask = { role, owner: AWAY, action: 's3:DeleteObjectVersion' }
  expect(await mayDo({ ...ask, resource: 'arn:aws:s3:::dumps/nightly/a' })).toBe(true)
  expect(await mayDo({ ...ask, resource: 'arn:aws:s3:::dump-replicas/nightly/a' })).toBe(false)
  expect(
    await mayDo({ ...ask, action: 's3:BypassGovernanceRetention', resource: 'arn:aws:s3:::dumps/nightly/a' }),
  ).toBe(false)
})

describe('across accounts both sides are needed', () => {
  it('for replicas', async () => {
    const role = roles.find(({ kind, accountId }) => kind === 'replication' && accountId === HOME)!
    const { statements } = resources.find(({ name }) => name === 'agreements-destination')!
    const resourcePolicy: PolicyDocument = { Version: '2012-10-17', Statement: statements }
    const resource = 'arn:aws:s3:::agreements-destination/a'
    const ask = { role, action: 's3:ReplicateObject', resource, owner: AWAY }
    expect(await mayDo({ ...ask, resourcePolicy })).toBe(true)
    expect(await mayDo(ask)).toBe(false)
    expect(await mayDo({ ...ask, role: { ...role, policies: [] }, resourcePolicy })).toBe(false)
  })

  it('for the service, where an account has no role of its own', async () => {
    const bare = { ...estate, accounts: { ...estate.accounts, backups: { name: 'backups', id: AWAY } } }
    const documents = documentsOf(bare, { home: 'home', externalIds: false })
    const role = documents.roles.find(({ kind }) => kind === 'service')!
    const { statements } = documents.resources.find(({ name }) => name === 'dumps')!
    const resourcePolicy: PolicyDocument = { Version: '2012-10-17', Statement: statements }
    const ask = { role, action: 's3:PutObject', resource: 'arn:aws:s3:::dumps/nightly/a', owner: AWAY }
    expect(await mayDo({ ...ask, resourcePolicy })).toBe(true)
    expect(await mayDo(ask)).toBe(false)
    expect(await mayDo({ ...ask, role: { ...role, policies: [] }, resourcePolicy })).toBe(false)
  })
})
