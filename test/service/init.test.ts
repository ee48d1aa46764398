/** `landfall init` on an empty account, on the estate as it stands, and on one of which parts are in the way. */
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'

import { expect, test, vi } from 'vitest'
import { jsonOf } from '../support/run-command.ts'
import { asItStands, TOPIC } from '../support/estate-found.ts'
import { HOME, initDocument, type InitWorld, REPLICAS, SOURCE, startInitWorld } from '../support/init-world.ts'

async function replicaOf({ london }: InitWorld, Key: string) {
  return vi.waitFor(async () => london.s3.send(new HeadObjectCommand({ Bucket: REPLICAS, Key })), {
    timeout: 20_000,
    interval: 100,
  })
}

test('on an empty account all is set up, traffic lands, and a second run changes nothing', async () => {
  const world = await startInitWorld()
  await world.control.iam({ strict: true, secureTransport: true })
  const dry = await world.init('plan', '--exit-code')
  expect(dry.code).toBe(3)
  expect(dry.stdout).toContain(`+ bucket  ${REPLICAS} (eu-west-2)`)
  const applied = await world.init('apply')
  expect(applied.stderr).toBe('')
  expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining('Done: ') })
  expect(applied.stdout).not.toContain('landfall audit --repair')

  // The role was made, so the sandbox asks what it may: its grants suffice, for tags too.
  const { VersionId } = await world.ireland.s3.send(
    new PutObjectCommand({ Bucket: SOURCE, Key: 'g-cloud-12/a b.pdf', Body: 'bytes', Tagging: 'scan=clean' }),
  )
  expect(await replicaOf(world, 'g-cloud-12/a b.pdf')).toMatchObject({ VersionId, ReplicationStatus: 'REPLICA' })
  const tags = await world.london.s3.send(new GetObjectTaggingCommand({ Bucket: REPLICAS, Key: 'g-cloud-12/a b.pdf' }))
  expect(tags.TagSet).toEqual([{ Key: 'scan', Value: 'clean' }])
  await world.heard('landfall-ireland', VersionId!)
  await world.heard('landfall-london', VersionId!)

  await world.control.resetStats()
  const again = await world.init('apply', '--exit-code', '--json')
  expect(again.code).toBe(0)
  expect(jsonOf(again)).toMatchObject({ counts: { create: 0, update: 0, offer: 0, blocked: 0 } })
  const { control: _, ...services } = await world.control.totals()
  const sent = Object.values(services).flatMap((actions) => Object.keys(actions))
  expect(sent.filter((action) => !/^(Get|List|Head)/.test(action))).toEqual([])
})

test('what was taken away is made again, and nothing else', async () => {
  const world = await startInitWorld()
  await world.init('apply')
  const Bucket = SOURCE
  await world.ireland.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} }))
  const found = await world.ireland.s3.send(new GetBucketReplicationCommand({ Bucket }))
  const [rule] = found.ReplicationConfiguration!.Rules!
  const ReplicationConfiguration = {
    Role: found.ReplicationConfiguration!.Role,
    Rules: [{ ...rule!, Status: 'Disabled' as const }],
  }
  await world.ireland.s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }))
  await world.london.s3.send(
    new PutBucketVersioningCommand({ Bucket: REPLICAS, VersioningConfiguration: { Status: 'Suspended' } }),
  )
  expect(await world.planned()).toEqual([
    `update versioning ${REPLICAS}`,
    `update replication ${SOURCE}`,
    `create notifications ${SOURCE}`,
  ])
  expect((await world.init('apply')).stdout).toContain('landfall audit --repair')
  expect(await world.planned()).toEqual([])
})

