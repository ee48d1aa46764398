import type { Reply } from '../../types.ts'
import { putDocument } from '../configuration.ts'
import { S3Error } from '../errors.ts'
import type { BucketRequest } from '../request.ts'
import { textOf, type XmlElement } from '../xml-read.ts'

/** Kept only: no version is locked here. Replication wants it of the destination where the source has it. */
export async function putObjectLockConfiguration(request: BucketRequest): Promise<Reply> {
  if (request.bucket.versioning !== 'Enabled') {
    throw new S3Error('InvalidBucketState', {
      message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    })
  }
  return putDocument(request, 'objectLock', 'ObjectLockConfiguration', check)
}

function check(root: XmlElement): void {
  if (textOf(root, 'ObjectLockEnabled') !== 'Enabled') throw new S3Error('MalformedXML')
}
