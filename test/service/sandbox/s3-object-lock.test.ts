import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { findCommand, makeWorkplace } from '../../support/commands.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from '../../support/local-aws.ts'
import { clientsFor } from '../../support/sandbox.ts'
import { allow, type Clients, clientsIn, grant, makeRole, trusting } from '../../support/sandbox-roles.ts'

const DAY_MS = 86_400_000
const PATIENCE = { interval: 5, timeout: 10_000 }
const LOCKED = { name: 'AccessDenied', message: 'Access Denied because object protected by object lock.' }
const inDays = (days: number): Date => new Date(Math.floor(Date.now() / 1000) * 1000 + days * DAY_MS)

let aws: LocalAws
let owner: Clients
let Bucket: string
let made = 0

beforeAll(async () => {
  aws = await startLocalAws('lock')
  owner = clientsFor(aws.sandbox.url, { account: ACCOUNT })
})
beforeEach(async () => {
  Bucket = `locked-${++made}`
  await aws.s3().send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }))
})
afterAll(async () => {
  owner.destroy()
  await aws.close()
})

async function put(more: Partial<PutObjectCommandInput> = {}) {
  const { VersionId } = await aws.s3().send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...more }))
  return { Bucket, Key: 'k', VersionId: VersionId! }
}

const governed = (days = 1) => ({ ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: inDays(days) }) as const
const compliant = (days = 1) => ({ ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: inDays(days) }) as const
const remove = (at: object, s3 = aws.s3()) => s3.send(new DeleteObjectCommand({ Bucket, Key: 'k', ...at }))
const head = (at: object, s3 = aws.s3()) => s3.send(new HeadObjectCommand({ Bucket, Key: 'k', ...at }))
const retain = (at: object, Mode: 'GOVERNANCE' | 'COMPLIANCE', days: number, more: object = {}) =>
  aws.s3().send(
    new PutObjectRetentionCommand({
      Bucket,
      Key: 'k',
      Retention: { Mode, RetainUntilDate: inDays(days) },
      ...at,
      ...more,
    }),
  )
const hold = (at: object, Status: 'ON' | 'OFF') =>
  aws.s3().send(new PutObjectLegalHoldCommand({ Bucket, Key: 'k', LegalHold: { Status }, ...at }))
const configure = (Rule?: object) =>
  aws.s3().send(
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', ...(Rule === undefined ? {} : { Rule }) },
    }),
  )

