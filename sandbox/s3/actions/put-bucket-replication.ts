import type { Reply } from '../../types.ts'
import { readDocument } from '../body/document.ts'
import { S3Error } from '../errors.ts'
import { readReplication } from '../replication-xml.ts'
import type { BucketRequest } from '../request.ts'
import { parseXml } from '../xml-read.ts'

/** Both sides must be versioned. That the role may do its work shows only when it tries to. */
export async function putBucketReplication(request: BucketRequest): Promise<Reply> {
  const { access, bucket, call, random, store } = request
  const root = parseXml(await readDocument(call), 'ReplicationConfiguration')
  const config = readReplication(root, () => random.text(`s3/rules/${bucket.name}`, 48))
  const refuse = (message: string): S3Error => new S3Error('InvalidRequest', { message })
  if (bucket.versioning !== 'Enabled') {
    throw refuse("Versioning must be 'Enabled' on the bucket to apply a replication configuration")
  }
  if (!/^arn:aws:iam::\d{12}:role\/.+/.test(config.role)) {
    throw new S3Error('InvalidArgument', { message: 'Invalid Role ARN.' })
  }
  access.checkPassRole(config.role, 's3.amazonaws.com')
  for (const { destination } of config.rules) {
    const found = store.buckets.get(destination.bucket)
    if (found === undefined) throw refuse('Destination bucket must exist.')
    if (found === bucket) throw refuse('Destination bucket cannot be the same as the source bucket.')
    if (found.versioning !== 'Enabled') throw refuse('Destination bucket must have versioning enabled.')
  }
  bucket.replication = config
  return { status: 200 }
}