test('of the estate as it stands nothing is broken, and its events come by the topic', async () => {
  const world = await startInitWorld()
  await asItStands(world)
  const lines = await world.planned()
  expect(lines).toContain(`offer subscription ${TOPIC}`)
  expect(lines).toContain(`offer replication ${SOURCE}`)
  expect(lines.filter((line) => line.endsWith(SOURCE))).toEqual([
    `offer replication ${SOURCE}`,
    `create notifications ${SOURCE}`,
  ])

  const applied = await world.init('apply', '--subscribe')
  expect(applied.stderr).toBe('')
  expect(applied.code).toBe(0)
  const told = await world.ireland.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: SOURCE }))
  expect(told.TopicConfigurations).toMatchObject([{ Id: 'antivirus', TopicArn: TOPIC, Events: ['s3:ObjectCreated:*'] }])
  expect(told.QueueConfigurations![0]!.Events).toEqual([
    's3:ObjectRemoved:*',
    's3:LifecycleExpiration:*',
    's3:Replication:*',
  ])
  const rules = await world.ireland.s3.send(new GetBucketReplicationCommand({ Bucket: SOURCE }))
  expect(rules.ReplicationConfiguration!.Rules).toMatchObject([{ ID: 'all', Prefix: '' }])
  const lifecycle = await world.london.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: REPLICAS }))
  expect(lifecycle.Rules!.map(({ ID }) => ID)).toEqual(['expire'])
  const versioning = await world.london.s3.send(new GetBucketVersioningCommand({ Bucket: REPLICAS }))
  expect(versioning.MFADelete).toBe('Enabled')

  const { VersionId } = await world.ireland.s3.send(
    new PutObjectCommand({ Bucket: SOURCE, Key: 'a', Body: 'x', Tagging: 'scan=clean' }),
  )
  const heard = await world.heard('landfall-ireland', VersionId!)
  expect(heard).toContain('TopicArn')
  await world.heard('landfall-london', VersionId!)
  // The grants that the role lacked are there now.
  await replicaOf(world, 'a')
  const tags = await world.london.s3.send(new GetObjectTaggingCommand({ Bucket: REPLICAS, Key: 'a' }))
  expect(tags.TagSet).toHaveLength(1)
  expect((await world.planned('--subscribe')).filter((line) => !line.startsWith('offer'))).toEqual([])
})

test('rules of version 1 are rewritten when asked, and keep what they did', async () => {
  const world = await startInitWorld()
  await asItStands(world)
  await world.init('apply', '--migrate-rules', '--subscribe')
  const { ReplicationConfiguration: after } = await world.ireland.s3.send(
    new GetBucketReplicationCommand({ Bucket: SOURCE }),
  )
  expect(after).toMatchObject({
    Role: `arn:aws:iam::${HOME}:role/replication`,
    Rules: [
      {
        ID: 'all',
        Status: 'Enabled',
        Filter: { Prefix: '' },
        DeleteMarkerReplication: { Status: 'Enabled' },
        Destination: { Metrics: { Status: 'Enabled' }, ReplicationTime: { Status: 'Enabled' } },
      },
    ],
  })
  expect((await world.planned('--subscribe')).filter((line) => !line.startsWith('offer'))).toEqual([])
})

test('what Terraform owns is left to it, with the Terraform to add', async () => {
  const world = await startInitWorld()
  await asItStands(world)
  for (const [s3, Bucket] of [
    [world.ireland.s3, SOURCE],
    [world.london.s3, REPLICAS],
  ] as const) {
    const Tagging = { TagSet: [{ Key: 'ManagedBy', Value: 'Terraform' }] }
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging }))
  }
  const plan = await world.init('plan', '--migrate-rules', '--exit-code')
  expect(plan.code).toBe(3)
  expect(plan.stdout).toContain('Terraform owns it (tag ManagedBy=Terraform)')
  expect(plan.stdout).toContain(`resource "aws_s3_bucket_notification" "${SOURCE.replaceAll('-', '_')}"`)
  await world.init('apply', '--migrate-rules', '--subscribe')
  const rules = await world.ireland.s3.send(new GetBucketReplicationCommand({ Bucket: SOURCE }))
  expect(rules.ReplicationConfiguration!.Rules![0]).toMatchObject({ Prefix: '' })
  const told = await world.ireland.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: SOURCE }))
  expect(told.QueueConfigurations).toBe(undefined)
})

test('MFA delete stops what it would refuse, and says so', async () => {
  const world = await startInitWorld()
  await world.london.s3.send(new CreateBucketCommand({ Bucket: REPLICAS }))
  const put = new PutBucketVersioningCommand({
    Bucket: REPLICAS,
    VersioningConfiguration: { Status: 'Suspended', MFADelete: 'Enabled' },
    MFA: 'device 123456',
  })
  await world.london.s3.send(put)
  const plan = await world.init('plan')
  expect(plan.stdout).toContain('MFA delete is on: only the root user')
  expect(await world.planned()).toEqual(
    expect.arrayContaining([`blocked versioning ${REPLICAS}`, `blocked replication ${SOURCE}`]),
  )
})

