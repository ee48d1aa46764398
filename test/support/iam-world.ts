/**
 * An estate over two accounts of a strict sandbox, with the roles that `landfall iam policies` prints and nothing else: each
 * activity acts in its own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import type { Evaluation } from '../../sandbox/iam/evaluations.ts'
import type { Faults } from '../../sandbox/types.ts'
import { makeAws } from '../../src/aws/clients.ts'
import { provision } from '../../src/aws/provision.ts'
import { pointAtSandbox } from '../../src/config/environment.ts'
import type { Estate } from '../../src/config/estate.ts'
import { loadEstate } from '../../src/config/load.ts'
import { documentOf, roleArn } from '../../src/domain/iam/document.ts'
import type { Activity } from '../../src/domain/iam/grant.ts'
import { documentsOf, type EstateDocuments, type RoleDocument } from '../../src/domain/iam/policies.ts'
import { principalsOf } from '../../src/domain/iam/principals.ts'
import { REPLICATION_ROLE } from '../../src/domain/iam/replication-role.ts'
import { connectLedger } from '../../src/ledger/connection.ts'
import { makeLedger, type RedisLedger } from '../../src/ledger/ledger.ts'
import { systemClock } from '../../src/system.ts'
import { writeEstateFile } from './estate-file.ts'
import { startRedis } from './estate-world.ts'
import { recordingLog } from './log.ts'
import { makeDatabase } from './postgres.ts'
import { clientsFor, controlOf, startSandboxProcess } from './sandbox.ts'

export const HOME = '333333333333'
export const BACKUPS = '444444444444'

type Clients = ReturnType<typeof clientsFor>
const place = (bucket: string, region: string, account = 'home') => ({ bucket, region, account })

function documentFor(redisUrl: string, recipient: string) {
  const pair = (name: string, more: object, to = 'home') => ({
    name,
    source: place(`${name}-source`, 'eu-west-1'),
    destination: place(`${name}-destination`, 'eu-west-2', to),
    late: '2s',
    fail: '10s',
    recheck: '2s',
    firstLook: { min: '200ms', max: '1s' },
    attributesSample: 1,
    ...more,
  })
  const redrive = { every: '1s', probe: { min: '1s', max: '4s' } }
  const yearly = '0 0 1 1 *'
  return {
    name: 'granted',
    accounts: {
      home: { id: HOME },
      backups: { id: BACKUPS, roleArn: `arn:aws:iam::${BACKUPS}:role/landfall`, externalId: 'hush' },
    },
    service: {
      region: 'eu-west-2',
      redis: { url: redisUrl, durability: 'sync' },
      http: { port: 0 },
      snapshot: { ...place('snapshots', 'eu-west-2'), every: '10s' },
      metrics: { every: '1s' },
      intake: { wait: '1s', visibility: '5s' },
      verify: { tick: '100ms', lease: '3s' },
      shutdownGrace: '5s',
    },
    queues: ['eu-west-1', 'eu-west-2'].map((region) => ({ name: `intake-${region}`, region, account: 'home' })),
    pairs: [
      pair('documents', {
        audit: { every: '1h' },
        alarms: { requestsFilter: 'all' },
        redrive: { ...redrive, batch: { roleArn: roleArn(HOME, 'landfall-batch'), bucket: 'redrive' } },
      }),
      pair('copied', { redrive: { ...redrive, copy: true } }),
      pair('again', { redrive: { ...redrive, retrigger: true } }),
      pair('agreements', { evidence: 'list' }, 'backups'),
      {
        ...pair('dumps', {}),
        source: place('dumps', 'eu-west-1', 'backups'),
        destination: place('dump-replicas', 'eu-west-2', 'backups'),
      },
    ],
    dumps: [
      {
        name: 'production',
        ...place('dumps', 'eu-west-1', 'backups'),
        prefix: 'nightly/',
        pair: 'dumps',
        database: { env: 'DATABASE_URL' },
        schedule: yearly,
        encryption: { age: [recipient] },
        identity: { env: 'IDENTITY' },
        lock: { mode: 'GOVERNANCE', days: 1 },
        drill: { schedule: yearly },
        expected: '1GiB',
      },
      {
        name: 'second',
        ...place('dumps', 'eu-west-1', 'backups'),
        prefix: 'second/',
        pair: 'dumps',
        database: { env: 'DATABASE_URL' },
        lock: { mode: 'GOVERNANCE', days: 1 },
        expected: '1GiB',
      },
      {
        name: 'old',
        stage: 'production',
        ...place('dumps', 'eu-west-1', 'backups'),
        prefix: 'old/',
        pair: 'dumps',
        compression: 'gzip',
        retention: { last: 1, daily: 0, weekly: 0, monthly: 0 },
        pruneRoleArn: `arn:aws:iam::${BACKUPS}:role/landfall-prune`,
      },
    ],
    shipments: [
      {
        name: 'away',
        from: { ...place('jenkins', 'eu-west-1'), prefix: 'away/' },
        to: { ...place('dumps', 'eu-west-1', 'backups'), prefix: 'shipped/' },
        dump: 'production',
      },
      {
        name: 'near',
        from: { ...place('jenkins', 'eu-west-1'), prefix: 'near/' },
        to: { ...place('kept', 'eu-west-1'), prefix: '' },
      },
    ],
  }
}

export type IamWorld = Awaited<ReturnType<typeof startIamWorld>>

export async function startIamWorld(setup: string) {
  const undo: (() => Promise<unknown> | void)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    return await build(setup, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function build(setup: string, undo: (() => Promise<unknown> | void)[], stop: () => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'lf-iam-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const redis = await startRedis()
  undo.push(() => redis.stop())
  const sandbox = await startSandboxProcess()
  undo.push(() => sandbox.stop())
  const database = await makeDatabase(setup)
  undo.push(() => database.drop())
  const identity = await generateIdentity()
  const document = documentFor(redis.url, await identityToRecipient(identity))
  const configFor = async (activity: Activity): Promise<string> => {
    const { backups } = document.accounts
    const own = { ...backups, roleArn: roleArn(BACKUPS, activity === 'service' ? 'landfall' : `landfall-${activity}`) }
    return writeEstateFile(join(folder, `${activity}.yaml`), {
      ...document,
      accounts: { ...document.accounts, backups: own },
    })
  }
  const estate = await loadEstate({ path: await configFor('service'), env: {} })
  const admin = {
    home: clientsFor(sandbox.url, { account: HOME }),
    backups: clientsFor(sandbox.url, { account: BACKUPS }),
    homeWest2: clientsFor(sandbox.url, { account: HOME, region: 'eu-west-2' }),
    backupsWest2: clientsFor(sandbox.url, { account: BACKUPS, region: 'eu-west-2' }),
  }
  undo.push(() => Object.values(admin).forEach((clients) => clients.destroy()))

  // Before there is a role, and before anybody is strict: the estate as its owners have it.
  pointAtSandbox(sandbox.url, HOME)
  await lockable(estate, admin)
  const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
  undo.push(() => aws.close())
  await provision({
    estate,
    aws,
    replicationRole: ({ source }) => roleArn(estate.accounts[source.account]!.id, REPLICATION_ROLE),
  })
  const documents = documentsOf(estate, { home: 'home', externalIds: true })
  for (const role of documents.roles) await makeRoleOf(role, admin)
  await letIn(documents, admin)
  const control = controlOf(sandbox.url)
  // Buckets that are set up refuse what is not TLS; the sandbox speaks http.
  await control.iam({ strict: true, record: true, secureTransport: true })

  const connection = await connectLedger(redis.url, { cluster: false })
  undo.push(() => connection.disconnect())
  const ledger: RedisLedger = makeLedger({ connection, clock: systemClock, durability: 'sync' })

  return {
    estate,
    folder,
    admin,
    ledger,
    documents,
    principals: principalsOf(estate, { home: 'home' }),
    setFaults: async (faults: Faults) => control.setFaults(faults),
    clearFaults: async () => control.clearFaults(),
    configFor,
    /** In a session of the activity's own role. */
    async envOf(activity: Activity): Promise<Record<string, string>> {
      const name = `landfall-${activity}`
      const { Credentials: issued } = await admin.home.sts.send(
        new AssumeRoleCommand({
          RoleArn: roleArn(HOME, name),
          RoleSessionName: 'test',
          // People sign in with MFA; ECS' word is taken in the test's own trust policy.
          SerialNumber: `arn:aws:iam::${HOME}:mfa/ann`,
          TokenCode: '123456',
        }),
      )
      return {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        XDG_STATE_HOME: join(folder, 'state'),
        TMPDIR: tmpdir(),
        DATABASE_URL: database.url,
        IDENTITY: identity,
        LANDFALL_OPERATOR: 'ann@desk',
        AWS_ENDPOINT_URL: sandbox.url,
        AWS_ACCESS_KEY_ID: issued!.AccessKeyId!,
        AWS_SECRET_ACCESS_KEY: issued!.SecretAccessKey!,
        AWS_SESSION_TOKEN: issued!.SessionToken!,
        AWS_EC2_METADATA_DISABLED: 'true',
      }
    },
    async evaluations(): Promise<readonly Evaluation[]> {
      const reply = await fetch(`${sandbox.url}/_sandbox/evaluations`)
      return (await reply.json()) as readonly Evaluation[]
    },
    /** The role's policy without one action. */
    async without(arn: string, action: string): Promise<void> {
      const role = documents.roles.find((one) => one.arn === arn)!
      const cut = {
        ...role,
        policies: role.policies.map((policy) => ({
          ...policy,
          document: documentOf(
            policy.document.Statement.map((statement) => ({
              ...statement,
              Action: [statement.Action].flat().filter((each) => each !== action),
            })).filter(({ Action: left }) => left.length > 0),
          ),
        })),
      }
      await putPolicies(cut, admin)
    },
    async restore(arn: string): Promise<void> {
      await putPolicies(
        documents.roles.find((one) => one.arn === arn)!,
        admin,
      )
    },
    stop,
  }
}

