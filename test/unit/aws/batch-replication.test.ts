import { createHash } from 'node:crypto'
import type { JobDescriptor } from '@aws-sdk/client-s3-control'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeBatchReplication, stateOf } from '../../../src/aws/batch-replication.ts'
import { makeAws } from '../../../src/aws/clients.ts'
import type { Driven, ToDrive } from '../../../src/domain/repair/words.ts'
import type { BatchReplication } from '../../../src/ports.ts'
import { type FakeAws, type FakeReply, type FakeRequest, s3Error, startFakeAws } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'

const pair = smallPair('documents')
const redrive = {
  ...pair.redrive,
  batch: { roleArn: 'arn:aws:iam::111111111111:role/batch', bucket: 'batch-bucket', prefix: 'landfall/redrive/' },
}
const estate = smallEstate({ name: 'digital; market', pairs: [{ ...pair, redrive }, smallPair('without')] })
const NOW = Date.UTC(2026, 10, 24, 12)

let fake: FakeAws
let log: ReturnType<typeof recordingLog>
let batch: BatchReplication
let told: string[]
beforeEach(async () => {
  fake = await startFakeAws(() => 'hang')
  log = recordingLog()
  told = []
  const aws = makeAws({ estate, log, pathStyle: true, count: (service, action) => told.push(`${service} ${action}`) })
  batch = makeBatchReplication({ estate, aws, log, clock: { now: () => NOW } })
})
afterEach(async () => {
  await fake[Symbol.asyncDispose]()
})

const version = (key: string, versionId: string): ToDrive => ({ id: '1', key, versionId, kind: 'object' })
const VERSIONS = [version('b, "c"\n+é.pdf', 'v2'), version('a/b c.pdf', 'v1')]
const MANIFEST = 'documents-source,a%2Fb%20c.pdf,v1\ndocuments-source,b%2C%20%22c%22%0A%2B%C3%A9.pdf,v2\n'
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64')
const order = { token: 'tok-1', description: 'two of documents', versions: VERSIONS }

const xml = (body: string): FakeReply => ({ status: 200, headers: { 'content-type': 'application/xml' }, body })
const created = xml(
  '<CreateJobResult xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><JobId>job-7</JobId></CreateJobResult>',
)
const stored: FakeReply = { status: 200, headers: { etag: '"e1"', 'x-amz-version-id': 'm1' } }

/** By method and the first part of the path. */
function answer(replies: Readonly<Record<string, FakeReply | ((request: FakeRequest) => FakeReply)>>): void {
  fake.answer((request) => {
    const name = Object.keys(replies).find((start) => `${request.method} ${request.url}`.startsWith(start))
    const reply = name === undefined ? s3Error(404, 'NoSuchKey') : replies[name]!
    return typeof reply === 'function' ? reply(request) : reply
  })
}

