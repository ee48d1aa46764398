/**
 * The `ObjectStore` port over S3: one look at one version, and what its answer means.
 *
 * Source: Amazon S3 API reference, HeadObject and ListObjectVersions; user guide, "Working with delete markers".
 */
import type { BucketPlace, Estate } from '../config/estate.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Clock, Log, Look, LookFor, ObjectStore } from '../ports.ts'
import { makeBucketAccess } from './bucket-access.ts'
import type { Aws } from './clients.ts'
import { awsError, headerOf, isAbort, namesOtherRegion, statusOf } from '../domain/aws-errors.ts'
import { makeSendHead } from './head.ts'
import { type HeadAnswer, lookOfHead } from './looks.ts'
import { listKey, listVersion } from './version-listing.ts'

export interface ObjectStoreNeeds {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3' | 'count'>
  readonly clock: Clock
  readonly log: Log
}

type HeadFor = LookFor & { readonly checksums?: boolean | undefined }

export function makeObjectStore({ estate, aws, clock, log }: ObjectStoreNeeds): ObjectStore {
  const pairs = new Map(estate.pairs.map((pair) => [pair.name, pair]))
  const access = makeBucketAccess({ aws, clock })
  /** Buckets whose checksums we may not read (no kms:Decrypt): said once each. */
  const withoutChecksums = new Set<string>()

  function placeOf(at: Pick<LookFor, 'pair' | 'side'>): BucketPlace {
    const pair = pairs.get(at.pair)
    if (pair === undefined) throw new LandfallError('INTERNAL', `no pair ${at.pair} in the estate`)
    return pair[at.side]
  }

  const send = makeSendHead({ clock, count: () => aws.count('s3', 'HeadObject') })

  async function sendHead(place: BucketPlace, at: HeadFor, checksums: boolean): Promise<HeadAnswer> {
    const { key, versionId, signal } = at
    return send(aws.s3(place), { bucket: place.bucket, key, versionId, checksums, signal })
  }

  /**
   * HEAD errors have no body, so one status stands for several things. What tells them apart is whether we may list
   * the bucket: with that right a missing key answers 404, and without it 403. One listing a bucket every few minutes
   * answers that, and whether the credentials or the bucket itself are what is wrong.
   */
  async function lookOfError(error: unknown, place: BucketPlace, at: HeadFor): Promise<Look> {
    if (isAbort(error) || isLandfallError(error)) throw error
    const marker = headerOf(error, 'x-amz-delete-marker') === 'true'
    switch (statusOf(error)) {
      case 405:
        if (marker) return { kind: 'marker', versionId: at.versionId }
        break
      case 404:
        // The bucket may be what is missing: this throws then, since nothing is known of the version.
        await access.of(place)
        return { kind: 'absent' }
      case 403:
        return (await access.of(place)) === 'readable'
          ? { kind: 'refused', status: 403, grant: 's3:GetObjectVersion' }
          : { kind: 'refused', status: 403, grant: 's3:ListBucket' }
      case 400:
        if (namesOtherRegion(error, place.region)) break
        // Credentials that have expired answer 400 too: this throws then.
        await access.of(place)
        // SSE-C: S3 does not say a word about the object without its key. No grant helps, only a listing.
        return { kind: 'refused', status: 400, grant: 's3:ListBucketVersions' }
      default:
    }
    throw awsError(error, { action: 's3:GetObjectVersion', resource: place.bucket, region: place.region })
  }

  return {
    async head(at) {
      const place = placeOf(at)
      const checksums = at.checksums === true && !withoutChecksums.has(place.bucket)
      try {
        return lookOfHead(await sendHead(place, at, checksums), at.versionId)
      } catch (error) {
        const look = await lookOfError(error, place, at)
        if (!checksums || look.kind !== 'refused' || look.grant !== 's3:GetObjectVersion') return look
        // Checksums of KMS objects need kms:Decrypt; the object itself may still be seen without it.
        try {
          const seen = lookOfHead(await sendHead(place, at, false), at.versionId)
          withoutChecksums.add(place.bucket)
          log.warn(
            { pair: at.pair, side: at.side, bucket: place.bucket, grant: 'kms:Decrypt' },
            'checksums may not be read: versions of this bucket are compared without them until the next start',
          )
          return seen
        } catch (second) {
          if (isAbort(second)) throw second
          return look
        }
      }
    },

    async listVersion(at) {
      const place = placeOf(at)
      try {
        return await listVersion(aws.s3(place), { ...at, bucket: place.bucket })
      } catch (error) {
        const fault = listError(error, place)
        if (!isLandfallError(fault) || fault.code !== 'ACCESS_DENIED' || isLandfallError(error)) throw fault
        return { kind: 'refused', status: 403, grant: 's3:ListBucketVersions' }
      }
    },

    async listKey(at) {
      const place = placeOf(at)
      try {
        return await listKey(aws.s3(place), { ...at, bucket: place.bucket })
      } catch (error) {
        throw listError(error, place)
      }
    },
  }
}

function listError(error: unknown, place: BucketPlace): Error {
  return awsError(error, { action: 's3:ListBucketVersions', resource: place.bucket, region: place.region })
}
