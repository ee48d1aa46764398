import type { Reply } from '../../types.ts'
import { readDocument } from '../body/document.ts'
import { S3Error } from '../errors.ts'
import type { BucketRequest } from '../request.ts'

/** Kept only: access.ts is where it would be evaluated. */
export async function putBucketPolicy({ bucket, call }: BucketRequest): Promise<Reply> {
  const text = (await readDocument(call)).toString('utf8')
  if (!isPolicy(text)) throw new S3Error('MalformedPolicy')
  bucket.documents.set('policy', text)
  return { status: 204 }
}

function isPolicy(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null && 'Statement' in parsed
  } catch {
    return false
  }
}