describe('a retention', () => {
  it('is told by HEAD, and keeps its version until it has run out; a delete marker still goes on top', async () => {
    const until = inDays(2)
    const at = await put({ ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until })
    expect(await head(at)).toMatchObject({ ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: until })
    const { Retention } = await aws.s3().send(new GetObjectRetentionCommand(at))
    expect(Retention).toEqual({ Mode: 'COMPLIANCE', RetainUntilDate: until })
    await expect(remove(at)).rejects.toMatchObject(LOCKED)
    await expect(remove({ ...at, BypassGovernanceRetention: true })).rejects.toMatchObject(LOCKED)
    expect(await remove({})).toMatchObject({ DeleteMarker: true })
    const Delete = {
      Objects: [at, { Key: 'other', VersionId: at.VersionId }].map(({ Key, VersionId }) => ({ Key, VersionId })),
    }
    const { Errors } = await aws.s3().send(new DeleteObjectsCommand({ Bucket, Delete }))
    expect(Errors).toMatchObject([{ Key: 'k', Code: 'AccessDenied', Message: LOCKED.message }])
  })

  it('of governance gives way to who says so; of compliance to nobody', async () => {
    const soft = await put(governed())
    await expect(remove(soft)).rejects.toMatchObject(LOCKED)
    await expect(retain(soft, 'GOVERNANCE', 0.5)).rejects.toMatchObject(LOCKED)
    await retain(soft, 'GOVERNANCE', 2)
    await retain(soft, 'GOVERNANCE', 0.5, { BypassGovernanceRetention: true })
    await remove({ ...soft, BypassGovernanceRetention: true })

    const hard = await put(compliant())
    await retain(hard, 'COMPLIANCE', 3)
    await expect(retain(hard, 'COMPLIANCE', 2, { BypassGovernanceRetention: true })).rejects.toMatchObject(LOCKED)
    await expect(retain(hard, 'GOVERNANCE', 9, { BypassGovernanceRetention: true })).rejects.toMatchObject(LOCKED)
  })

  it('is refused where it makes no sense', async () => {
    await expect(put({ ...governed(), ObjectLockRetainUntilDate: inDays(-1) })).rejects.toThrow('must be in the future')
    await expect(put({ ObjectLockMode: 'GOVERNANCE' })).rejects.toThrow('must both be supplied')
    const plain = await put()
    await expect(aws.s3().send(new GetObjectRetentionCommand(plain))).rejects.toMatchObject({
      name: 'NoSuchObjectLockConfiguration',
    })
    const open = await aws.bucket(`open-${made}`)
    await expect(put({ ...governed(), Bucket: open })).rejects.toThrow('Bucket is missing Object Lock Configuration')
    const Status = 'Suspended' as const
    const suspend = new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } })
    await expect(aws.s3().send(suspend)).rejects.toMatchObject({ name: 'InvalidBucketState' })
  })

  it('wants a checksum of the upload', async () => {
    const authorization = `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0`
    const lock = {
      'x-amz-object-lock-mode': 'GOVERNANCE',
      'x-amz-object-lock-retain-until-date': inDays(1).toISOString(),
    }
    const send = (headers: Record<string, string>) =>
      fetch(`${aws.sandbox.url}/${Bucket}/k`, { method: 'PUT', body: 'x', headers: { authorization, ...headers } })
    const refused = await send(lock)
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining('Content-MD5 OR x-amz-checksum-'),
    ])
    expect((await send({ ...lock, 'content-md5': 'nd1Q5N4yMUnJ0O1DNLPB1A==' })).status).toBe(400) // of other bytes
    expect((await send({ ...lock, 'content-md5': 'ndTkYSaMgDT1yFZOFVxnpg==' })).status).toBe(200)
    await configure({ DefaultRetention: { Mode: 'GOVERNANCE', Days: 1 } })
    expect((await send({})).status).toBe(400)
  })
})

describe('a legal hold', () => {
  it('keeps a version whoever bypasses, until it is lifted', async () => {
    const at = await put({ ObjectLockLegalHoldStatus: 'ON' })
    expect(await head(at)).toMatchObject({ ObjectLockLegalHoldStatus: 'ON' })
    await expect(remove({ ...at, BypassGovernanceRetention: true })).rejects.toMatchObject(LOCKED)
    await hold(at, 'OFF')
    expect((await aws.s3().send(new GetObjectLegalHoldCommand(at))).LegalHold).toEqual({ Status: 'OFF' })
    await remove(at)
    const never = await put()
    await expect(aws.s3().send(new GetObjectLegalHoldCommand(never))).rejects.toMatchObject({
      name: 'NoSuchObjectLockConfiguration',
    })
  })
})

