/**
 * Landfall under the policies that it prints, in accounts where nothing else is allowed. The sandbox keeps what it evaluated:
 * what the code asked for must be granted, and what is granted must have been asked for.
 */
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { GetQueueUrlCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Evaluation } from '../../sandbox/iam/evaluations.ts'
import { roleArn } from '../../src/domain/iam/document.ts'
import type { Activity } from '../../src/domain/iam/grant.ts'
import { dumpName, manifestKey, verifiedKey } from '../../src/domain/dump/name.ts'
import { manifestOf, recordOf } from '../support/catalog-world.ts'
import { BACKUPS, HOME, type IamWorld, startIamWorld } from '../support/iam-world.ts'
import { type Ended, landfall, type LandfallProcess, spawnLandfall } from '../support/landfall-process.ts'
import { hasPostgres, MARKETPLACE } from '../support/postgres.ts'

let world: IamWorld
const DAY = 86_400_000
const PATIENCE = { interval: 200, timeout: 60_000 }

/** Granted, and asked for only when something breaks, or by S3 itself where the sandbox does not: with the reason. */
const NOT_SEEN: Readonly<Record<string, string>> = {
  's3:PutObject doctor': 'with --canary alone',
  's3:ListBucketVersions doctor': 'with --canary alone',
  's3:AbortMultipartUpload': 'after an upload that failed',
  's3:ListJobs': 'for a job whose answer was lost, when the configuration changed since',
  's3:GetEncryptionConfiguration': 'for objects under a KMS key',
  's3:ListBucketMultipartUploads': 'after a begin whose answer was lost',
  'cloudwatch:TagResource operator': 'with the tags of a new alarm, which the sandbox does not ask for',
  's3:ListBucket drill': 'for what is missing: else S3 says that it is forbidden',
  'iam:GetPolicy': 'for roles with managed policies, which the sandbox lacks',
  'iam:GetPolicyVersion': 'for roles with managed policies, which the sandbox lacks',
  'sns:GetTopicAttributes': 'where a bucket tells a topic',
  'sns:ListSubscriptionsByTopic': 'where a bucket tells a topic',
  'sns:GetSubscriptionAttributes': 'where a bucket tells a topic',
  'sqs:CancelMessageMoveTask': 'while a task of SQS is moving messages',
  'sqs:ChangeMessageVisibility': 'for messages that cannot be booked',
  's3:PutObjectRetention operator': 'the operator ships as the service does',
  's3:PutObjectTagging operator': 'the operator ships as the service does',
}

/** HEAD leaves out what one may not know; `explain` looks at a pair of `evidence: list` as far as it may. */
function isOptional({ action, resource }: Evaluation): boolean {
  if (/^s3:GetObject(Retention|LegalHold|Tagging|VersionTagging)$/.test(action)) return true
  return resource.includes(':::agreements-') && (action === 's3:GetObjectVersion' || action === 's3:ListBucket')
}

async function command(activity: Activity, ...args: string[]): Promise<Ended> {
  const config = await world.configFor(activity === 'prune' ? 'operator' : activity)
  return landfall({
    args: [...args, '--config', config],
    env: await world.envOf(activity === 'prune' ? 'operator' : activity),
  })
}

/** Ends with one of these. */
async function runs(activity: Activity, args: readonly string[], codes: readonly number[] = [0]): Promise<Ended> {
  const ended = await command(activity, ...args)
  if (!codes.includes(ended.code ?? -1)) {
    throw new Error(
      `${activity}: landfall ${args.join(' ')} ended with ${ended.code}\n${ended.stdout.slice(-1500)}\n${ended.stderr}`,
    )
  }
  return ended
}

const put = async (bucket: string, key: string, more: object = {}, account: 'home' | 'backups' = 'home') =>
  world.admin[account].s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: `bytes of ${key}`, ...more }))

const LOCKED = {
  Tagging: 'kind=pricing',
  ObjectLockMode: 'GOVERNANCE',
  ObjectLockRetainUntilDate: new Date(Date.now() + 3_600_000),
  ObjectLockLegalHoldStatus: 'ON',
} as const

async function landed(pair: string, count: number): Promise<void> {
  await vi.waitFor(async () => {
    const { open, closed } = await world.ledger.snapshot(pair)
    expect({ pair, open, landed: closed.landed + closed.superseded }).toEqual({
      pair,
      open: { waiting: 0, late: 0, mismatched: 0, failed: 0 },
      landed: count,
    })
  }, PATIENCE)
}

