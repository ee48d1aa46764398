/**
 * The `SnapshotStore` port over S3: one JSON document for each estate, overwritten each minute, in the region that
 * Landfall lives in. Its label is user metadata, so that a writer learns whose it is without reading megabytes.
 */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { Estate } from '../config/estate.ts'
import { LandfallError } from '../domain/errors.ts'
import { isLedgerId, UNNAMED_LEDGER } from '../domain/ledger-id.ts'
import type { SnapshotLabel, SnapshotStore } from '../ports.ts'
import { accountOf, type Aws } from './clients.ts'
import { attempt, awsError, nameOf } from '../domain/aws-errors.ts'

const LEDGER = 'landfall-ledger'
const AT_RISK = 'landfall-at-risk'

/** Undefined where the estate has no `service.snapshot`. */
export function makeSnapshotStore(needs: {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3'>
}): SnapshotStore | undefined {
  const place = needs.estate.service.snapshot
  if (place === undefined) return undefined
  const { bucket, region } = place
  const s3 = needs.aws.s3(place)
  const keyOf = (ledger?: string): string => snapshotKey(place.prefix, needs.estate.name, ledger)
  // The list names every key at risk: it must not reach a stranger's bucket that was given a freed name.
  const ours = { Bucket: bucket, ExpectedBucketOwner: accountOf(needs.estate, place.account).id }

  async function put(key: string, body: string, { ledger, atRisk }: SnapshotLabel): Promise<void> {
    // Encrypted as the bucket's default says: naming an algorithm here would override a KMS key set there.
    const command = new PutObjectCommand({
      ...ours,
      Key: key,
      Body: body,
      ContentType: 'application/json',
      Metadata: { [LEDGER]: ledger, ...(atRisk === undefined ? {} : { [AT_RISK]: String(atRisk) }) },
    })
    await attempt({ action: 's3:PutObject', resource: `${bucket}/${key}`, region }, () => s3.send(command))
  }

  /** Undefined when there is none. */
  async function get(key: string, range?: string): Promise<{ body: string; label: SnapshotLabel } | undefined> {
    try {
      const found = await s3.send(new GetObjectCommand({ ...ours, Key: key, Range: range }))
      return { body: (await found.Body?.transformToString('utf8')) ?? '', label: labelOf(found.Metadata ?? {}) }
    } catch (error) {
      if (nameOf(error) === 'NoSuchKey') return undefined
      throw awsError(error, { action: 's3:GetObject', resource: `${bucket}/${key}`, region })
    }
  }

  async function got(key: string): Promise<{ body: string; label: SnapshotLabel }> {
    const found = await get(key)
    if (found === undefined) throw new LandfallError('SNAPSHOT_MISSING', `no snapshot at ${bucket}/${key} (${region})`)
    return found
  }

  return {
    write: (document, label) => put(keyOf(), document, label),
    // One byte, and not HEAD, whose errors have no body: a missing key and a refused look must not look alike.
    whose: async () => (await get(keyOf(), 'bytes=0-0'))?.label,
    async keep(ledger) {
      const { body, label } = await got(keyOf())
      await put(keyOf(ledger), body, label)
    },
    read: async (ledger) => (await got(keyOf(ledger))).body,
  }
}

/** What stands there without a label, or with one that is none of ours, is still somebody's list. */
function labelOf(metadata: Readonly<Record<string, string>>): SnapshotLabel {
  const ledger = metadata[LEDGER] ?? ''
  const atRisk = metadata[AT_RISK] ?? ''
  return {
    ledger: isLedgerId(ledger) ? ledger : UNNAMED_LEDGER,
    ...(/^\d{1,15}$/.test(atRisk) ? { atRisk: Number(atRisk) } : {}),
  }
}

/**
 * `<prefix>/<estate>/open.json`, and beside it `snapshot-<ledger>.json` of a ledger before. A prefix is taken as it stands,
 * as S3 does; one that names a folder without its slash gets it.
 */
export function snapshotKey(prefix: string, estate: string, ledger?: string): string {
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  return `${folder}${estate}/${ledger === undefined ? 'open' : `snapshot-${ledger}`}.json`
}
