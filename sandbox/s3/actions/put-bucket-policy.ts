import type { Reply } from '../../types.ts'
import { readDocument } from '../body/document.ts'
import { parsePolicy, PolicyError } from '../../iam/evaluate/policy.ts'
import { S3Error } from '../errors.ts'
import type { BucketRequest } from '../request.ts'

/** access.ts has it evaluated. */
export async function putBucketPolicy({ bucket, call }: BucketRequest): Promise<Reply> {
  const text = (await readDocument(call)).toString('utf8')
  check(text, bucket.name)
  bucket.documents.set('policy', text)
  return { status: 204 }
}

/** @throws S3Error `MalformedPolicy` */
function check(text: string, bucket: string): void {
  const arn = `arn:aws:s3:::${bucket}`
  try {
    const { statements } = parsePolicy(text, 'resource')
    const covers = (resource: string): boolean => {
      const fixed = resource.split(/[*?]|\$\{/, 1)[0]!
      return resource === arn || fixed.startsWith(`${arn}/`) || (fixed !== resource && `${arn}/`.startsWith(fixed))
    }
    if (!statements.flatMap(({ resources }) => resources?.what ?? []).every(covers))
      throw new PolicyError('Policy has invalid resource')
  } catch (error) {
    if (error instanceof PolicyError) throw new S3Error('MalformedPolicy', { message: error.message })
    throw error
  }
}
