/** Object Lock in requests: what uploads ask for, who may, and what stands in the way of a delete. */
import { invalidArgument, S3Error } from './errors.ts'
import { type BucketRequest, header } from './request.ts'
import type { Bucket } from './store/bucket.ts'
import { heldBy, type Lock, type LockMode, type Retention, withDefault } from './store/lock.ts'
import type { StoredVersion } from './store/version.ts'

const MODE = 'x-amz-object-lock-mode'
const UNTIL = 'x-amz-object-lock-retain-until-date'
const HOLD = 'x-amz-object-lock-legal-hold'

/**
 * What the headers of an upload or a copy ask for, by a caller who may.
 * @throws S3Error `InvalidRequest`, `InvalidArgument`, `AccessDenied`
 */
export function askedLock(request: BucketRequest): Lock | undefined {
  const [mode, until, hold] = [MODE, UNTIL, HOLD].map((name) => header(request, name))
  if (mode === undefined && until === undefined && hold === undefined) return undefined
  const { access, bucket, clock, key } = request
  checkEnabled(bucket)
  if ((mode === undefined) !== (until === undefined)) {
    const message = `${UNTIL} and ${MODE} must both be supplied`
    throw new S3Error('InvalidArgument', { message, elements: { ArgumentName: mode === undefined ? MODE : UNTIL } })
  }
  const retention = mode === undefined ? undefined : readRetention(mode, until!, clock.now())
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF') {
    throw invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", HOLD, hold)
  }
  if (retention !== undefined) access.check(bucket, 's3:PutObjectRetention', key)
  if (hold !== undefined) access.check(bucket, 's3:PutObjectLegalHold', key)
  return { retention, hold }
}

/** With the bucket's own default, as of when the version is made. */
export function lockOf({ bucket, clock }: BucketRequest, asked: Lock | undefined): Lock | undefined {
  return withDefault(asked, bucket.defaultRetention, clock.now())
}

/** @throws S3Error `InvalidArgument` */
export function readRetention(mode: string, until: string, now: number): Retention {
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw invalidArgument('Unknown wormMode directive.', MODE, mode)
  const ms = Date.parse(until)
  if (Number.isNaN(ms)) {
    throw invalidArgument('The retain until date must be provided in ISO 8601 format', UNTIL, until)
  }
  if (ms <= now) throw invalidArgument('The retain until date must be in the future!', UNTIL, until)
  return { mode: mode satisfies LockMode, until: ms }
}

/** @throws S3Error `InvalidRequest` */
export function checkEnabled(bucket: Bucket): void {
  if (!bucket.objectLock)
    throw new S3Error('InvalidRequest', { message: 'Bucket is missing Object Lock Configuration' })
}

/**
 * An upload that will be locked must come with a checksum (API reference, "PutObject").
 * @throws S3Error `InvalidRequest`
 */
export function checkChecked({ headers, bucket }: BucketRequest, asked: Lock | undefined, what: string): void {
  if (asked === undefined && bucket.defaultRetention === undefined) return
  if (headers['content-md5'] !== undefined || headers['x-amz-trailer'] !== undefined) return
  for (const name in headers) if (name.startsWith('x-amz-checksum-')) return
  throw new S3Error('InvalidRequest', {
    message: `Content-MD5 OR x-amz-checksum- HTTP header is required for ${what} requests with Object Lock parameters`,
  })
}

/** @throws S3Error `AccessDenied` where a hold, or a retention that the caller does not bypass, keeps the version */
export function checkDeletable(request: BucketRequest, version: StoredVersion | undefined): void {
  const held = heldBy(version?.lock, request.clock.now())
  if (held === undefined) return
  if (held !== 'GOVERNANCE' || !bypasses(request, version!.key)) throw isLocked()
}

/**
 * Whether the request means to bypass governance, and may.
 * @throws S3Error `AccessDenied` where it may not
 */
export function bypasses(request: BucketRequest, key: string): boolean {
  if (header(request, 'x-amz-bypass-governance-retention')?.toLowerCase() !== 'true') return false
  request.access.check(request.bucket, 's3:BypassGovernanceRetention', key)
  return true
}

export function isLocked(): S3Error {
  return new S3Error('AccessDenied', { message: 'Access Denied because object protected by object lock.' })
}

/** What HEAD and GET say of it, to who may know. */
export function lockHeaders({ access, bucket, key }: BucketRequest, lock: Lock): Record<string, string> {
  const headers: Record<string, string> = {}
  if (lock.retention !== undefined && access.allows(bucket, 's3:GetObjectRetention', key)) {
    headers[MODE] = lock.retention.mode
    headers[UNTIL] = new Date(lock.retention.until).toISOString()
  }
  if (lock.hold !== undefined && access.allows(bucket, 's3:GetObjectLegalHold', key)) headers[HOLD] = lock.hold
  return headers
}