test('the first fault ends it, with what was done; the next run goes on from there', async () => {
  const world = await startInitWorld()
  await world.control.setFaults({
    requests: [{ service: 's3', action: 'PutBucketReplication', throttle: 1, status: 403, code: 'AccessDenied' }],
  })
  const stopped = await world.init('apply')
  expect(stopped.code).toBe(5)
  expect(stopped.stderr).toMatch(/\d+ of \d+ changes are done and stand; stopped at replication of/)
  expect(stopped.stderr).toContain('s3:PutReplicationConfiguration')
  await world.control.clearFaults()
  expect((await world.init('apply')).code).toBe(0)
  expect(await world.planned()).toEqual([])
})

test('a refused look blocks the part that it is about', async () => {
  const world = await startInitWorld()
  await world.init('apply')
  await world.control.setFaults({
    requests: [{ service: 's3', action: 'GetBucketReplication', throttle: 1, status: 403, code: 'AccessDenied' }],
  })
  const plan = await world.init('plan')
  expect(plan.stdout).toContain('s3:GetReplicationConfiguration is denied')
  expect(await world.planned()).toContain(`blocked replication ${SOURCE}`)
})

test('objects from before the rule: an estimate, then one job, when a person says so', async () => {
  const batch = {
    roleArn: `arn:aws:iam::${HOME}:role/landfall-batch-replication`,
    bucket: 'landfall-redrive-production',
  }
  const world = await startInitWorld(initDocument({ pair: { redrive: { batch } } }))
  await world.ireland.s3.send(new CreateBucketCommand({ Bucket: SOURCE }))
  const on = { Bucket: SOURCE, VersioningConfiguration: { Status: 'Enabled' as const } }
  await world.ireland.s3.send(new PutBucketVersioningCommand(on))
  await world.ireland.s3.send(new PutObjectCommand({ Bucket: SOURCE, Key: 'old', Body: 'from before' }))
  await world.control.iam({ strict: true, secureTransport: true })
  const first = await world.init('apply', '--existing')
  expect(first.stdout).toContain('existing objects of documents-production: at most 1 versions, 11 bytes')
  expect(first.stdout).toContain('not begun: --yes begins it')
  const begun = await world.init('apply', '--existing', '--yes', '--json')
  expect(jsonOf(begun)).toMatchObject({ existing: [{ pair: 'documents-production', job: expect.any(String) }] })
  await replicaOf(world, 'old')
  const again = await world.init('apply', '--existing', '--yes', '--json')
  const jobOf = (ran: typeof begun) => (jsonOf(ran) as { existing: { job: string }[] }).existing[0]!.job
  expect(jobOf(again)).toBe(jobOf(begun))
})

test('an account with a role of its own gets replicas under its own ownership', async () => {
  const document = initDocument({
    pair: { destination: { bucket: REPLICAS, region: 'eu-west-2', account: 'backups' } },
  }) as { accounts: object; queues: { account: string }[] }
  const world = await startInitWorld({
    ...document,
    accounts: {
      ...document.accounts,
      backups: { id: '444444444444', roleArn: 'arn:aws:iam::444444444444:role/landfall' },
    },
    queues: [document.queues[0], { ...document.queues[1], account: 'backups' }],
  })
  expect(await world.init('apply')).toMatchObject({ code: 0, stderr: '' })
  await world.control.iam({ strict: [HOME], secureTransport: true })
  await world.ireland.s3.send(new PutObjectCommand({ Bucket: SOURCE, Key: 'a', Body: 'x' }))
  const source = await vi.waitFor(
    async () => {
      const head = await world.ireland.s3.send(new HeadObjectCommand({ Bucket: SOURCE, Key: 'a' }))
      expect(head.ReplicationStatus).not.toBe('PENDING')
      return head
    },
    { timeout: 20_000, interval: 100 },
  )
  expect(source.ReplicationStatus).toBe('COMPLETED')
  await world.control.iam({ strict: false })
  expect((await world.planned()).filter((line) => !line.startsWith('offer'))).toEqual([])
})