describe('create', () => {
  test('writes the manifest, sorted and encoded, never over another one, and makes the job by the same token', async () => {
    answer({ 'PUT /batch-bucket': stored, 'POST /v20180820/jobs': created })
    expect(await batch.create('documents', order)).toEqual({ jobId: 'job-7' })
    const [put, post] = fake.requests
    expect(put!.url).toBe('/batch-bucket/landfall/redrive/documents/tok-1.csv?x-id=PutObject')
    expect(put!.body).toBe(MANIFEST)
    expect(put!.headers).toMatchObject({
      'if-none-match': '*',
      'content-length': String(MANIFEST.length),
      'x-amz-checksum-sha256': sha256(MANIFEST),
      'x-amz-expected-bucket-owner': '111111111111',
    })
    expect(post!.headers).toMatchObject({ 'x-amz-account-id': '111111111111', host: new URL(fake.url).host })
    expect(post!.headers.authorization).toContain('/eu-west-1/s3/')
    for (const part of [
      '<ClientRequestToken>tok-1</ClientRequestToken>',
      '<ConfirmationRequired>false</ConfirmationRequired>',
      '<Description>tok-1 two of documents</Description>',
      '<RoleArn>arn:aws:iam::111111111111:role/batch</RoleArn>',
      '<S3ReplicateObject',
      '<member>Bucket</member><member>Key</member><member>VersionId</member>',
      '<ObjectArn>arn:aws:s3:::batch-bucket/landfall/redrive/documents/tok-1.csv</ObjectArn><ETag>e1</ETag>',
      '<Prefix>landfall/redrive/documents/tok-1</Prefix>',
      '<ReportScope>AllTasks</ReportScope>',
      '<Key>landfall</Key><Value>digital- market</Value>',
    ]) {
      expect(post!.body).toContain(part)
    }
    expect(told).toEqual(['s3 PutObject', 's3control CreateJob'])
  })

  test.each([412, 409])('uses the manifest that its token has already (%i)', async (status) => {
    const head = { status: 200, headers: { etag: '"e0"', 'x-amz-checksum-sha256': sha256(MANIFEST) } }
    answer({
      'PUT /batch-bucket': s3Error(status, 'PreconditionFailed'),
      'HEAD /batch-bucket': head,
      'POST /v20180820/jobs': created,
    })
    await batch.create('documents', { ...order, versions: VERSIONS.toReversed() })
    expect(fake.requests.at(-1)!.body).toContain('<ETag>e0</ETag>')
    expect(log.lines).toEqual([])
    await batch.create('documents', { ...order, versions: VERSIONS.slice(1) })
    expect(fake.requests.at(-1)!.body).toContain('<ETag>e0</ETag>')
    expect(log.lines).toHaveLength(1)
  })

  test('finds the job of a token that S3 knows with other parameters', async () => {
    const jobs = (list: string, next = ''): string =>
      `<ListJobsResult xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/">${next}<Jobs>${list}</Jobs></ListJobsResult>`
    const job = (id: string, description: string): string =>
      `<member><JobId>${id}</JobId><Description>${description}</Description></member>`
    answer({
      'PUT /batch-bucket': stored,
      'POST /v20180820/jobs': s3Error(400, 'IdempotencyException'),
      'GET /v20180820/jobs?maxResults=1000&nextToken=more': xml(jobs(job('job-2', 'tok-1 two of documents'))),
      'GET /v20180820/jobs': xml(jobs(job('job-1', 'tok-11 others'), '<NextToken>more</NextToken>')),
    })
    expect(await batch.create('documents', order)).toEqual({ jobId: 'job-2' })
  })

  test('names the grant that is missing', async () => {
    answer({ 'PUT /batch-bucket': s3Error(403, 'AccessDenied') })
    await expect(batch.create('documents', order)).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('s3:PutObject is denied on batch-bucket/landfall/redrive/documents/tok-1.csv'),
    })
    answer({ 'PUT /batch-bucket': stored, 'POST /v20180820/jobs': s3Error(403, 'AccessDenied') })
    await expect(batch.create('documents', order)).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringMatching(
        /s3:CreateJob is denied on account 111111111111 \(or iam:PassRole on arn:\S+\/batch\)/,
      ),
    })
  })

  test('throttling is worth another try; a pair without a batch place is a matter of the configuration', async () => {
    answer({ 'PUT /batch-bucket': stored, 'POST /v20180820/jobs': s3Error(400, 'TooManyRequestsException') })
    await expect(batch.create('documents', order)).rejects.toMatchObject({ code: 'AWS_THROTTLED' })
    await expect(batch.create('without', order)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('state', () => {
  const ProgressSummary = { TotalNumberOfTasks: 10, NumberOfTasksSucceeded: 4, NumberOfTasksFailed: 1 }
  test.each<[JobDescriptor['Status'], object]>([
    ['New', { kind: 'running', done: 5, total: 10 }],
    ['Preparing', { kind: 'running', done: 5, total: 10 }],
    ['Ready', { kind: 'running', done: 5, total: 10 }],
    ['Active', { kind: 'running', done: 5, total: 10 }],
    ['Pausing', { kind: 'running', done: 5, total: 10 }],
    ['Failing', { kind: 'running', done: 5, total: 10 }],
    ['Cancelling', { kind: 'running', done: 5, total: 10 }],
    ['Paused', { kind: 'running', done: 5, total: 10, held: 'Paused' }],
    ['Suspended', { kind: 'running', done: 5, total: 10, held: 'Suspended' }],
    ['Complete', { kind: 'complete', succeeded: 4, failed: 1 }],
    ['Cancelled', { kind: 'failed', reason: 'Cancelled' }],
    ['Failed', { kind: 'failed', reason: 'ManifestNotFound: no such manifest' }],
    ['Dreaming' as 'New', { kind: 'running', done: 5, total: 10 }],
  ])('%s', (Status, expected) => {
    const FailureReasons = [{ FailureCode: 'ManifestNotFound', FailureReason: 'no such manifest' }]
    expect(stateOf({ Status, ProgressSummary, FailureReasons })).toEqual(expected)
  })

  test('a job that S3 has forgotten has failed', async () => {
    answer({ 'GET /v20180820/jobs/job-7': s3Error(404, 'NoSuchJob') })
    expect(await batch.state('documents', 'job-7')).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/^NoSuchJob/),
    })
  })
})

