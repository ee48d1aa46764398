/** What all requests about one bucket of dumps have in common: whose it is, and what its errors mean. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { BucketPlace } from '../config/estate.ts'
import { awsError, headerOf, nameOf, statusOf } from '../domain/aws-errors.ts'
import type { Aws } from './clients.ts'

export interface DumpPlaceNeeds {
  readonly aws: Pick<Aws, 's3' | 'renew'>
  readonly place: BucketPlace
  /** Twelve digits: a bucket that a stranger made under a freed name must never get a dump. */
  readonly owner: string
}

/** Bucket, key, version and owner of a request. */
export function target({ place, owner }: DumpPlaceNeeds, key: string, versionId?: string) {
  const version = versionId === undefined ? {} : { VersionId: versionId }
  return { Bucket: place.bucket, Key: key, ExpectedBucketOwner: owner, ...version }
}

/** With waits of one second and two between them: STS and S3 agree on a new session at once, mostly. */
const RENEWALS = 3

/**
 * One call and `awsError` of what it throws. Credentials that S3 says have expired, although the SDK thinks that they
 * stand (a clock that is off, a role's session ended by a person), are asked for anew.
 */
export async function send<Answer>(at: DumpPlaceNeeds, action: string, call: () => Promise<Answer>): Promise<Answer> {
  const during = { action, resource: at.place.bucket, region: at.place.region }
  for (let renewal = 0; ; renewal += 1) {
    try {
      return await call()
    } catch (error) {
      if (renewal >= RENEWALS || !isExpired(error)) throw awsError(error, during)
      await sleep(1000 * renewal)
      at.aws.renew(at.place)
    }
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
