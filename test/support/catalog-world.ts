/** A dump's bucket in eu-west-1 and its replica in eu-west-2, in a sandbox of its own, with the commands pointed at it. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { vi } from 'vitest'
import { dumpName, manifestKey, verifiedKey } from '../../src/domain/dump/name.ts'
import type { DumpManifest, DumpVerified } from '../../src/domain/dump/manifest.ts'
import { pointSdkAt } from './fake-aws.ts'
import { writeEstateFile } from './estate-file.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from './local-aws.ts'
import { jsonOf, type Ran, runCommand } from './run-command.ts'

export interface CatalogWorld {
  readonly aws: LocalAws
  readonly folder: string
  readonly bucket: string
  readonly replica: string
  readonly snapshots: string
  /** Variables of the environment, beside the world's own. */
  readonly more: Record<string, string>
  /** `landfall dump ...` */
  run(...args: string[]): Promise<Ran>
  /** Any command; the SDK is pointed at this world first, where there are several. */
  landfall(...args: string[]): Promise<Ran>
  /** Fails where the command does. */
  json(...args: string[]): Promise<unknown>
  /** A dump with manifest and record, as Landfall leaves them; resolves to its key and version id. */
  dump(
    at: number,
    options?: DumpThere,
  ): Promise<{ readonly key: string; readonly versionId: string; readonly body: Buffer }>
  put(bucket: string, key: string, body: string | Buffer, region?: string): Promise<string>
  /** As a lifecycle rule does. */
  hide(bucket: string, key: string): Promise<void>
  /** Until the replica's bucket has the key. */
  landed(key: string): Promise<void>
  close(): Promise<void>
}

export interface DumpThere {
  readonly body?: Buffer
  readonly state?: 'verified' | 'failed' | 'unverified'
  readonly manifest?: boolean
}

/** `extra`: of the commands' environment. */
export async function startCatalogWorld(
  dump: Readonly<Record<string, unknown>> = {},
  extra: Readonly<Record<string, string>> = {},
): Promise<CatalogWorld> {
  const aws = await startLocalAws()
  pointSdkAt(aws.sandbox.url, ACCOUNT)
  const folder = await mkdtemp(join(tmpdir(), 'landfall-dumps-'))
  const { source: bucket, destination: replica } = await aws.pair('dumps')
  const snapshots = await aws.bucket('snapshots', 'eu-west-2')
  const staging = await aws.bucket('staging', 'eu-west-1')
  const place = (name: string, region = 'eu-west-1') => ({ bucket: name, region, account: 'main' })
  const config = await writeEstateFile(join(folder, 'landfall.yaml'), {
    name: 'dumps',
    accounts: { main: { id: ACCOUNT } },
    service: {
      redis: { url: 'redis://127.0.0.1:1' },
      snapshot: place(snapshots, 'eu-west-2'),
    },
    pairs: [{ name: 'dumps', source: place(bucket), destination: place(replica, 'eu-west-2') }],
    queues: [],
    dumps: [
      {
        name: 'production',
        ...place(bucket),
        pair: 'dumps',
        compression: 'gzip',
        retention: { last: 2, daily: 3, weekly: 0, monthly: 0, yearly: 0 },
        pruneRoleArn: `arn:aws:iam::${ACCOUNT}:role/prune`,
        ...dump,
      },
    ],
    shipments: [
      {
        name: 'staging',
        from: { ...place(staging), prefix: 'in/' },
        to: { ...place(bucket), prefix: '' },
        dump: 'production',
      },
    ],
  })
  const more: Record<string, string> = { ...extra }
  const env = {
    PATH: process.env['PATH'] ?? '',
    AWS_ENDPOINT_URL: aws.sandbox.url,
    LANDFALL_CONFIG: config,
    LANDFALL_OPERATOR: 'ann@desk',
  }
  const run = async (...args: string[]): Promise<Ran> => runCommand(['dump', ...args], { ...env, ...more })

  async function put(to: string, key: string, body: string | Buffer, region = 'eu-west-1'): Promise<string> {
    const answer = await aws.s3(region).send(new PutObjectCommand({ Bucket: to, Key: key, Body: body }))
    return answer.VersionId ?? 'null'
  }

  return {
    aws,
    folder,
    bucket,
    replica,
    snapshots,
    more,
    run,
    async landfall(...args) {
      pointSdkAt(aws.sandbox.url, ACCOUNT)
      return runCommand(args, { ...env, ...more })
    },
    put,
    async json(...args) {
      const ran = await run(...args, '--json')
      if (ran.code !== 0) throw new Error(`landfall dump ${args.join(' ')} ended with ${ran.code}: ${ran.stderr}`)
      return jsonOf(ran)
    },
    async dump(at, { body = Buffer.from(`dump of ${at}`), state = 'verified', manifest = true } = {}) {
      const key = dumpName({ stage: 'production', at, format: 'plain', compression: 'gzip', encryption: 'none' })
      const versionId = await put(bucket, key, body)
      if (manifest) await put(bucket, manifestKey(key), JSON.stringify(manifestOf(key, versionId, at, body)))
      if (state !== 'unverified') {
        await put(bucket, verifiedKey(key), JSON.stringify(recordOf(key, versionId, at, state)))
      }
      return { key, versionId, body }
    },
    async hide(from, key) {
      await aws.s3('eu-west-1').send(new DeleteObjectCommand({ Bucket: from, Key: key }))
    },
    async landed(key) {
      await vi.waitFor(async () => {
        if ((await aws.head(replica, key)) === undefined) throw new Error(`${key} is not in ${replica}`)
      })
    },
    async close() {
      await aws.close()
      vi.unstubAllEnvs()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export function manifestOf(key: string, versionId: string, at: number, body: Buffer): DumpManifest {
  const sum = { bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') }
  return {
    format: 1,
    dump: 'production',
    stage: 'production',
    key,
    runId: `run-${at}`,
    source: { host: 'db.internal', port: 5432, database: 'marketplace' },
    serverVersion: '17.2',
    pgDumpVersion: '17.2',
    landfallVersion: '0.1.0',
    startedAt: new Date(at).toISOString(),
    endedAt: new Date(at + 60_000).toISOString(),
    dumpFormat: 'plain',
    compression: 'gzip',
    encryption: { kind: 'none', recipients: [] },
    plain: sum,
    stored: { ...sum, versionId },
    rows: { by: 'stream', tables: { 'public.suppliers': 3 }, total: 3 },
    lacks: ['roles', 'tablespaces'],
  }
}

export function recordOf(key: string, versionId: string, at: number, verdict: 'verified' | 'failed'): DumpVerified {
  return {
    format: 1,
    key,
    versionId,
    at: new Date(at + 120_000).toISOString(),
    verdict,
    checks: [{ check: 'size', result: verdict === 'verified' ? 'pass' : 'fail', detail: 'as listed' }],
    landfallVersion: '0.1.0',
  }
}
