/** Two buckets without a rule between them, and a copier: for tests of what Landfall writes itself. */
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { makeAws } from '../../src/aws/clients.ts'
import { type CopierNeeds, makeCopier } from '../../src/aws/copier.ts'
import { listKey } from '../../src/aws/version-listing.ts'
import type { Account, Pair } from '../../src/config/estate.ts'
import type { ToDrive } from '../../src/domain/repair/words.ts'
import type { Copier, Pace, Side } from '../../src/ports.ts'
import { recordingLog } from './log.ts'
import { randomPrefix } from './prefix.ts'
import { smallEstate, smallPair } from './small-estate.ts'

export const MAIN = '111111111111'
export const OTHER = '222222222222'

export interface CopyWorld {
  readonly pair: Pair
  readonly copier: Copier
  readonly log: ReturnType<typeof recordingLog>
  /** S3 requests sent so far, by action. */
  requests(): ReadonlyMap<string, number>
  client(side: Side): S3Client
  /** The one that copies. */
  bulk(side: Side): S3Client
  put(side: Side, key: string, body: string | Buffer, more?: Partial<PutObjectCommandInput>): Promise<string>
  mark(side: Side, key: string): Promise<string>
  head(side: Side, key: string, versionId?: string): ReturnType<typeof headOf>
  body(side: Side, key: string, versionId?: string): Promise<Buffer>
  /** Newest first; markers as `-`. */
  versions(side: Side, key: string): Promise<readonly string[]>
  /** The same with the markers' ids. */
  versionIds(side: Side, key: string): Promise<readonly string[]>
  uploads(side: Side): Promise<number>
  /** A copier of the same world, with other needs. */
  copierWith(needs: Partial<CopierNeeds> & { readonly pace?: Pace }): Copier
  close(): void
}

export function toDrive(key: string, versionId: string): ToDrive {
  return { id: '1', key, versionId, kind: 'object' }
}

/** The SDK must be pointed at the sandbox. `accounts`: the destination belongs to another account, by a role. */
export async function makeCopyWorld({
  accounts = 'one',
  pair: overrides,
}: { readonly accounts?: 'one' | 'two'; readonly pair?: Partial<Pair> } = {}): Promise<CopyWorld> {
  const made = smallPair(randomPrefix(), overrides)
  const two = accounts === 'two'
  const pair = two ? { ...made, destination: { ...made.destination, account: 'other' } } : made
  const all: Record<string, Account> = {
    main: { name: 'main', id: MAIN },
    other: { name: 'other', id: OTHER, roleArn: `arn:aws:iam::${OTHER}:role/landfall` },
  }
  const estate = smallEstate({ accounts: all, pairs: [pair] })
  const log = recordingLog()
  const counts = new Map<string, number>()
  const aws = makeAws({
    estate,
    log,
    pathStyle: true,
    count: (service, action) => service === 's3' && counts.set(action, (counts.get(action) ?? 0) + 1),
  })
  for (const place of [pair.source, pair.destination]) {
    const at = { Bucket: place.bucket }
    await aws.s3(place).send(new CreateBucketCommand(at))
    await aws.s3(place).send(new PutBucketVersioningCommand({ ...at, VersioningConfiguration: { Status: 'Enabled' } }))
  }
  const client = (side: Side): S3Client => aws.s3(pair[side])
  const entries = (side: Side, key: string) => listKey(client(side), { bucket: pair[side].bucket, key, limit: 1000 })
  const needs = { estate, aws, log, clock: { now: () => Date.now() } }
  return {
    pair,
    log,
    client,
    bulk: (side) => aws.s3Bulk(pair[side]),
    copier: makeCopier(needs),
    copierWith({ pace, ...more }) {
      const copier = makeCopier({ ...needs, ...more })
      return {
        copy: (name, version, signal) => copier.copy(name, version, signal, pace),
        retrigger: (name, version, signal) => copier.retrigger(name, version, signal, pace),
      }
    },
    requests: () => new Map(counts),
    async put(side, key, body, more = {}) {
      const command = new PutObjectCommand({ Bucket: pair[side].bucket, Key: key, Body: body, ...more })
      return (await client(side).send(command)).VersionId!
    },
    async mark(side, key) {
      const command = new DeleteObjectCommand({ Bucket: pair[side].bucket, Key: key })
      return (await client(side).send(command)).VersionId!
    },
    head: (side, key, versionId) => headOf(client(side), pair[side].bucket, key, versionId),
    async body(side, key, versionId) {
      const command = new GetObjectCommand({ Bucket: pair[side].bucket, Key: key, VersionId: versionId })
      return Buffer.from(await (await client(side).send(command)).Body!.transformToByteArray())
    },
    async versions(side, key) {
      return (await entries(side, key)).map(({ kind, versionId }) => (kind === 'marker' ? '-' : versionId))
    },
    async versionIds(side, key) {
      return (await entries(side, key)).map(({ versionId }) => versionId)
    },
    async uploads(side) {
      const page = await client(side).send(new ListMultipartUploadsCommand({ Bucket: pair[side].bucket }))
      return page.Uploads?.length ?? 0
    },
    close: () => aws.close(),
  }
}

async function headOf(s3: S3Client, Bucket: string, Key: string, VersionId: string | undefined) {
  return s3.send(new HeadObjectCommand({ Bucket, Key, VersionId, ChecksumMode: 'ENABLED' }))
}
