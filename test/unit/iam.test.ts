/** Documents of roles: what is configured, and nothing else; within IAM's limits; as docs/iam.md says. */
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { iamPage } from '../../scripts/iam-page.ts'
import type { Estate, Pair } from '../../src/config/estate.ts'
import { loadEstate } from '../../src/config/load.ts'
import { type PolicyDocument, sizeOf, type Statement } from '../../src/domain/iam/document.ts'
import { fit, LIMITS } from '../../src/domain/iam/fit.ts'
import { GRANTS } from '../../src/domain/iam/grants.ts'
import { documentsOf, type RoleKind } from '../../src/domain/iam/policies.ts'
import { homeOf } from '../../src/domain/iam/principals.ts'
import { replicationPermissions, replicationTrust } from '../../src/domain/iam/replication-role.ts'
import { AWAY, EVERYTHING, HOME, iamEstate } from '../support/iam-estate.ts'
import { jsonOf, runCommand } from '../support/run-command.ts'
import { smallPair } from '../support/small-estate.ts'

const EXAMPLE = new URL('../../landfall.example.yaml', import.meta.url).pathname
const asked = { home: 'home', externalIds: false }

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value

/** `action resource`, all of them. */
function grantsIn(documents: readonly PolicyDocument[]): readonly string[] {
  return documents.flatMap(({ Statement: statements }) =>
    statements.flatMap(({ Action: actions, Resource: resources }) =>
      listOf(actions).flatMap((action) => listOf(resources).map((resource) => `${action} ${resource}`)),
    ),
  )
}

function grantsOf(estate: Estate, kind: RoleKind, accountId = HOME): readonly string[] {
  const roles = documentsOf(estate, asked).roles.filter((role) => role.kind === kind && role.accountId === accountId)
  return grantsIn(roles.flatMap(({ policies }) => policies.map(({ document }) => document)))
}

const withPairs = (change: Partial<Pair>): Estate => {
  const estate = iamEstate()
  return { ...estate, pairs: estate.pairs.map((pair) => ({ ...pair, ...change })) }
}

it('docs/iam.md says what the table says (node scripts/docs.ts writes it)', () => {
  expect(readFileSync(new URL('../../docs/iam.md', import.meta.url), 'utf8')).toBe(iamPage())
})

describe('only what is configured is granted', () => {
  it('writes nothing at a destination without redrive.copy, nothing at a source without redrive.retrigger', () => {
    const without = grantsOf(iamEstate(), 'service')
    expect(without.filter((grant) => /Put.*(-source|-destination)/.test(grant))).toEqual([])
    expect(without.filter((grant) => /CreateJob|PassRole/.test(grant))).toEqual([])
    const copies = grantsOf(iamEstate({}, { copy: true }), 'service')
    expect(copies).toContain('s3:PutObject arn:aws:s3:::documents-destination/*')
    expect(copies.filter((grant) => /Put.*-source/.test(grant))).toEqual([])
    const retriggers = grantsOf(iamEstate({}, { retrigger: true }), 'service')
    expect(retriggers).toContain('s3:PutObject arn:aws:s3:::documents-source/*')
    expect(retriggers.filter((grant) => /Put.*-destination/.test(grant))).toEqual([])
  })

  it("reads metrics of S3's only where a pair names them", () => {
    const reads = (estate: Estate) => grantsOf(estate, 'service').filter((grant) => /GetMetricData/.test(grant))
    expect(reads(withPairs({ alarms: { rpoMs: 1 } }))).toEqual([])
    expect(reads(withPairs({ alarms: { rpoMs: 1, requestsFilter: 'all' } }))).toEqual(['cloudwatch:GetMetricData *'])
  })

  it('reads no object of a pair that looks by listings alone', () => {
    const reads = grantsOf(withPairs({ evidence: 'list' }), 'service').filter((grant) => /documents-/.test(grant))
    expect(reads.filter((grant) => grant.startsWith('s3:GetObject'))).toEqual([])
    expect(reads).toContain('s3:ListBucketVersions arn:aws:s3:::documents-destination')
  })

  it('makes no dump where the service has no schedule for it; a task of its own does', () => {
    const estate = iamEstate()
    const dumps = estate.dumps.map((dump) => ({ ...dump, schedule: undefined }))
    const upload = 's3:AbortMultipartUpload arn:aws:s3:::dumps/nightly/*'
    const quiet = { ...estate, dumps, shipments: [] }
    expect(grantsOf(quiet, 'service', AWAY)).not.toContain(upload)
    expect(grantsOf(quiet, 'dump', AWAY)).toContain(upload)
    expect(grantsOf(estate, 'service', AWAY)).toContain(upload)
  })

  it('lets S3 replicate markers and tags as the pair says', () => {
    const pair = { ...iamEstate().pairs[0]!, deleteMarkers: false }
    const replicated = {
      source: { ...pair.source, accountId: HOME },
      destination: { ...pair.destination, accountId: HOME },
      deleteMarkers: false,
      tags: false,
      lock: false,
    }
    expect(grantsIn([replicationPermissions([replicated])])).toEqual([
      's3:GetReplicationConfiguration arn:aws:s3:::documents-source',
      's3:ListBucket arn:aws:s3:::documents-source',
      's3:GetObjectVersionForReplication arn:aws:s3:::documents-source/*',
      's3:GetObjectVersionAcl arn:aws:s3:::documents-source/*',
      's3:ReplicateObject arn:aws:s3:::documents-destination/*',
    ])
    const kms = { sourceKeys: ['arn:aws:kms:eu-west-1:1:key/a'], replicaKey: 'arn:aws:kms:eu-west-2:1:key/b' }
    const under = replicationPermissions([{ ...replicated, lock: true, tags: true, deleteMarkers: true, kms }])
    expect(grantsIn([under])).toEqual(
      expect.arrayContaining([
        's3:ReplicateTags arn:aws:s3:::documents-destination/*',
        's3:ReplicateDelete arn:aws:s3:::documents-destination/*',
        's3:GetObjectLegalHold arn:aws:s3:::documents-source/*',
        'kms:Decrypt arn:aws:kms:eu-west-1:1:key/a',
        'kms:Encrypt arn:aws:kms:eu-west-2:1:key/b',
      ]),
    )
    expect(JSON.stringify(under)).toContain('"kms:ViaService":"s3.eu-west-2.amazonaws.com"')
    expect(JSON.stringify(replicationTrust(HOME))).toContain(`"aws:SourceAccount":"${HOME}"`)
  })
})

