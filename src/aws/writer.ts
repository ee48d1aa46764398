/** Writes objects as an application would: the demo's and the benchmarks' traffic. The service itself never writes objects by it. */
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { BucketPlace } from '../config/estate.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Aws } from './clients.ts'
import { attempt, type During } from '../domain/aws-errors.ts'

export interface Written {
  readonly versionId: string
}

export interface PutOptions {
  readonly contentType?: string | undefined
  /** `GLACIER` objects are not replicated. */
  readonly storageClass?: 'STANDARD' | 'GLACIER' | undefined
  /** URL-encoded, as the header wants it: `kind=pricing&scanned=true`. */
  readonly tagging?: string | undefined
}

export interface Writer {
  /** One PutObject. The bucket must be versioned. */
  put(place: BucketPlace, key: string, body: Uint8Array, options?: PutOptions): Promise<Written>
  /** DeleteObject without a version id: writes a delete marker, whose version id it gives. */
  mark(place: BucketPlace, key: string): Promise<Written>
  /** DeleteObject of one version id, for good. */
  purge(place: BucketPlace, key: string, versionId: string): Promise<void>
}

export function makeWriter(aws: Pick<Aws, 's3'>): Writer {
  return {
    async put(place, key, body, options = {}) {
      const command = new PutObjectCommand({
        Bucket: place.bucket,
        Key: key,
        Body: body,
        ContentType: options.contentType,
        StorageClass: options.storageClass,
        Tagging: options.tagging,
      })
      const { VersionId } = await attempt(at('PutObject', place), async () => aws.s3(place).send(command))
      return versioned(VersionId, place)
    },
    async mark(place, key) {
      const command = new DeleteObjectCommand({ Bucket: place.bucket, Key: key })
      const { VersionId } = await attempt(at('DeleteObject', place), async () => aws.s3(place).send(command))
      return versioned(VersionId, place)
    },
    async purge(place, key, versionId) {
      const command = new DeleteObjectCommand({ Bucket: place.bucket, Key: key, VersionId: versionId })
      await attempt(at('DeleteObjectVersion', place), async () => aws.s3(place).send(command))
    },
  }
}

function at(action: string, { bucket, region }: BucketPlace): During {
  return { action: `s3:${action}`, resource: bucket, region }
}

function versioned(versionId: string | undefined, { bucket }: BucketPlace): Written {
  if (versionId === undefined) {
    throw new LandfallError('BUCKET_MISSING', `bucket ${bucket} is not versioned`, {
      hint: 'Replication needs versioning on both sides: switch it on.',
    })
  }
  return { versionId }
}
