/**
 * A sandbox in a process of its own whose two buckets hold what the benchmark compares: `sandbox-process.ts VERSIONS SHAPE`
 * prints one line of JSON when it serves, and ends with its standard input.
 *
 * The buckets are filled in the process, since two million PUTs would take longer than what is measured.
 */
import { once } from 'node:events'
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3'
import { StoredVersion } from '../../sandbox/s3/store/version.ts'
import { startSandbox } from '../../sandbox/server.ts'
import { ACCOUNT, BUCKETS, keyOf, type Truth } from './world.ts'

const PRINCIPAL = 'AWS:AROAEXAMPLE:s3-replication'
/** Old enough for every late limit. */
const BEGAN = Date.UTC(2026, 0, 5)
const BODY = Buffer.from('a document of the marketplace')
const OTHER_BYTES = Buffer.from('a document of the marketplacE')
const SHORTER = Buffer.from('a document')

const versions = Number(process.argv[2])
const shape = process.argv[3] === 'flat' ? 'flat' : 'deep'
const sandbox = await startSandbox({ seed: 1 })
await makeBucket(BUCKETS.source, 'eu-west-1')
await makeBucket(BUCKETS.destination, 'eu-west-2')
const truth = fill()
process.stdout.write(`${JSON.stringify({ url: sandbox.url, truth })}\n`)
await once(process.stdin.resume(), 'end')
await sandbox.close()
process.exit(0)

async function makeBucket(Bucket: string, region: string): Promise<void> {
  const s3 = new S3Client({
    endpoint: sandbox.url,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'sandbox' },
  })
  await s3.send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } }),
  )
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  s3.destroy()
}

/**
 * Of a hundred keys some have an older version below the current one, and some a delete marker on top. Of a thousand
 * versions one is missing and one differs, half of these in size; and of ten thousand two are missing that only a
 * listing of versions shows.
 */
function fill(): Truth {
  const truth: Truth = { versions: 0, keys: 0, visible: 0, missing: [], hidden: 0, bySize: [], byContent: [] }
  for (let n = 0; truth.versions < versions; n += 1) {
    const key = keyOf(shape, n, versions)
    truth.keys += 1
    const place = n % 1000
    const old = place % 20 === 7
    const marked = place % 50 === 11
    if (old || marked) put(n, 0, key, BODY, place === 127 ? undefined : BODY, truth)
    if (marked) {
      put(n, 1, key, undefined, place === 611 ? 'none' : undefined, truth)
      if (place === 611) truth.hidden += 1
      continue
    }
    if (old && place === 127) truth.hidden += 1
    truth.visible += 1
    if (place === 500) {
      truth.missing.push(key)
      put(n, 2, key, BODY, 'none', truth)
    } else if (place === 900) {
      const bySize = n % 2000 < 1000
      truth[bySize ? 'bySize' : 'byContent'].push(key)
      put(n, 2, key, BODY, bySize ? SHORTER : OTHER_BYTES, truth)
    } else put(n, 2, key, BODY, BODY, truth)
  }
  return truth
}

/** `replica`: its bytes; undefined for a marker's replica, or an object's that is missing; `none`: missing. */
function put(
  n: number,
  which: number,
  key: string,
  body: Buffer | undefined,
  replica: Buffer | 'none' | undefined,
  truth: { versions: number },
): void {
  const version = StoredVersion.make({
    key,
    versionId: `${n.toString(36).padStart(12, '0')}${which}xxxxxxxxxxxxxxxxxxx`,
    body,
    lastModified: BEGAN + n * 10 + which,
    sequencer: (n * 4 + which).toString(16).padStart(16, '0'),
    replication: body === undefined ? undefined : 'COMPLETED',
  })
  truth.versions += 1
  sandbox.world.s3.putReplica(BUCKETS.source, version, PRINCIPAL)
  if (replica === 'none' || (body !== undefined && replica === undefined)) return
  const copy = version.with({ replication: 'REPLICA', ...(replica !== body && { body: replica }) })
  sandbox.world.s3.putReplica(BUCKETS.destination, copy, PRINCIPAL)
}