describe('trust', () => {
  it('an assumed role trusts the role that assumes it, by the external id; which is told to who asks for it alone', () => {
    const trustOf = (externalIds: boolean): Statement => {
      const { roles } = documentsOf(iamEstate(), { ...asked, externalIds })
      return roles.find(({ arn }) => arn === `arn:aws:iam::${AWAY}:role/landfall`)!.trust.Statement[0]!
    }
    expect(trustOf(true)).toMatchObject({
      Principal: { AWS: `arn:aws:iam::${HOME}:role/landfall-service` },
      Condition: { StringEquals: { 'sts:ExternalId': 'hush' } },
    })
    expect(JSON.stringify(trustOf(false))).not.toContain('hush')
    expect(JSON.stringify(trustOf(false))).toContain('EXTERNAL-ID-OF-backups')
  })
})

describe('across accounts', () => {
  it('the bucket that takes replicas from another account names the role that brings them', () => {
    const found = documentsOf(iamEstate(), asked).resources.find(({ name }) => name === 'agreements-destination')!
    expect(found).toMatchObject({ kind: 'bucket', accountId: AWAY, account: 'backups' })
    expect(found.statements).toMatchObject([
      { Principal: { AWS: `arn:aws:iam::${HOME}:role/landfall-replication` }, Effect: 'Allow' },
    ])
    expect(found.statements[0]!.Action).toContain('s3:ObjectOwnerOverrideToBucketOwner')
  })

  it('an account without a role of its own lets the service in by its policies', () => {
    const estate = iamEstate()
    const bare = { ...estate, accounts: { ...estate.accounts, backups: { name: 'backups', id: AWAY } } }
    const { roles, resources } = documentsOf(bare, asked)
    expect(roles.filter(({ kind, accountId }) => kind === 'service' && accountId === AWAY)).toEqual([])
    const dumps = resources.find(({ name }) => name === 'dumps')!
    expect(grantsIn([{ Version: '2012-10-17', Statement: dumps.statements }])).toContain(
      's3:PutObject arn:aws:s3:::dumps/nightly/*',
    )
    const service = roles.find(({ kind }) => kind === 'service')!
    expect(service.notes.join()).toContain("account backups needs that account's policies, too")
  })

  it('S3 may send to a queue from the buckets of its region alone', () => {
    const queue = documentsOf(iamEstate(), asked).resources.find(({ arn }) =>
      arn.endsWith('eu-west-2:333333333333:intake'),
    )!
    expect(queue.statements).toMatchObject([
      {
        Principal: { Service: 's3.amazonaws.com' },
        Condition: {
          ArnEquals: {
            'aws:SourceArn': [
              'arn:aws:s3:::agreements-destination',
              'arn:aws:s3:::documents-destination',
              'arn:aws:s3:::dump-replicas',
            ],
          },
          StringEquals: { 'aws:SourceAccount': [HOME, AWAY] },
        },
      },
    ])
  })
})

