import type { Reply } from '../../types.ts'
import { S3Error } from '../errors.ts'
import type { BucketRequest } from '../request.ts'

/** The policy's JSON, as it was put. */
export function getBucketPolicy({ bucket }: BucketRequest): Reply {
  const policy = bucket.documents.get('policy')
  if (policy === undefined) throw new S3Error('NoSuchBucketPolicy', { elements: { BucketName: bucket.name } })
  return { status: 200, headers: { 'content-type': 'application/json' }, body: policy }
}