describe("a bucket's default", () => {
  beforeEach(() => configure({ DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 } }).then(() => {}))
  const daysLeft = (until: Date | undefined) => (until!.getTime() - Date.now()) / DAY_MS

  it('is read back, and given to what comes without one of its own: puts, copies, uploads in parts', async () => {
    const { ObjectLockConfiguration } = await aws.s3().send(new GetObjectLockConfigurationCommand({ Bucket }))
    expect(ObjectLockConfiguration?.Rule?.DefaultRetention).toEqual({ Mode: 'GOVERNANCE', Days: 7 })
    const at = await put()
    expect(daysLeft((await head(at)).ObjectLockRetainUntilDate)).toBeCloseTo(7, 2)
    expect((await head(await put(compliant(1)))).ObjectLockMode).toBe('COMPLIANCE')
    const CopySource = `${Bucket}/k?versionId=${at.VersionId}`
    const { VersionId } = await aws.s3().send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))
    expect((await head({ Key: 'copy', VersionId })).ObjectLockMode).toBe('GOVERNANCE')

    const place = { Bucket, Key: 'parts' }
    const create = new CreateMultipartUploadCommand({ ...place, ...compliant(3), ObjectLockLegalHoldStatus: 'ON' })
    const { UploadId } = await aws.s3().send(create)
    const { ETag } = await aws.s3().send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: 'x' }))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
    await aws.s3().send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload }))
    const whole = await head({ Key: 'parts' })
    expect(whole).toMatchObject({ ObjectLockMode: 'COMPLIANCE', ObjectLockLegalHoldStatus: 'ON' })
  })

  it('keeps versions from lifecycle rules', async () => {
    const at = await put()
    await remove({})
    const Rules = [
      { ID: 'old', Status: 'Enabled', Filter: { Prefix: '' }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
    ]
    const LifecycleConfiguration = { Rules: Rules as [] }
    await aws.s3().send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }))
    await aws.lifecycle({ bucket: Bucket, asOf: inDays(3) })
    await head(at)
    await aws.lifecycle({ bucket: Bucket, asOf: inDays(9) })
    await expect(head(at)).rejects.toMatchObject({ name: 'NotFound' })
  })

  it('that is none is refused', async () => {
    await expect(configure({ DefaultRetention: { Mode: 'GOVERNANCE', Days: 0 } })).rejects.toThrow('positive integer')
    await expect(configure({ DefaultRetention: { Mode: 'GOVERNANCE', Days: 1, Years: 1 } })).rejects.toMatchObject({
      name: 'MalformedXML',
    })
  })
})

describe('grants', () => {
  it('each part of a lock has its own', async () => {
    const RoleName = `locker-${made}`
    const role = await makeRole(
      owner,
      RoleName,
      trusting({ AWS: ACCOUNT }),
      allow(['s3:PutObject', 's3:GetObjectVersion']),
    )
    await grant(
      owner,
      RoleName,
      allow(['s3:PutObject', 's3:GetObjectVersion', 's3:DeleteObjectVersion', 'sts:AssumeRole']),
    )
    const { s3 } = await clientsIn(aws.sandbox.url, owner, role)
    const locked = new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ...governed() })
    await expect(s3.send(locked)).rejects.toThrow('s3:PutObjectRetention')
    const held = new PutObjectCommand({ Bucket, Key: 'k', Body: 'x', ObjectLockLegalHoldStatus: 'ON' })
    await expect(s3.send(held)).rejects.toThrow('s3:PutObjectLegalHold')
    const at = await put(governed())
    expect((await head(at, s3)).ObjectLockMode).toBeUndefined()
    await expect(remove(at, s3)).rejects.toMatchObject(LOCKED)
    const bypass = { ...at, BypassGovernanceRetention: true }
    await expect(remove(bypass, s3)).rejects.toThrow('s3:BypassGovernanceRetention')
    const Action = [
      's3:GetObjectVersion',
      's3:GetObjectRetention',
      's3:DeleteObjectVersion',
      's3:BypassGovernanceRetention',
    ]
    await grant(owner, RoleName, allow(Action))
    expect((await head(at, s3)).ObjectLockMode).toBe('GOVERNANCE')
    await remove(bypass, s3)
    s3.destroy()
  })
})