type Admin = Readonly<Record<'home' | 'backups' | 'homeWest2' | 'backupsWest2', Clients>>

const adminOf = (admin: Admin, accountId: string, region = 'eu-west-1'): Clients =>
  admin[`${accountId === HOME ? 'home' : 'backups'}${region === 'eu-west-1' ? '' : 'West2'}`]

/** Object Lock must be there when a bucket is made. */
async function lockable(estate: Estate, admin: Admin): Promise<void> {
  const places = [
    ...estate.pairs.flatMap(({ source, destination }) => [source, destination]),
    ...estate.shipments.map(({ from }) => from),
  ]
  for (const { bucket, region, account } of new Map(places.map((one) => [one.bucket, one])).values()) {
    const { s3 } = adminOf(admin, estate.accounts[account]!.id, region)
    await s3.send(
      new CreateBucketCommand({
        Bucket: bucket,
        ObjectLockEnabledForBucket: true,
        CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' },
      }),
    )
  }
}

async function makeRoleOf(role: RoleDocument, admin: Admin): Promise<void> {
  const { iam } = adminOf(admin, role.accountId)
  const isTask = role.trust.Statement.some(({ Sid }) => Sid === 'EcsTasks')
  const user = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: `arn:aws:iam::${HOME}:root` } } as const
  const trust = isTask ? documentOf([...role.trust.Statement, user]) : role.trust
  await iam.send(new CreateRoleCommand({ RoleName: role.name, AssumeRolePolicyDocument: JSON.stringify(trust) }))
  await putPolicies(role, admin)
}

async function putPolicies(role: RoleDocument, admin: Admin): Promise<void> {
  const { iam } = adminOf(admin, role.accountId)
  for (const { name, document } of role.policies) {
    const PolicyDocument = JSON.stringify(document)
    await iam.send(new PutRolePolicyCommand({ RoleName: role.name, PolicyName: name, PolicyDocument }))
  }
}

async function letIn({ resources }: EstateDocuments, admin: Admin): Promise<void> {
  for (const { kind, name, arn, accountId, statements } of resources) {
    const Policy = JSON.stringify(documentOf(statements))
    if (kind === 'bucket') {
      // The sandbox sends a request for another region away, as S3 does.
      const { s3 } = adminOf(
        admin,
        accountId,
        name.endsWith('destination') || name === 'dump-replicas' ? 'eu-west-2' : 'eu-west-1',
      )
      await s3.send(new PutBucketPolicyCommand({ Bucket: name, Policy }))
      continue
    }
    const { sqs } = adminOf(admin, accountId, arn.split(':')[3])
    const QueueUrl = `${(await sqs.config.endpoint!()).protocol}//${(await sqs.config.endpoint!()).hostname}:${(await sqs.config.endpoint!()).port}/${accountId}/${name}`
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }))
  }
}
