/**
 * The `Shipper` port over S3: carries what others upload to where it is safe. By S3's own copy where one principal may
 * read here and write there, else as a stream; both compare checksums before there is a version. Nothing is ever written over, and
 * the original is left alone.
 *
 * Sources: Amazon S3 API reference, CopyObject, UploadPartCopy; user guide, "Add preconditions to S3 operations with
 * conditional requests".
 */
import { GetObjectTaggingCommand, HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { BucketPlace, Estate } from '../config/estate.ts'
import type { Shipment } from '../config/estate-dumps.ts'
import { attempt, nameOf, statusOf } from '../domain/aws-errors.ts'
import { shippedKey } from '../domain/dump/shipments.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Clock, Shipper, ShipOutcome } from '../ports.ts'
import { abortable, accountOf, type Aws } from './clients.ts'
import { type Attributes, attributesOf, bare, checksumOf, hasPlainEtag, taggingOf } from './copy-attributes.ts'
import type { CopyJob, CopySide } from './copy-job.ts'
import { copyInParts, partCount } from './copy-parts.ts'
import { copying, Stopped } from './copy-stops.ts'
import { inParts, onePrincipal } from './copy-ways.ts'
import { copyWhole, MOST_AT_ONCE } from './copy-whole.ts'
import { listKey } from './version-listing.ts'

export interface ShipperNeeds {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3' | 's3Bulk'>
  readonly clock: Clock
  /** The most that one request may copy: S3's own limit. Less in tests. */
  readonly mostAtOnce?: number | undefined
}

/** Says of a shipped object what it was: bucket, version and ETag. */
const SHIPPED_FROM = 'landfall-shipped-from'
/** Versions of one key at the destination that are looked through. */
const KEY_LIMIT = 100
const DAY_MS = 86_400_000

type Proof = 'checksum' | 'etag' | 'size'

interface Order {
  readonly shipment: Shipment
  readonly key: string
  readonly toKey: string
  readonly signal: AbortSignal | undefined
}

export function makeShipper({ estate, aws, clock, mostAtOnce = MOST_AT_ONCE }: ShipperNeeds): Shipper {
  const shipments = new Map(estate.shipments.map((shipment) => [shipment.name, shipment]))

  function sideOf(place: BucketPlace): CopySide {
    return { client: aws.s3Bulk(place), place, owner: accountOf(estate, place.account).id }
  }

  /** Undefined where it is not there. Checksums of KMS objects need kms:Decrypt: without it they are not compared. */
  async function headOf(
    place: BucketPlace,
    at: { readonly key: string; readonly versionId?: string | undefined },
    signal: AbortSignal | undefined,
  ): Promise<HeadObjectCommandOutput | undefined> {
    const { client, owner } = sideOf(place)
    const ask = { Bucket: place.bucket, Key: at.key, VersionId: at.versionId, ExpectedBucketOwner: owner }
    const during = { action: 's3:GetObject', resource: place.bucket, region: place.region }
    const send = async (checksums: boolean): Promise<HeadObjectCommandOutput> =>
      client.send(new HeadObjectCommand({ ...ask, ...(checksums && { ChecksumMode: 'ENABLED' }) }), abortable(signal))
    try {
      return await send(true)
    } catch (error) {
      if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return undefined
      if (statusOf(error) === 403) return attempt(during, () => send(false))
      return attempt(during, () => Promise.reject(error))
    }
  }

  /** A version at the destination with the same content, whether current or not. Throws SHIP_TAKEN where another is current. */
  async function standing(order: Order, source: HeadObjectCommandOutput): Promise<ShipOutcome | undefined> {
    const { shipment, toKey, signal } = order
    const { bucket, region } = shipment.to
    const versions = await attempt({ action: 's3:ListBucketVersions', resource: bucket, region }, () =>
      listKey(aws.s3(shipment.to), { bucket, key: toKey, limit: KEY_LIMIT, signal }),
    )
    for (const version of versions) {
      if (version.kind !== 'object' || version.size !== source.ContentLength) continue
      const there = await headOf(shipment.to, { key: toKey, versionId: version.versionId }, signal)
      if (there === undefined) continue
      const same = proofOf(source, there)
      if (there.Metadata?.[SHIPPED_FROM] !== markOf(shipment, source) && (same === undefined || same === 'size'))
        continue
      return { kind: 'there', key: toKey, versionId: version.versionId }
    }
    const current = versions[0]
    if (current === undefined || current.kind === 'marker') return undefined
    throw new LandfallError('SHIP_TAKEN', `${bucket}/${toKey} is there already, with other bytes than ${order.key}`)
  }

  /** As S3's own copy has them; undefined for none, and where they may not be read: a dump is worth more than its tags. */
  async function tagsOf({ shipment, key, signal }: Order, head: HeadObjectCommandOutput): Promise<string | undefined> {
    if ((head.TagCount ?? 0) === 0) return undefined
    const { client, place, owner } = sideOf(shipment.from)
    const at = { Bucket: place.bucket, Key: key, VersionId: head.VersionId, ExpectedBucketOwner: owner }
    try {
      const { TagSet = [] } = await client.send(new GetObjectTaggingCommand(at), abortable(signal))
      return taggingOf(TagSet)
    } catch (error) {
      if (statusOf(error) === 403) return undefined
      const during = { action: 's3:GetObjectTagging', resource: place.bucket, region: place.region }
      return copying(during, () => Promise.reject(error))
    }
  }

  async function jobOf(
    order: Order,
    head: HeadObjectCommandOutput,
    { direct, tagging }: Pick<CopyJob, 'direct' | 'tagging'>,
  ): Promise<CopyJob> {
    const { shipment, key, toKey, signal } = order
    return {
      key,
      toKey,
      versionId: head.VersionId ?? 'null',
      from: sideOf(shipment.from),
      to: sideOf(shipment.to),
      head,
      size: head.ContentLength ?? 0,
      attributes: {
        // The bucket that it goes to says how it encrypts.
        ...attributesOf(head, { mark: { [SHIPPED_FROM]: markOf(shipment, head) }, encryption: {}, now: clock.now() }),
        ...lockOf(shipment),
      },
      tagging,
      condition: { IfNoneMatch: '*' },
      direct,
      current: true,
      lookAgain: async () => {},
      pace: async () => {},
      signal,
    }
  }

  function lockOf({ dump }: Shipment): Partial<Attributes> {
    const lock = estate.dumps.find(({ name }) => name === dump)?.lock
    if (lock === undefined) return {}
    const until = new Date(clock.now() + lock.days * DAY_MS)
    return { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: until }
  }

  async function carry(order: Order, head: HeadObjectCommandOutput): Promise<ShipOutcome> {
    const { shipment, key, toKey, signal } = order
    const direct = onePrincipal(estate, { source: shipment.from, destination: shipment.to })
    const parts = inParts(head, direct, mostAtOnce)
    const copy = parts ? (job: CopyJob) => copyInParts(job, partCount(head.ETag) ?? 1) : copyWhole
    // S3's own copy of the whole has them by itself.
    const bySelf = direct && !parts
    let tagging = bySelf ? undefined : await tagsOf(order, head)
    let job = await jobOf(order, head, { direct, tagging })
    const { versionId } = await copy(job).catch(async (error: unknown) => {
      if (tagging === undefined || !isLandfallError(error) || error.code !== 'ACCESS_DENIED') throw error
      // The destination may let us write objects, and no tags.
      tagging = undefined
      job = await jobOf(order, head, { direct, tagging })
      return copy(job)
    })
    const left = bySelf || tagging !== undefined ? 0 : (head.TagCount ?? 0)
    const during = { action: 's3:GetObject', resource: shipment.to.bucket, region: shipment.to.region }
    const written = await copying(during, () => headOf(shipment.to, { key: toKey, versionId }, signal))
    const proved = written && proofOf(head, written)
    if (proved === undefined) {
      throw new LandfallError('COPY_DIFFERS', `${shipment.to.bucket}/${toKey} is not what was read of ${key}`)
    }
    return {
      kind: 'shipped',
      key: toKey,
      versionId,
      bytes: job.size,
      by: direct ? 'copy' : 'stream',
      proved,
      ...(left > 0 && { tagsLeft: left }),
    }
  }

  return {
    async ship(name, key, signal) {
      const shipment = shipments.get(name)
      if (shipment === undefined) throw new LandfallError('USAGE', `no shipment ${name} in the estate`)
      const order = { shipment, key, toKey: shippedKey(shipment, key), signal }
      const head = await headOf(shipment.from, { key }, signal)
      if (head === undefined) return { kind: 'gone' }
      const there = await standing(order, head)
      if (there !== undefined) return there
      try {
        return await carry(order, head)
      } catch (error) {
        if (!(error instanceof Stopped)) throw error
        // Somebody else was first, or an attempt of our own whose answer was lost: then it is there.
        const after = error.raced ? await standing(order, head) : undefined
        if (after !== undefined) return after
        throw new LandfallError('SHIP_STOPPED', `${shipment.from.bucket}/${key}: ${error.message}`, { cause: error })
      }
    },
  }
}

function markOf({ from }: Shipment, { VersionId = 'null', ETag }: HeadObjectCommandOutput): string {
  return `${from.bucket} ${VersionId} ${bare(ETag)}`
}

/** By what two objects are known to be the same; `size` is no proof; undefined: they differ. */
export function proofOf(one: HeadObjectCommandOutput, other: HeadObjectCommandOutput): Proof | undefined {
  if (one.ContentLength !== other.ContentLength) return undefined
  const [first, second] = [checksumOf(one), checksumOf(other)]
  if (first !== undefined && first.algorithm === second?.algorithm && first.type === second.type) {
    return first.value === second.value ? 'checksum' : undefined
  }
  const plain = hasPlainEtag(one) && hasPlainEtag(other)
  if (plain && bare(one.ETag) !== '' && bare(one.ETag) === bare(other.ETag)) return 'etag'
  // Two ETags of one part are both MD5s of all bytes; of parts they may differ for the same bytes.
  const whole = partCount(one.ETag) === undefined && partCount(other.ETag) === undefined
  return plain && whole ? undefined : 'size'
}