describe('replication', () => {
  const replica = (bucket: string, VersionId: string) =>
    vi.waitFor(async () => {
      const found = await aws.head(bucket, 'k', VersionId)
      expect(found).toBeDefined()
      return found!
    }, PATIENCE)

  async function lockedPair() {
    const pair = await aws.pair(`pair-${made}`, {})
    for (const [name, region] of [
      [pair.source, 'eu-west-1'],
      [pair.destination, 'eu-west-2'],
    ] as const) {
      const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' } as const
      await aws.s3(region).send(new PutObjectLockConfigurationCommand({ Bucket: name, ObjectLockConfiguration }))
    }
    return pair
  }

  it('carries retention and hold along, and what becomes of them', async () => {
    const { source, destination } = await lockedPair()
    const { VersionId } = await put({ Bucket: source, ...compliant(2), ObjectLockLegalHoldStatus: 'ON' })
    const there = await replica(destination, VersionId)
    expect(there).toMatchObject({ ObjectLockMode: 'COMPLIANCE', ObjectLockLegalHoldStatus: 'ON' })
    await hold({ Bucket: source, VersionId }, 'OFF')
    await retain({ Bucket: source, VersionId }, 'COMPLIANCE', 4)
    await vi.waitFor(async () => {
      const now = await aws.head(destination, 'k', VersionId)
      expect(now?.ObjectLockLegalHoldStatus).toBe('OFF')
      expect(now!.ObjectLockRetainUntilDate!.getTime()).toBeGreaterThan(inDays(3).getTime())
    }, PATIENCE)
    const gone = aws.s3('eu-west-2').send(new DeleteObjectCommand({ Bucket: destination, Key: 'k', VersionId }))
    await expect(gone).rejects.toMatchObject(LOCKED)
  })

  it("gives what comes without a lock the destination's default, from the time of the source", async () => {
    const { source, destination } = await aws.pair(`pair-${made}`, {})
    const ObjectLockConfiguration = {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 5 } },
    } as const
    await aws
      .s3('eu-west-2')
      .send(new PutObjectLockConfigurationCommand({ Bucket: destination, ObjectLockConfiguration }))
    const { VersionId } = await put({ Bucket: source })
    const there = await replica(destination, VersionId)
    const age = there.ObjectLockRetainUntilDate!.getTime() - there.LastModified!.getTime()
    expect(Math.abs(age - 5 * DAY_MS)).toBeLessThan(1001)
  })
})

describe('MFA delete', () => {
  it('neither versioning is changed nor a version deleted without a token', async () => {
    const name = await aws.bucket(`careful-${made}`)
    const set = (MfaDelete: 'Enabled' | 'Disabled' | undefined, MFA?: string) =>
      aws.s3().send(
        new PutBucketVersioningCommand({
          Bucket: name,
          VersioningConfiguration: { Status: 'Enabled', ...(MfaDelete === undefined ? {} : { MFADelete: MfaDelete }) },
          ...(MFA === undefined ? {} : { MFA }),
        }),
      )
    const token = `arn:aws:iam::${ACCOUNT}:mfa/root 123456`
    const refused = { name: 'AccessDenied', message: 'Mfa Authentication must be used for this request' }
    await expect(set('Enabled')).rejects.toMatchObject(refused)
    await set('Enabled', token)
    await expect(set(undefined)).rejects.toMatchObject(refused)
    const { VersionId } = await put({ Bucket: name })
    const at = { Bucket: name, Key: 'k', VersionId }
    await expect(remove(at)).rejects.toMatchObject(refused)
    expect(await remove({ Bucket: name })).toMatchObject({ DeleteMarker: true })
    await remove({ ...at, MFA: token })
    await set('Disabled', token)
    await set(undefined)
  })
})

describe.skipIf(findCommand('aws') === undefined)('the real `aws`', { timeout: 60_000 }, () => {
  it('locks, holds and reads', async () => {
    const work = await makeWorkplace()
    const run = (...args: string[]) =>
      work.run(findCommand('aws')!, ['--endpoint-url', aws.sandbox.url, 's3api', ...args])
    const { VersionId } = await put(governed())
    const at = ['--bucket', Bucket, '--key', 'k', '--version-id', VersionId]
    await run('put-object-legal-hold', ...at, '--legal-hold', 'Status=ON')
    const shown = JSON.parse(await run('head-object', ...at, '--output', 'json')) as object
    expect(shown).toMatchObject({ ObjectLockMode: 'GOVERNANCE', ObjectLockLegalHoldStatus: 'ON' })
    await expect(run('delete-object', ...at)).rejects.toThrow()
    await work.remove()
  })
})
