/** The port against the sandbox' S3 Control: from failed versions to replicas under the same ids. */
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeBatchReplication } from '../../../src/aws/batch-replication.ts'
import { type Aws, makeAws } from '../../../src/aws/clients.ts'
import type { Driven, ToDrive } from '../../../src/domain/repair/words.ts'
import type { BatchReplication, BatchState } from '../../../src/ports.ts'
import { JOB_ROLE } from '../../support/batch-jobs.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from '../../support/local-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'

const PATIENCE = { interval: 5, timeout: 20_000 }
const KEYS = ['plain.pdf', 'a b+c,"d".pdf', 'g-cloud/café/鍵\n.pdf']

let local: LocalAws
let aws: Aws
let batch: BatchReplication
beforeEach(async () => {
  local = await startLocalAws()
  pointSdkAt(local.sandbox.url, ACCOUNT)
  await local.pair('docs', {})
  await local.bucket('jobs', 'eu-west-1')
  const pair = smallPair('docs')
  const place = { roleArn: JOB_ROLE, bucket: 'jobs', prefix: 'landfall/redrive/' }
  const estate = smallEstate({ pairs: [{ ...pair, redrive: { ...pair.redrive, batch: place } }] })
  const log = recordingLog()
  aws = makeAws({ estate, log, pathStyle: true })
  batch = makeBatchReplication({ estate, aws, log, clock: { now: () => Date.now() } })
})
afterEach(async () => {
  aws.close()
  vi.unstubAllEnvs()
  await local.close()
})

async function failed(key: string): Promise<ToDrive> {
  const put = await local.s3().send(new PutObjectCommand({ Bucket: 'docs-source', Key: key, Body: 'content' }))
  const versionId = put.VersionId!
  await vi.waitFor(async () => {
    expect((await local.head('docs-source', key, versionId))?.ReplicationStatus).toBe('FAILED')
  }, PATIENCE)
  return { id: '1', key, versionId, kind: 'object' }
}

async function ended(jobId: string): Promise<BatchState> {
  return vi.waitFor(async () => {
    const state = await batch.state('docs', jobId)
    expect(state.kind).not.toBe('running')
    return state
  }, PATIENCE)
}

async function report(jobId: string, token: string): Promise<readonly Driven[]> {
  const all: Driven[] = []
  for await (const one of batch.report('docs', { jobId, token })) all.push(one)
  return all
}

test('failed versions come over under their own ids, each in the report; the same token makes one job', async () => {
  await local.faults({ replication: { fail: [{ share: 1, reasons: ['DstPutObjectNotPermitted'] }] } })
  const versions = await Promise.all(KEYS.map(failed))
  await local.faults({ replication: {} })
  const never = { ...versions[0]!, versionId: 'A'.repeat(32) }
  const order = { token: 'once', description: 'four of docs', versions: [...versions, never] }
  const { jobId } = await batch.create('docs', order)
  expect(await batch.create('docs', { ...order, versions: order.versions.toReversed() })).toEqual({ jobId })
  // With other versions it is still the job of that token.
  expect(await batch.create('docs', { ...order, versions: versions.slice(1) })).toEqual({ jobId })
  expect(await batch.create('docs', { ...order, description: 'told otherwise' })).toEqual({ jobId })
  expect(await ended(jobId)).toEqual({ kind: 'complete', succeeded: 3, failed: 1 })
  const rows = await report(jobId, 'once')
  const told = new Map(rows.map((row) => [`${row.key} ${row.versionId}`, row.succeeded]))
  expect(told).toEqual(
    new Map([
      ...versions.map((v) => [`${v.key} ${v.versionId}`, true] as const),
      [`${never.key} ${never.versionId}`, false],
    ]),
  )
  for (const { key, versionId } of versions) {
    expect(await local.head('docs-destination', key, versionId)).toMatchObject({ ReplicationStatus: 'REPLICA' })
  }
})

test("what still fails has S3's reason", async () => {
  await local.faults({ replication: { fail: [{ share: 1, reasons: ['DstPutObjectNotPermitted'] }] } })
  const version = await failed('still.pdf')
  const { jobId } = await batch.create('docs', { token: 'still', description: '', versions: [version] })
  await ended(jobId)
  expect(await report(jobId, 'still')).toEqual([
    { key: 'still.pdf', versionId: version.versionId, succeeded: false, reason: 'DstPutObjectNotPermitted' },
  ])
})
