/**
 * A world of its own for a file of tests about dumps: a sandbox and a Redis as processes that may be broken, a bucket in
 * the backups account, and a database on the machine's PostgreSQL.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import type { Faults } from '../../sandbox/types.ts'
import { estateDocument, writeEstateFile } from './estate-file.ts'
import { startRedis } from './estate-world.ts'
import { makeDatabase, type TestDatabase } from './postgres.ts'
import { clientsFor, controlOf, startSandboxProcess } from './sandbox.ts'

export const BACKUPS_ACCOUNT = '222222222222'
export const DUMPS_BUCKET = 'digitalmarketplace-database-backups'
const ROLE = `arn:aws:iam::${BACKUPS_ACCOUNT}:role/landfall`

export interface DumpWorld {
  readonly sandboxUrl: string
  readonly redisUrl: string
  readonly folder: string
  readonly database: TestDatabase
  /** Of age: the identity that reads what is encrypted to `recipient`. */
  readonly identity: string
  readonly recipient: string
  readonly env: Readonly<Record<string, string>>
  readonly s3: ReturnType<typeof clientsFor>['s3']
  /** A configuration with one dump, of this name; the rest over the defaults. */
  config(name: string, dump?: Readonly<Record<string, unknown>>): Promise<string>
  faults(faults: Faults): Promise<void>
  clearFaults(): Promise<void>
  totals(): Promise<Record<string, Record<string, number>>>
  /** Keys of object versions below a prefix; uploads that are open. */
  objects(prefix: string): Promise<readonly string[]>
  openUploads(prefix: string): Promise<number>
  stop(): Promise<void>
}

/** `source`: SQL that fills a database on the machine's own server, or a database that the caller has. */
export async function startDumpWorld(source: string | TestDatabase): Promise<DumpWorld> {
  const undo: (() => Promise<unknown> | void)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    const folder = await mkdtemp(join(tmpdir(), 'landfall-dumps-'))
    undo.push(() => rm(folder, { recursive: true, force: true }))
    const redis = await startRedis()
    undo.push(() => redis.stop())
    const sandbox = await startSandboxProcess()
    undo.push(() => sandbox.stop())
    const database = typeof source === 'string' ? await makeDatabase(source) : source
    undo.push(() => database.drop())
    const clients = clientsFor(sandbox.url, { account: BACKUPS_ACCOUNT })
    undo.push(() => clients.destroy())
    const { s3 } = clients
    await s3.send(new CreateBucketCommand({ Bucket: DUMPS_BUCKET, ObjectLockEnabledForBucket: true }))
    const VersioningConfiguration = { Status: 'Enabled' } as const
    await s3.send(new PutBucketVersioningCommand({ Bucket: DUMPS_BUCKET, VersioningConfiguration }))
    const identity = await generateIdentity()
    const recipient = await identityToRecipient(identity)
    const control = controlOf(sandbox.url)
    return {
      sandboxUrl: sandbox.url,
      redisUrl: redis.url,
      folder,
      database,
      identity,
      recipient,
      s3,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        DATABASE_URL: database.url,
        AWS_ENDPOINT_URL: sandbox.url,
        AWS_ACCESS_KEY_ID: '111111111111',
        AWS_SECRET_ACCESS_KEY: 'sandbox',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
      async config(name, dump = {}) {
        const document = estateDocument({ redisUrl: redis.url })
        return writeEstateFile(join(folder, `${name}.yaml`), {
          ...document,
          accounts: { ...document.accounts, backups: { id: BACKUPS_ACCOUNT, roleArn: ROLE, externalId: 'landfall' } },
          dumps: [
            {
              name,
              database: { env: 'DATABASE_URL' },
              bucket: DUMPS_BUCKET,
              region: 'eu-west-1',
              account: 'backups',
              prefix: `${name}/`,
              encryption: { age: [recipient] },
              expected: '1GiB',
              ...dump,
            },
          ],
        })
      },
      faults: async (faults) => control.setFaults(faults),
      clearFaults: async () => control.clearFaults(),
      totals: async () => control.totals(),
      async objects(prefix) {
        const page = await s3.send(new ListObjectVersionsCommand({ Bucket: DUMPS_BUCKET, Prefix: prefix }))
        return (page.Versions ?? []).map(({ Key }) => Key!)
      },
      async openUploads(prefix) {
        const page = await s3.send(new ListMultipartUploadsCommand({ Bucket: DUMPS_BUCKET, Prefix: prefix }))
        return (page.Uploads ?? []).length
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