describe("IAM's limits", () => {
  const many = (count: number): Estate =>
    iamEstate({
      pairs: Array.from({ length: count }, (_, i) => {
        const pair = smallPair(`digitalmarketplace-documents-of-the-department-number-${i}`)
        const home = { account: 'home' }
        return { ...pair, source: { ...pair.source, ...home }, destination: { ...pair.destination, ...home } }
      }),
      dumps: [],
      shipments: [],
    })

  it.each([1, 30, 100])('holds them for %i pairs', (count) => {
    const { roles } = documentsOf(many(count), asked)
    for (const { policies, trust, name } of roles) {
      const sizes = policies.map(({ document }) => sizeOf(document))
      const most = policies[0]!.managed ? LIMITS.managed : LIMITS.inline
      expect({ name, most: Math.max(...sizes) <= most, trust: sizeOf(trust) <= LIMITS.trust }).toEqual({
        name,
        most: true,
        trust: true,
      })
    }
  })

  it('splits without losing a grant, and says so', () => {
    const statements = documentsOf(many(1), asked).roles.find(({ kind }) => kind === 'service')!.policies[0]!.document
    const before = grantsIn([statements]).toSorted()
    const { inline, documents } = fit(statements.Statement, { inline: 300, managed: 900 })
    expect(inline).toBe(false)
    expect(documents.length).toBeGreaterThan(1)
    expect(grantsIn(documents).toSorted()).toEqual(before)
    const service = documentsOf(many(100), asked).roles.find(({ kind }) => kind === 'service')!
    expect(service.policies.length).toBeGreaterThan(1)
    expect(service.notes.join()).toContain('managed policies, attach all')
  })
})

it('which account is home: the only one without a role that something is in, or the one that is named', async () => {
  expect(homeOf(await loadEstate({ path: EXAMPLE, env: {} }))).toBe('production')
  const estate = iamEstate()
  const two = { ...estate, accounts: { ...estate.accounts, backups: { name: 'backups', id: AWAY } } }
  expect(() => homeOf(two)).toThrow('which account Landfall runs in is not known: home and backups have no roleArn')
  expect(homeOf(two, 'home')).toBe('home')
  expect(() => homeOf(two, 'nowhere')).toThrow('no account nowhere')
})

it('a statement never has what nobody can delete with', () => {
  const harmful = GRANTS.filter(({ actions }) => actions.some((action) => /Delete(Object|Bucket)|Bypass/.test(action)))
  expect(harmful.flatMap(({ by }) => by)).toEqual(['prune'])
})

describe('landfall iam policies', () => {
  it('prints documents for a person, and all of them as JSON', async () => {
    const text = await runCommand(['iam', 'policies', '-c', EXAMPLE, '--role', 'landfall-batch-replication'], {})
    expect(text.code).toBe(0)
    expect(text.stdout).toContain('# landfall-batch-replication: S3 Batch Operations, as it re-drives')
    const ran = await runCommand(['iam', 'policies', '-c', EXAMPLE, '--json'], {})
    const { roles, home } = jsonOf(ran) as { roles: { kind: string; arn: string }[]; home: string }
    expect(home).toBe('production')
    expect(new Set(roles.map(({ kind }) => kind))).toEqual(
      new Set(['service', 'drill', 'operator', 'doctor', 'replication', 'batch']),
    )
    expect(ran.stdout).not.toContain('"sts:ExternalId":"landfall-production"')
  })

  it('writes files by account, and not over what is there', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'landfall-iam-'))
    onTestFinished(() => rm(dir, { recursive: true, force: true }))
    const out = join(dir, 'policies')
    const args = ['iam', 'policies', '-c', EXAMPLE, '--out', out, '--external-ids']
    expect((await runCommand(args, {})).code).toBe(0)
    expect(await readdir(out)).toEqual(['backups', 'development', 'production'])
    const trust = await readFile(join(out, 'backups', 'landfall.trust.json'), 'utf8')
    expect(trust).toContain('"sts:ExternalId": "landfall-production"')
    const again = await runCommand(args, {})
    expect([again.code, again.stderr]).toEqual([expect.any(Number), expect.stringContaining('is there already')])
    expect((await runCommand([...args, '--force'], {})).code).toBe(0)
  })

  it('ends with 2 for a role that there is none of', async () => {
    const { code, stderr } = await runCommand(['iam', 'policies', '-c', EXAMPLE, '--role', 'dump'], {})
    expect([code, stderr]).toEqual([2, expect.stringContaining('no role "dump"; there are: service')])
  })
})

it('everything switched on fits, too', () => {
  const { roles } = documentsOf(iamEstate({}, EVERYTHING), asked)
  expect(roles.filter(({ policies }) => policies.length > 1)).toEqual([])
})