describe.skipIf(!hasPostgres)('under its own policies', () => {
  beforeAll(async () => {
    world = await startIamWorld(MARKETPLACE)
  }, 120_000)
  afterAll(async () => {
    await world?.stop()
  })

  test('traffic lands, failures are repaired, dumps ship: the service', { timeout: 240_000 }, async () => {
    const service: LandfallProcess = spawnLandfall({
      args: ['run', '--config', await world.configFor('service')],
      env: await world.envOf('service'),
    })
    const { http } = await service.said('landfall runs')
    for (const pair of ['documents', 'agreements']) {
      await put(`${pair}-source`, 'a.pdf', pair === 'documents' ? LOCKED : { Tagging: 'kind=pricing' })
      await put(`${pair}-source`, 'b.pdf')
      await world.admin.home.s3.send(new DeleteObjectCommand({ Bucket: `${pair}-source`, Key: 'b.pdf' }))
    }
    await put('jenkins', 'away/production-202611240100.sql.gz')
    await put('jenkins', 'near/x', { Tagging: 'kind=backup' })
    await landed('documents', 3)
    await landed('agreements', 3)
    await world.setFaults({
      replication: {
        fail: [
          { share: 1, reasons: ['DstObjectHardDeleted'], prefix: 'again/' },
          { share: 1, reasons: ['DstVersionNotFound'], prefix: 'broken/' },
        ],
      },
    })
    await put('documents-source', 'broken/1')
    await put('copied-source', 'broken/2', LOCKED)
    await put('copied-source', 'broken/3', LOCKED)
    await put('again-source', 'again/3', LOCKED)
    await vi.waitFor(async () => {
      expect((await world.ledger.snapshot('documents')).open.failed).toBe(1)
    }, PATIENCE)
    await world.clearFaults()
    await landed('documents', 4)
    await landed('copied', 2)
    await landed('again', 2)
    const alarms = await vi.waitFor(async () => {
      const reply = await fetch(`${String(http)}/api/alarms`)
      return (await reply.json()) as object
    }, PATIENCE)
    expect(alarms).toHaveProperty('total')
    // Dumps and drills on a schedule, and audits, are children or jobs of the service, under its own credentials.
    await runs('service', ['dump', 'run', 'production'])
    await landed('dumps', await dumpsThere())
    await runs('service', ['dump', 'verify', 'production'])
    await runs('service', ['drill', 'dump', 'production'])
    await runs('service', ['audit', '--pair', 'documents'], [0, 3])
    await runs('service', ['dump', 'list', 'production'])
    service.kill('SIGTERM')
    const ended = await service.ended
    expect(ended.code).toBe(0)
    const refused = service.log.filter((line) => JSON.stringify(line).includes('ACCESS_DENIED'))
    expect(refused).toEqual([])
  })

  /** Versions in the bucket of dumps. */
  async function dumpsThere(): Promise<number> {
    const { open, closed } = await world.ledger.snapshot('dumps')
    return open.waiting + open.late + open.failed + open.mismatched + closed.landed + closed.superseded
  }

  test('a dump and drills as tasks of their own', { timeout: 120_000 }, async () => {
    await world.setFaults({ requests: [{ service: 's3', action: 'CompleteMultipartUpload', lose: 1 }] })
    await runs('dump', ['dump', 'run', 'second'])
    await world.clearFaults()
    await runs('drill', ['drill', 'dump', 'production'], [0, 3])
    await runs('drill', ['drill', 'replicas', '--pair', 'documents', '--sample', '2'])
    await runs('drill', ['drill', 'replicas', '--pair', 'agreements', '--sample', '2'])
  })

  test("a person's commands", { timeout: 240_000 }, async () => {
    await runs('doctor', ['doctor', '--json'], [0, 1, 2, 3, 4, 5, 6])
    await runs('operator', ['alarms', 'apply'])
    await runs('operator', ['alarms', 'status'])
    await runs('operator', ['alarms', 'lint'], [0, 3])
    await runs('operator', ['dashboards', 'apply'])
    await runs('operator', ['dashboards', 'destroy'])
    await runs('operator', ['alarms', 'destroy'])
    await runs('operator', ['audit'], [0, 3])
    await runs('operator', ['explain', 's3://documents-source/a.pdf'], [0, 3])
    await runs('operator', ['explain', 's3://agreements-source/a.pdf'], [0, 3])
    await runs('operator', ['status', '--from-snapshot'])
    await runs('operator', ['status'])
    await put('jenkins', 'away/production-202611240200.sql.gz')
    await put('jenkins', 'near/y', { Tagging: 'kind=backup' })
    await runs('operator', ['dump', 'ship', 'away'])
    await runs('operator', ['dump', 'ship', 'near'])
    await deadLetters('x', 'y')
    await runs('operator', ['dead-letters', 'list'])
    await runs('operator', ['dead-letters', 'redrive', '--one-by-one', '--yes', '--limit', '1'])
    await runs('operator', ['dead-letters', 'redrive', '--yes'])
    await runs('operator', ['dead-letters', 'redrive', '--cancel'], [0, 1, 6])
    await deadLetters('z')
    const exported = join(world.folder, 'letters.jsonl')
    await runs('operator', ['dead-letters', 'export', '--out', exported])
    await runs('operator', ['dead-letters', 'purge', '--exported', exported, '--yes'])
  })

  async function deadLetters(...bodies: string[]): Promise<void> {
    for (const { name, region } of world.estate.queues) {
      const { sqs } = world.admin[region === 'eu-west-1' ? 'home' : 'homeWest2']
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${name}-dead-letters` }))
      for (const body of bodies) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }))
    }
  }

  test('the role that deletes deletes, and no other', { timeout: 60_000 }, async () => {
    const body = gzipSync('-- a dump')
    for (const age of [80 * DAY, 40 * DAY, DAY / 24]) {
      const at = Math.floor((Date.now() - age) / 60_000) * 60_000
      const named = dumpName({ stage: 'production', at, format: 'plain', compression: 'gzip', encryption: 'none' })
      const key = `old/${named}`
      const { VersionId } = await put('dumps', key, { Body: body }, 'backups')
      await put('dumps', manifestKey(key), { Body: JSON.stringify(manifestOf(key, VersionId!, at, body)) }, 'backups')
      await put(
        'dumps',
        verifiedKey(key),
        { Body: JSON.stringify(recordOf(key, VersionId!, at, 'verified')) },
        'backups',
      )
    }
    expect((await runs('prune', ['dump', 'prune', 'old', '--yes'])).stdout).toContain('2 dumps')
    await runs('operator', ['dump', 'list', 'old'])
    await runs('operator', ['dump', 'list', 'production'])
  })

  test('what the code asks for is granted, and what is granted was asked for', async () => {
    const all = await world.evaluations()
    const ofRole = new Map(world.principals.map(({ arn, activity }) => [arn, activity]))
    const refused = all.filter(({ principal, allowed }) => !allowed && ofRole.has(principal))
    const refusedNow = refused.filter((one) => !isOptional(one))
    const told = new Set(
      refusedNow.map(({ principal, action, resource }) => `${ofRole.get(principal)} ${action} ${resource}`),
    )

    const asked = (activity: Activity) =>
      new Set(
        all
          .filter(({ principal, allowed }) => allowed && ofRole.get(principal) === activity)
          .map(({ action }) => action),
      )
    const unasked = [...new Set(ofRole.values())].flatMap((activity) => {
      const seen = asked(activity)
      const granted = new Set(
        world.principals
          .filter((one) => one.activity === activity)
          .flatMap(({ may }) => may.map(({ action }) => action)),
      )
      return [...granted]
        .filter(
          (action) =>
            !seen.has(action) && NOT_SEEN[action] === undefined && NOT_SEEN[`${action} ${activity}`] === undefined,
        )
        .map((action) => `${activity} ${action}`)
    })
    expect({ refused: [...told], unasked }).toEqual({ refused: [], unasked: [] })
  })

  test('the roles of S3 itself were asked for what they have', async () => {
    const all = await world.evaluations()
    const allowed = (arn: string): readonly string[] => [
      ...new Set(all.filter(({ principal, allowed: yes }) => principal === arn && yes).map(({ action }) => action)),
    ]
    expect(allowed(roleArn(HOME, 'landfall-replication'))).toEqual(
      expect.arrayContaining(['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags', 's3:GetObjectRetention']),
    )
    expect(allowed(roleArn(HOME, 'landfall-batch'))).toEqual(
      expect.arrayContaining(['s3:InitiateReplication', 's3:PutObject']),
    )
  })

  test.each([
    ['s3:ListBucketVersions', roleArn(BACKUPS, 'landfall-drill'), ['drill', 'replicas', '--pair', 'agreements']],
    ['sts:AssumeRole', roleArn(HOME, 'landfall-drill'), ['drill', 'replicas', '--pair', 'agreements']],
  ])('without %s it says which grant is missing, and where', async (action, arn, args) => {
    await world.without(arn, action)
    const { code, stderr } = await command('drill', ...args)
    await world.restore(arn)
    expect(code).toBe(5)
    expect(stderr).toContain('code: ACCESS_DENIED')
    expect(stderr).toContain(action)
    expect(stderr).toMatch(/\n {2}next: \S.{20,}/)
  })
})
