import type { Reply } from '../../types.ts'
import { S3Error } from '../errors.ts'
import type { S3Request } from '../request.ts'
import { document, xml } from '../xml.ts'
import { parseXml, textOf } from '../xml-read.ts'

/** User guide, "General purpose bucket naming rules". */
const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const ADDRESS = /^\d+\.\d+\.\d+\.\d+$/
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/

/** Without a LocationConstraint the bucket is made in the region that the request is signed for. */
export async function createBucket(request: S3Request): Promise<Reply> {
  const { bucketName, call, store, who } = request
  if (!NAME.test(bucketName) || bucketName.includes('..') || ADDRESS.test(bucketName)) {
    throw new S3Error('InvalidBucketName', { elements: { BucketName: bucketName } })
  }
  const region = regionOf(await call.body(), call.region)
  const existing = store.buckets.get(bucketName)
  if (existing !== undefined) {
    const code = existing.account === who.account ? 'BucketAlreadyOwnedByYou' : 'BucketAlreadyExists'
    throw new S3Error(code, { elements: { BucketName: bucketName } })
  }
  const bucket = store.createBucket(bucketName, region, who.account)
  if (call.headers['x-amz-bucket-object-lock-enabled']?.toString().toLowerCase() === 'true') {
    bucket.versioning = 'Enabled'
    bucket.documents.set('objectLock', document('ObjectLockConfiguration', xml('ObjectLockEnabled', 'Enabled')))
  }
  return { status: 200, headers: { location: `/${bucketName}` } }
}

function regionOf(body: Buffer, signedFor: string): string {
  if (body.length === 0) return signedFor
  const constraint = textOf(parseXml(body, 'CreateBucketConfiguration'), 'LocationConstraint')
  if (constraint === undefined || constraint === '') return signedFor
  const region = constraint === 'EU' ? 'eu-west-1' : constraint
  if (!REGION.test(region)) {
    throw new S3Error('InvalidLocationConstraint', { elements: { LocationConstraint: constraint } })
  }
  // The endpoint of us-east-1 makes buckets everywhere, each other one in its own region only.
  if (signedFor !== 'us-east-1' && region !== signedFor) {
    const message = `The ${region} location constraint is incompatible for the region specific endpoint this request was sent to.`
    throw new S3Error('IllegalLocationConstraintException', { message })
  }
  return region
}