describe('report', () => {
  const folder = 'landfall/redrive/documents/tok-1/job-job-7'
  const manifest = (keys: readonly string[], bucket = 'batch-bucket', format = 'Report_CSV_20180820'): FakeReply => {
    const Results = keys.map((Key) => ({ TaskExecutionStatus: 'succeeded', Bucket: bucket, MD5Checksum: '', Key }))
    return { status: 200, body: JSON.stringify({ Format: format, Results, ReportSchema: 'Bucket, Key, VersionId' }) }
  }
  const read = async (): Promise<readonly Driven[]> => {
    const all: Driven[] = []
    for await (const one of batch.report('documents', { jobId: 'job-7', token: 'tok-1' })) all.push(one)
    return all
  }
  const files = (manifestReply: FakeReply, ...bodies: readonly string[]): void =>
    answer({
      [`GET /batch-bucket/${folder}/manifest.json`]: manifestReply,
      ...Object.fromEntries(
        bodies.map((body, i) => [`GET /batch-bucket/${folder}/results/${i}.csv`, { status: 200, body }]),
      ),
    })

  test('reads all files, whatever their quoting and the order of code and status', async () => {
    files(
      manifest([`${folder}/results/0.csv`, `${folder}/results/1.csv`]),
      '"documents-source","a%2Fb+c.pdf","v1","succeeded","","200","Successful"\n',
      'documents-source,b%2B%C3%A9.pdf,v2,failed,200,PermanentFailure,"He said ""no"", and\nmeant it"\n' +
        'documents-source,c,v3,failed,DstObjectHardDeleted,409,\n' +
        'documents-source,d,v4,failed,500,InternalError,"Replication failed: AssumeRoleNotPermitted (x)"\n',
    )
    expect(await read()).toEqual([
      { key: 'a/b c.pdf', versionId: 'v1', succeeded: true },
      { key: 'b+é.pdf', versionId: 'v2', succeeded: false, reason: 'PermanentFailure' },
      { key: 'c', versionId: 'v3', succeeded: false, reason: 'DstObjectHardDeleted' },
      { key: 'd', versionId: 'v4', succeeded: false, reason: 'AssumeRoleNotPermitted' },
    ])
  })

  test.each<[string, FakeReply, string?]>([
    ['no JSON', { status: 200, body: '<xml/>' }],
    ['another format', manifest([], 'batch-bucket', 'Report_CSV_2030')],
    ['another bucket', manifest(['k'], 'strangers')],
    ['too few columns', manifest([`${folder}/results/0.csv`]), 'documents-source,a\n'],
    ['an unknown status', manifest([`${folder}/results/0.csv`]), 'documents-source,a,v,maybe,200,,\n'],
    ['a key that is not encoded', manifest([`${folder}/results/0.csv`]), 'documents-source,100%,v,failed,200,x,\n'],
    ['a quote without an end', manifest([`${folder}/results/0.csv`]), 'documents-source,"a\n'],
  ])('%s is an error that names the file', async (_, reply, body = '') => {
    files(reply, body)
    await expect(read()).rejects.toMatchObject({ code: 'AWS_ERROR', message: expect.stringContaining(folder) })
  })

  test('is waited for where tasks were begun, for a while, and else empty', async () => {
    const job = (tasks: number, ended: number): FakeReply =>
      xml(`<DescribeJobResult xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><Job><JobId>job-7</JobId><Status>Complete</Status>
        <ProgressSummary><TotalNumberOfTasks>2</TotalNumberOfTasks><NumberOfTasksSucceeded>${tasks}</NumberOfTasksSucceeded><NumberOfTasksFailed>0</NumberOfTasksFailed></ProgressSummary>
        <TerminationDate>${new Date(ended).toISOString()}</TerminationDate></Job></DescribeJobResult>`)
    answer({ 'GET /v20180820/jobs/job-7': job(2, NOW - 60_000) })
    await expect(read()).rejects.toMatchObject({ code: 'BATCH_REPORT_PENDING', disposition: 'retryable' })
    answer({ 'GET /v20180820/jobs/job-7': job(2, NOW - 3_600_000) })
    expect(await read()).toEqual([])
    answer({ 'GET /v20180820/jobs/job-7': job(0, NOW) })
    expect(await read()).toEqual([])
  })
})
