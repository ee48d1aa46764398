import type { Reply } from '../../types.ts'
import { S3Error, type S3ErrorCode } from '../errors.ts'
import type { BucketRequest } from '../request.ts'
import { document, rawXmlReply } from '../xml.ts'

/**
 * Parts of a bucket that the sandbox lacks, and that tools (Terraform for one) read of every bucket: they get S3's answer
 * for a bucket where nobody configured them.
 */
export function absent(code: S3ErrorCode): (request: BucketRequest) => Reply {
  return ({ bucket }) => {
    throw new S3Error(code, { elements: { BucketName: bucket.name } })
  }
}

export function empty(root: string, inside = ''): () => Reply {
  return () => rawXmlReply(document(root, inside))
}
