/** `landfall doctor` on estates in the sandbox: one that is well, and each sabotage named with what mends it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DeleteBucketPolicyCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3'
import { CreateTopicCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { makeAws } from '../../src/aws/clients.ts'
import { observeClock } from '../../src/aws/observe/clock.ts'
import type { FindingDocument } from '../../src/domain/doctor/report.ts'
import { startPrivateRedis } from '../../src/demo/redis-server.ts'
import { startDoctorWorld, type DoctorWorld, ACCOUNT, grantAll } from '../support/doctor-world.ts'
import { pointSdkAt } from '../support/fake-aws.ts'
import { writeEstateFile } from '../support/estate-file.ts'
import { recordingLog } from '../support/log.ts'
import { randomPrefix } from '../support/prefix.ts'
import { type Ran, runCommand } from '../support/run-command.ts'
import { makeRole, trusting } from '../support/sandbox-roles.ts'
import { expire, SABOTAGES } from '../support/sabotages.ts'
import { smallEstate } from '../support/small-estate.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-doctor-'))
  pointSdkAt(inject('sandboxUrl'), ACCOUNT)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

async function startWorld(options: Partial<Parameters<typeof startDoctorWorld>[0]> = {}): Promise<DoctorWorld> {
  const places = { sandboxUrl: inject('sandboxUrl'), redisUrl: inject('redisUrl') }
  return startDoctorWorld({ ...places, folder, prefix: randomPrefix(), ...options })
}

async function doctor({ configFile, env }: DoctorWorld, ...args: string[]): Promise<Ran> {
  return runCommand(['doctor', '--config', configFile, ...args], env)
}

function findingsIn({ stdout }: Ran): readonly FindingDocument[] {
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as FindingDocument)
}

/** The shared Redis of the tests has no append-only file, and the estate no snapshot: said, and no business here. */
const OURS = new Set(['redis.persistence', 'landfall.config', 'landfall.token'])

async function bad(world: DoctorWorld): Promise<readonly FindingDocument[]> {
  return findingsIn(await doctor(world, '--json')).filter(({ id }) => !OURS.has(id))
}

describe('an estate that is set up as it should be', () => {
  it('is well, by lines for a person and for a machine', async () => {
    const world = await startWorld()
    try {
      expect(await bad(world)).toEqual([])
      const all = await doctor(world, '--json', '--all')
      expect(all.code).toBe(0)
      const ids = new Set(findingsIn(all).map(({ id }) => id))
      expect([...ids]).toEqual(
        expect.arrayContaining(['role.write', 'queue.policy', 'redis.eviction', 'landfall.clock']),
      )
      expect(
        findingsIn(all).every(({ title, why, subject, seen }) =>
          [title, why, subject.name, seen].every((text) => text !== ''),
        ),
      ).toBe(true)
      const text = await doctor(world)
      expect(text.stdout).toMatch(/\d+ checks passed \(--all shows them\)/)
      expect(text.stdout).not.toMatch(/FAIL|UNKNOWN/)
      expect((await doctor(world, '--strict')).code).toBe(3)
      expect((await doctor(world, '--quick')).code).toBe(0)
      expect((await doctor(world, '--pair', 'nobody')).stderr).toMatch(/no pair nobody.*documents/)
    } finally {
      world.close()
    }
  })

  it('is unknown, not missing, where we may not look', async () => {
    const world = await startWorld()
    try {
      // Of a role in the sandbox, which speaks no TLS, they would refuse everything.
      for (const Bucket of [world.source, world.batchBucket])
        await world.at.source.s3.send(new DeleteBucketPolicyCommand({ Bucket }))
      await world.at.destination.s3.send(new DeleteBucketPolicyCommand({ Bucket: world.destination }))
      const blind = { Effect: 'Allow', Action: ['s3:ListBucket', 'sqs:*'], Resource: '*' }
      const roleArn = await makeRole(world.at.source, `${world.role}-blind`, trusting({ AWS: ACCOUNT }), blind)
      const file = JSON.parse(await readFile(world.configFile, 'utf8')) as object
      const configFile = await writeEstateFile(`${world.configFile}.json`, {
        ...file,
        accounts: { main: { id: ACCOUNT, roleArn } },
      })
      const ran = await doctor({ ...world, configFile }, '--json')
      const found = findingsIn(ran).filter(({ id }) => !OURS.has(id))
      expect(new Set(found.map(({ level }) => level))).toEqual(new Set(['unknown']))
      expect(ran.code).toBe(5)
      const grants = found.map(({ mend }) => /Grant (\S+) to/.exec(mend?.say ?? '')?.[1])
      expect(grants).toEqual(
        expect.arrayContaining([
          's3:GetBucketVersioning',
          's3:GetReplicationConfiguration',
          's3:GetBucketNotification',
        ]),
      )
    } finally {
      world.close()
    }
  })
})

