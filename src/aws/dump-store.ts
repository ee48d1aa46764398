/**
 * The `DumpStore` port over S3: one bucket, under its account's role.
 *
 * Source: Amazon S3 API reference and user guide, "Uploading and copying objects using multipart upload",
 * "How to prevent object overwrites with conditional writes", "Checking object integrity".
 */
import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { BucketPlace, Estate } from '../config/estate.ts'
import { attempt, awsError, headerOf, nameOf, statusOf } from '../domain/aws-errors.ts'
import type { DumpStore, StoredObject } from '../ports.ts'
import { accountOf, type Aws } from './clients.ts'
import { makeDocuments } from './dump-documents.ts'
import { makeRead } from './dump-read.ts'
import { makeUploads } from './dump-uploads.ts'
import { makeVersions } from './dump-versions.ts'

export interface DumpPlaceNeeds {
  readonly aws: Pick<Aws, 's3' | 'renew'>
  readonly place: BucketPlace
  /** Twelve digits: a bucket that a stranger made under a freed name must never get a dump. */
  readonly owner: string
}

export function makeDumpStore(needs: {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3' | 'renew'>
  readonly place: BucketPlace
}): DumpStore {
  const { estate, aws, place } = needs
  const at: DumpPlaceNeeds = { aws, place, owner: accountOf(estate, place.account).id }
  return {
    ...makeUploads(at),
    ...makeDocuments(at),
    versions: makeVersions(at),
    read: makeRead(at),
    async head({ key, versionId }) {
      try {
        const command = new HeadObjectCommand({ ...target(at, key, versionId), ChecksumMode: 'ENABLED' })
        return toStored(key, await send(at, 's3:GetObject', async () => aws.s3(place).send(command)))
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw error
      }
    },
  }
}

/** Bucket, key, version and owner of a request. */
export function target({ place, owner }: DumpPlaceNeeds, key: string, versionId?: string) {
  const version = versionId === undefined ? {} : { VersionId: versionId }
  return { Bucket: place.bucket, Key: key, ExpectedBucketOwner: owner, ...version }
}

/**
 * One call and `awsError` of what it throws. Credentials that S3 says have expired, although the SDK thinks that they
 * stand (a clock that is off, a role's session ended by a person), are asked for anew, once.
 */
export async function send<Answer>(at: DumpPlaceNeeds, action: string, call: () => Promise<Answer>): Promise<Answer> {
  const during = { action, resource: at.place.bucket, region: at.place.region }
  try {
    return await call()
  } catch (error) {
    if (!isExpired(error)) throw awsError(error, during)
    at.aws.renew(at.place)
    return await attempt(during, call)
  }
}

/** No such key or version, or a marker: for a reader the same. */
export function isAbsent(error: unknown): boolean {
  const cause = causeOf(error)
  if (nameOf(cause) === 'NoSuchBucket') return false
  return statusOf(cause) === 404 || (statusOf(cause) === 405 && headerOf(cause, 'x-amz-delete-marker') === 'true')
}

/** The SDK's error within a `LandfallError`. */
export function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error
}

const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired'])

/** HEAD has no body to say so: S3 answers it 400. */
function isExpired(error: unknown): boolean {
  return EXPIRED.has(nameOf(error)) || (error instanceof Error && nameOf(error) === '400')
}

export function toStored(key: string, answer: HeadObjectCommandOutput): StoredObject {
  const until = answer.ObjectLockRetainUntilDate?.getTime()
  const lock =
    answer.ObjectLockMode === undefined || until === undefined ? undefined : { mode: answer.ObjectLockMode, until }
  return {
    key,
    versionId: answer.VersionId ?? 'null',
    size: answer.ContentLength ?? 0,
    etag: (answer.ETag ?? '').replaceAll('"', ''),
    lastModified: answer.LastModified?.getTime() ?? 0,
    metadata: answer.Metadata ?? {},
    checksum: checksumOf(answer),
    ...(lock !== undefined && { lock }),
  }
}

const ALGORITHMS = ['CRC64NVME', 'CRC32', 'CRC32C', 'SHA256', 'SHA1'] as const

function checksumOf(answer: HeadObjectCommandOutput): string | undefined {
  for (const algorithm of ALGORITHMS) {
    const value = answer[`Checksum${algorithm}`]
    if (value !== undefined) return `${algorithm} ${answer.ChecksumType ?? 'FULL_OBJECT'} ${value}`
  }
  return undefined
}
