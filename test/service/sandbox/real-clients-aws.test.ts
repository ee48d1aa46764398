import { PutObjectCommand } from '@aws-sdk/client-s3'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { findCommand, makeWorkplace, type Workplace } from '../../support/commands.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from '../../support/local-aws.ts'

const COMMAND = findCommand('aws')
const MINUTES = { timeout: 120_000 }

interface Listing {
  readonly Versions?: readonly { readonly Key: string; readonly VersionId: string; readonly IsLatest: boolean }[]
  readonly DeleteMarkers?: readonly { readonly Key: string; readonly VersionId: string; readonly IsLatest: boolean }[]
}

describe.skipIf(COMMAND === undefined)('the real `aws` command', MINUTES, () => {
  let local: LocalAws
  let work: Workplace

  beforeAll(async () => {
    local = await startLocalAws('aws')
    work = await makeWorkplace()
  })

  afterAll(async () => {
    await work.remove()
    await local.close()
  })

  const aws = (...args: string[]) => work.run(COMMAND!, ['--endpoint-url', local.sandbox.url, ...args])
  const json = async <T>(...args: string[]) => JSON.parse(await aws('--output', 'json', ...args)) as T
  const file = (name: string) => join(work.folder, name)

  it('makes buckets, copies files in and out, lists and removes them', async () => {
    await aws('s3', 'mb', 's3://plain')
    expect(await aws('s3', 'ls')).toMatch(/ plain$/m)
    await writeFile(file('a file.txt'), 'hello')
    await aws('s3', 'cp', 'a file.txt', 's3://plain/docs/é + a file.txt')
    expect(await aws('s3', 'ls', 's3://plain/docs/')).toMatch(/ 5 é \+ a file.txt$/m)
    await aws('s3', 'cp', 's3://plain/docs/é + a file.txt', 'back.txt')
    expect(await readFile(file('back.txt'), 'utf8')).toBe('hello')
    await aws('s3', 'cp', 's3://plain/docs/é + a file.txt', 's3://plain/copy.txt')
    await aws('s3', 'mv', 's3://plain/copy.txt', 's3://plain/moved.txt')
    expect(await aws('s3', 'ls', '--recursive', 's3://plain')).toMatch(/docs\/é \+ a file.txt\n.* moved.txt\n/)
    const link = (await aws('s3', 'presign', 's3://plain/docs/é + a file.txt')).trim()
    expect(await (await fetch(link)).text()).toBe('hello')
    await aws('s3', 'rm', '--recursive', 's3://plain')
    await aws('s3', 'rb', 's3://plain')
    expect(await aws('s3', 'ls')).not.toMatch(/ plain$/m)
  })

  it('uploads large files in parts, downloads them in ranges, and copies them part by part', async () => {
    await local.bucket('large', 'eu-west-1', 'none')
    const content = randomBytes(20 * 1024 * 1024 + 17)
    await writeFile(file('large.bin'), content)
    await aws('s3', 'cp', '--quiet', 'large.bin', 's3://large/large.bin')
    await aws('s3', 'cp', '--quiet', 's3://large/large.bin', 's3://large/copy.bin')
    await aws('s3', 'cp', '--quiet', 's3://large/copy.bin', 'large-back.bin')
    expect(sha256(await readFile(file('large-back.bin')))).toBe(sha256(content))
    for (const key of ['large.bin', 'copy.bin']) {
      const { ContentLength, ETag } = (await local.head('large', key))!
      expect([ContentLength, ETag]).toEqual([content.length, expect.stringMatching(/-3"$/)])
    }
    expect(await aws('s3api', 'list-multipart-uploads', '--bucket', 'large')).not.toMatch(/UploadId/)
  })

  it('syncs a folder, and finds nothing to do the second time', async () => {
    await local.bucket('synced', 'eu-west-1', 'none')
    await mkdir(file('tree/deep'), { recursive: true })
    // `sync` takes a file for newer that was written in the second of its upload: S3's times are whole seconds.
    const earlier = new Date(Date.now() - 60_000)
    for (const name of ['one', 'deep/two', 'deep/three']) {
      await writeFile(file(`tree/${name}`), name)
      await utimes(file(`tree/${name}`), earlier, earlier)
    }
    await aws('s3', 'sync', 'tree', 's3://synced/tree')
    expect(await aws('s3', 'sync', 'tree', 's3://synced/tree')).toBe('')
    await aws('s3', 'sync', 's3://synced/tree', 'mirror')
    expect(await readFile(file('mirror/deep/two'), 'utf8')).toBe('deep/two')
    expect(await aws('s3', 'sync', '--delete', 'tree/deep', 's3://synced/tree')).toMatch(
      /delete: s3:\/\/synced\/tree\/one/,
    )
  })

  it('reads versions and their replicas by id', async () => {
    const { source, destination } = await local.pair('cli')
    const ids: string[] = []
    for (const content of ['first', 'second']) {
      await writeFile(file('v.txt'), content)
      const put = [
        's3api',
        'put-object',
        '--bucket',
        source,
        '--key',
        'v.txt',
        '--body',
        'v.txt',
        '--metadata',
        'kind=draft',
      ]
      ids.push((await json<{ VersionId: string }>(...put)).VersionId)
    }
    await aws('s3', 'rm', `s3://${source}/v.txt`)
    const listing = await json<Listing>('s3api', 'list-object-versions', '--bucket', source)
    expect(listing.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).toEqual([
      [ids[1], false],
      [ids[0], false],
    ])
    expect(listing.DeleteMarkers).toMatchObject([{ Key: 'v.txt', IsLatest: true }])
    await vi.waitFor(async () => {
      const { replication } = (await local.control('replication')) as {
        replication: Record<string, { completed: number }>
      }
      expect(replication[source]?.completed).toBe(3)
    })
    const at = ['--bucket', destination, '--key', 'v.txt', '--version-id', ids[0]!, '--region', 'eu-west-2']
    expect(await json('s3api', 'head-object', ...at)).toMatchObject({
      ReplicationStatus: 'REPLICA',
      ContentLength: 5,
      Metadata: { kind: 'draft' },
    })
    await aws('s3api', 'get-object', ...at, 'old.txt')
    expect(await readFile(file('old.txt'), 'utf8')).toBe('first')
    const replicas = await json<Listing>(
      's3api',
      'list-object-versions',
      '--bucket',
      destination,
      '--region',
      'eu-west-2',
    )
    expect(replicas.Versions?.map(({ VersionId }) => VersionId)).toEqual([ids[1], ids[0]])
    expect(replicas.DeleteMarkers).toHaveLength(1)
    await expect(aws('s3api', 'head-object', '--bucket', source, '--key', 'v.txt')).rejects.toThrow(/404/)
  })

  it('configures what the estate has, and reads it back', async () => {
    const { source } = await local.pair('configured', {})
    const { ReplicationConfiguration: read } = await json<{ ReplicationConfiguration: { Rules: unknown[] } }>(
      's3api',
      'get-bucket-replication',
      '--bucket',
      source,
    )
    await writeFile(file('replication.json'), JSON.stringify(read))
    await aws(
      's3api',
      'put-bucket-replication',
      '--bucket',
      source,
      '--replication-configuration',
      'file://replication.json',
    )
    expect(read.Rules).toMatchObject([{ ID: 'v2', Status: 'Enabled', Filter: { Prefix: '' } }])
    const { arn: QueueArn, url } = await local.queue('cli')
    const configuration = { QueueConfigurations: [{ Id: 'cli', QueueArn, Events: ['s3:ObjectCreated:*'] }] }
    await writeFile(file('notification.json'), JSON.stringify(configuration))
    const at = ['--bucket', source]
    await aws(
      's3api',
      'put-bucket-notification-configuration',
      ...at,
      '--notification-configuration',
      'file://notification.json',
    )
    expect(await json('s3api', 'get-bucket-notification-configuration', ...at)).toMatchObject(configuration)
    await aws('s3api', 'put-object', ...at, '--key', 'k')
    const received = await json<{ Messages: { Body: string }[] }>(
      'sqs',
      'receive-message',
      '--queue-url',
      url,
      '--max-number-of-messages',
      '10',
      '--wait-time-seconds',
      '5',
    )
    expect(received.Messages.map(({ Body }) => Body).join()).toMatch(/s3:TestEvent.*ObjectCreated:Put/s)
    expect(await json('s3api', 'get-bucket-versioning', ...at)).toEqual({ Status: 'Enabled' })
  })

  it('lists by pages', async () => {
    await local.bucket('paged', 'eu-west-1', 'none')
    for (let n = 0; n < 25; n += 1) {
      const Key = `k${String(n).padStart(2, '0')}`
      await local.s3().send(new PutObjectCommand({ Bucket: 'paged', Key, Body: Key }))
    }
    const keys = await json<string[]>(
      's3api',
      'list-objects-v2',
      '--bucket',
      'paged',
      '--page-size',
      '7',
      '--query',
      'Contents[].Key',
    )
    expect(keys).toHaveLength(25)
    expect(keys).toEqual([...keys].sort())
    const versions = await json<Listing>('s3api', 'list-object-versions', '--bucket', 'paged', '--page-size', '7')
    expect(versions.Versions).toHaveLength(25)
  })

  it('replicates by a batch job what failed', async () => {
    // `s3control` asks <account>.<endpoint's host>, which few resolvers know: so the sandbox is its proxy, too.
    const endpoint = local.sandbox.url.replace('127.0.0.1', 'localhost')
    const control = async <T>(...args: string[]) =>
      JSON.parse(
        await work.run(
          COMMAND!,
          ['--endpoint-url', endpoint, '--output', 'json', 's3control', ...args, '--account-id', ACCOUNT],
          { HTTP_PROXY: local.sandbox.url },
        ),
      ) as T
    const { source } = await local.pair('batch')
    await local.bucket('batch-jobs', 'eu-west-1', 'none')
    await local.faults({ replication: { fail: [{ share: 1, reasons: ['DstPutObjectNotPermitted'] }] } })
    const { VersionId } = await json<{ VersionId: string }>('s3api', 'put-object', '--bucket', source, '--key', 'a b')
    await vi.waitFor(async () => expect((await local.head(source, 'a b'))?.ReplicationStatus).toBe('FAILED'))
    await local.faults({ replication: {} })
    await writeFile(file('manifest.csv'), `${source},a%20b,${VersionId}\n`)
    const at = ['--bucket', 'batch-jobs', '--key', 'manifest.csv']
    const { ETag } = await json<{ ETag: string }>('s3api', 'put-object', ...at, '--body', 'manifest.csv')
    const report = {
      Bucket: 'arn:aws:s3:::batch-jobs',
      Prefix: 'reports',
      Format: 'Report_CSV_20180820',
      Enabled: true,
      ReportScope: 'AllTasks',
    }
    const manifest = {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key', 'VersionId'] },
      Location: { ObjectArn: 'arn:aws:s3:::batch-jobs/manifest.csv', ETag },
    }
    const order = [
      'create-job',
      '--operation',
      '{"S3ReplicateObject":{}}',
      '--manifest',
      JSON.stringify(manifest),
      '--report',
      JSON.stringify(report),
      '--priority',
      '10',
      '--role-arn',
      `arn:aws:iam::${ACCOUNT}:role/batch`,
      '--client-request-token',
      'once',
    ]
    const { JobId } = await control<{ JobId: string }>(...order)
    const job = async () => (await control<{ Job: { Status: string } }>('describe-job', '--job-id', JobId)).Job
    await vi.waitFor(async () => expect((await job()).Status).toBe('Suspended'), MINUTES)
    await control('update-job-status', '--job-id', JobId, '--requested-job-status', 'Ready')
    await vi.waitFor(async () => expect((await job()).Status).toBe('Complete'), MINUTES)
    expect(await job()).toMatchObject({
      Manifest: manifest,
      ProgressSummary: { TotalNumberOfTasks: 1, NumberOfTasksSucceeded: 1 },
    })
    expect((await local.head(source, 'a b', VersionId))?.ReplicationStatus).toBe('COMPLETED')
    const { Jobs } = await control<{ Jobs: readonly unknown[] }>('list-jobs', '--job-statuses', 'Complete')
    expect(Jobs).toMatchObject([{ JobId, Operation: 'S3ReplicateObject' }])
    await aws('s3', 'cp', `s3://batch-jobs/reports/job-${JobId}/manifest.json`, 'report.json')
    expect(await readFile(file('report.json'), 'utf8')).toMatch(/"TaskExecutionStatus":"succeeded"/)
  })
})

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