/** As facts.md has the estate that Landfall is made for. */
describe('an estate as it is found', () => {
  it('is told the truth about', async () => {
    const world = await startWorld({ rule: 'v1' })
    const { at, source, destination } = world
    const queueArn = `arn:aws:sqs:eu-west-1:${ACCOUNT}:${world.sourceQueue}`
    try {
      const { TopicArn } = await at.source.sns.send(new CreateTopicCommand({ Name: `${source}-antivirus` }))
      const topic = { TopicArn, Events: ['s3:ObjectCreated:*' as const] }
      const rest = ['s3:ObjectRemoved:*' as const, 's3:LifecycleExpiration:*' as const]
      await at.source.s3.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket: source,
          NotificationConfiguration: {
            TopicConfigurations: [topic],
            QueueConfigurations: [{ QueueArn: queueArn, Events: rest }],
          },
        }),
      )
      const subscribe = { TopicArn, Protocol: 'sqs', Endpoint: queueArn }
      await at.source.sns.send(new SubscribeCommand(subscribe))
      await grantAll(at.source, world.role, asInFacts(world))
      await expire(at.source, source, 180)
      await expire(at.destination, destination, 7)
      for (const [clients, Bucket] of [
        [at.source, source],
        [at.destination, destination],
      ] as const)
        await mfaDelete(clients, Bucket)
      const ran = await doctor(world, '--json')
      expect(ran.code).toBe(3)
      const found = findingsIn(ran).filter(({ id }) => !OURS.has(id))
      const about = (name: string) => found.filter(({ subject }) => subject.name.includes(name))
      expect(about('documents').map(({ id, level }) => [id, level])).toEqual([['replication.rule-v1', 'warn']])
      expect(about(source).map(({ id, level }) => [id, level])).toEqual([
        ['bucket.mfa-delete', 'pass'],
        ['lifecycle.versions-kept', 'warn'],
      ])
      expect(about(destination).map(({ id }) => id)).toEqual([
        'bucket.mfa-delete',
        'lifecycle.sooner',
        'lifecycle.versions-kept',
      ])
      expect(found.find(({ id }) => id === 'lifecycle.sooner')?.seen).toMatch(
        /only 7 days are visible there; at the source 180 days/,
      )
      expect(found.find(({ id }) => id === 'bucket.mfa-delete')).toMatchObject({
        note: true,
        seen: expect.stringContaining('without a code') as string,
      })
      // S3 reads objects without the newer action, and leaves the tags behind that the antivirus service sets.
      expect(about(world.role).map(({ id, level, seen }) => [id, level, seen])).toEqual([
        ['role.tags', 'warn', `it lacks s3:GetObjectVersionTagging on ${source}, s3:ReplicateTags on ${destination}`],
      ])
      // The queue's policy knows the bucket, and not the topic yet.
      expect(about(world.sourceQueue)).toMatchObject([
        { id: 'queue.policy', level: 'fail', seen: expect.stringContaining('antivirus') as string },
      ])
    } finally {
      world.close()
    }
  })

  function asInFacts({ source, destination }: DoctorWorld): object {
    const allow = (Action: string[], Resource: string) => ({ Effect: 'Allow', Action, Resource })
    return {
      Version: '2012-10-17',
      Statement: [
        allow(['s3:GetReplicationConfiguration', 's3:ListBucket'], `arn:aws:s3:::${source}`),
        allow(['s3:GetObjectVersion', 's3:GetObjectVersionAcl'], `arn:aws:s3:::${source}/*`),
        allow(['s3:ReplicateObject', 's3:ReplicateDelete'], `arn:aws:s3:::${destination}/*`),
      ],
    }
  }

  async function mfaDelete({ s3 }: DoctorWorld['at']['source'], Bucket: string): Promise<void> {
    const VersioningConfiguration = { Status: 'Enabled' as const, MFADelete: 'Enabled' as const }
    const MFA = 'arn:aws:iam::111111111111:mfa/root 123456'
    await s3.send(new PutBucketVersioningCommand({ Bucket, MFA, VersioningConfiguration }))
  }
})

describe('sabotage', () => {
  it('comes in 25 ways or more', () => {
    expect(SABOTAGES.length).toBeGreaterThanOrEqual(25)
    expect(new Set(SABOTAGES.map(({ name }) => name)).size).toBe(SABOTAGES.length)
  })

  it.each(SABOTAGES)('$name', async ({ does, finds, level, about, mend }) => {
    const world = await startWorld()
    try {
      await does(world)
      const found = await bad(world)
      const it = found.find(({ id, subject }) => id === finds && subject.name.includes(about(world)))
      expect(it, JSON.stringify(found, null, 1)).toMatchObject({ level })
      expect(it?.mend?.command ?? it?.mend?.say).toMatch(mend)
      // What is not broken is not named: what breaks one resource may show at what leans on it, and no more.
      expect(found.length, JSON.stringify(found, null, 1)).toBeLessThanOrEqual(4)
    } finally {
      world.close()
    }
  })

  it('Redis evicts', async () => {
    const redis = await startPrivateRedis({ args: ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru'] })
    const world = await startWorld({ redisUrl: redis.url })
    try {
      const ran = await doctor(world, '--json')
      expect(ran.code).toBe(3)
      expect(findingsIn(ran).find(({ id }) => id === 'redis.eviction')).toMatchObject({
        level: 'fail',
        mend: { say: expect.stringMatching(/noeviction/) as string },
      })
    } finally {
      await redis.stop()
      world.close()
    }
  })

  it('the clock is wrong', async () => {
    const aws = makeAws({ estate: smallEstate(), log: recordingLog(), pathStyle: true })
    try {
      const behind = await observeClock(aws, { region: 'eu-west-1' }, { now: () => Date.now() - 600_000 })
      expect(behind.is === 'there' && behind.value).toBeCloseTo(600_000, -4)
    } finally {
      aws.close()
    }
  })
})
