/** From a failed version over its re-drive to its verdict: copier, looks and decide() together, on the sandbox' S3. */
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Aws, makeAws } from '../../../src/aws/clients.ts'
import { makeCopier } from '../../../src/aws/copier.ts'
import { makeObjectStore } from '../../../src/aws/object-store.ts'
import type { Pair } from '../../../src/config/estate.ts'
import type { OpenState, OpenVersion } from '../../../src/domain/version.ts'
import type { Copier } from '../../../src/ports.ts'
import { type Investigate, makeInvestigate } from '../../../src/workers/investigate.ts'
import { toDrive } from '../../support/copy-world.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from '../../support/local-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'

const PATIENCE = { interval: 5, timeout: 20_000 }
const KEY = 'g-cloud/a b.pdf'
const never = new AbortController().signal

let local: LocalAws
let aws: Aws
let pair: Pair
let copier: Copier
let investigate: Investigate
beforeEach(async () => {
  local = await startLocalAws()
  pointSdkAt(local.sandbox.url, ACCOUNT)
  await local.pair('docs', {})
  const made = smallPair('docs')
  pair = { ...made, redrive: { ...made.redrive, copy: true, retrigger: true } }
  const estate = smallEstate({ pairs: [pair] })
  const log = recordingLog()
  const clock = { now: () => Date.now() }
  aws = makeAws({ estate, log, pathStyle: true })
  copier = makeCopier({ estate, aws, log, clock })
  investigate = makeInvestigate({
    objects: makeObjectStore({ estate, aws, log, clock }),
    clock,
    random: { next: () => 0.5 },
  })
})
afterEach(async () => {
  aws.close()
  vi.unstubAllEnvs()
  await local.close()
})

/** Written at the source, once S3 says that of it. */
async function put(Body: string, status: 'FAILED' | 'COMPLETED', more = {}): Promise<OpenVersion> {
  const answer = await local.s3().send(new PutObjectCommand({ Bucket: 'docs-source', Key: KEY, Body, ...more }))
  await replicated(answer.VersionId!, status)
  return {
    id: '1',
    key: KEY,
    versionId: answer.VersionId!,
    kind: 'object',
    size: Buffer.byteLength(Body),
    etag: answer.ETag!.replaceAll('"', ''),
    eventTime: Date.now(),
    state: 'waiting',
    looks: 1,
  }
}

function replicated(versionId: string, status: string): Promise<void> {
  return vi.waitFor(async () => {
    expect((await local.head('docs-source', KEY, versionId))?.ReplicationStatus).toBe(status)
  }, PATIENCE)
}

const verdict = (version: OpenVersion, state: OpenState) => investigate(pair, { ...version, state }, never)
const failing = { replication: { fail: [{ share: 1, reasons: ['DstPutObjectNotPermitted'] }] } }

test('a copy lands the version, and nobody else writing the same metadata does', async () => {
  await local.faults(failing)
  const version = await put('content', 'FAILED', { ChecksumAlgorithm: 'CRC64NVME' })
  expect(await verdict(version, 'failed')).toMatchObject({ to: 'park', state: 'failed' })
  const Metadata = { 'landfall-source-version': version.versionId }
  const forged = { Bucket: 'docs-destination', Key: KEY, Body: 'FORGED!', Metadata }
  await local.s3('eu-west-2').send(new PutObjectCommand(forged))
  expect(await verdict(version, 'failed')).toMatchObject({ to: 'park', state: 'failed' })

  const other = await local.s3().send(new PutObjectCommand({ Bucket: 'docs-source', Key: 'other', Body: 'content' }))
  expect(await copier.copy('docs', toDrive('other', other.VersionId!))).toMatchObject({ kind: 'copied' })
  const copied = { ...version, key: 'other', versionId: other.VersionId! }
  expect(await verdict(copied, 'failed')).toMatchObject({ to: 'close', verdict: 'landed', evidence: 'head' })
})

test('a copy in place supersedes the version once it has replicated', async () => {
  await local.faults(failing)
  const version = await put('content', 'FAILED')
  const outcome = await copier.retrigger('docs', toDrive(KEY, version.versionId))
  const { replicaId } = outcome as { replicaId: string }
  await replicated(replicaId, 'FAILED')
  expect(await verdict(version, 'failed')).toMatchObject({ to: 'park', state: 'failed' })
  await local.faults({ replication: {} })
  const again = await copier.retrigger('docs', toDrive(KEY, replicaId))
  await replicated((again as { replicaId: string }).replicaId, 'COMPLETED')
  const last = { to: 'close', verdict: 'superseded', evidence: 'head' }
  expect(await verdict({ ...version, versionId: replicaId }, 'failed')).toMatchObject(last)
})

test('a version whose replica is wrong gives way to a newer one that is right, and to none that is wrong', async () => {
  const corrupt = { replication: { corrupt: { share: 1, how: 'truncated' as const } } }
  await local.faults(corrupt)
  const version = await put('the content', 'COMPLETED')
  const wrong = { to: 'park', state: 'mismatched', reason: 'SizeDiffers' }
  expect(await verdict(version, 'waiting')).toMatchObject(wrong)
  await put('the next content', 'COMPLETED')
  expect(await verdict(version, 'mismatched')).toMatchObject(wrong)
  await local.faults({ replication: {} })
  await put('the right content', 'COMPLETED')
  const right = { to: 'close', verdict: 'superseded', evidence: 'head' }
  expect(await verdict(version, 'mismatched')).toMatchObject(right)
})
