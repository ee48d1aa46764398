import type { Reply } from '../../types.ts'
import { readDocument } from '../body/document.ts'
import { S3Error } from '../errors.ts'
import { type BucketRequest, header } from '../request.ts'
import { parseXml, textOf } from '../xml-read.ts'

/** Where MFA delete is on, or is to be, S3 asks for `x-amz-mfa`; any token is taken here. */
export async function putBucketVersioning(request: BucketRequest): Promise<Reply> {
  const { bucket, call } = request
  const asked = parseXml(await readDocument(call), 'VersioningConfiguration')
  const status = textOf(asked, 'Status')
  const mfaDelete = textOf(asked, 'MfaDelete')
  if (status !== 'Enabled' && status !== 'Suspended') throw new S3Error('MalformedXML')
  if (mfaDelete !== undefined && mfaDelete !== 'Enabled' && mfaDelete !== 'Disabled') throw new S3Error('MalformedXML')
  const guarded = bucket.mfaDelete === 'Enabled' || mfaDelete === 'Enabled'
  if (guarded && header(request, 'x-amz-mfa') === undefined) {
    throw new S3Error('AccessDenied', { message: 'Mfa Authentication must be used for this request' })
  }
  if (status === 'Suspended' && bucket.replication !== undefined) {
    const message =
      'A replication configuration is present on this bucket, so you cannot change the versioning state. To change the versioning state, first delete the replication configuration.'
    throw new S3Error('InvalidBucketState', { message })
  }
  if (status === 'Suspended' && bucket.objectLock) {
    const message = 'An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.'
    throw new S3Error('InvalidBucketState', { message })
  }
  bucket.versioning = status
  if (mfaDelete !== undefined) bucket.mfaDelete = mfaDelete
  return { status: 200 }
}
