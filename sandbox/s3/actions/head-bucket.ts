import type { Reply } from '../../types.ts'
import type { BucketRequest } from '../request.ts'

export function headBucket({ bucket }: BucketRequest): Reply {
  return {
    status: 200,
    headers: {
      'x-amz-bucket-region': bucket.region,
      'x-amz-access-point-alias': 'false',
      'content-type': 'application/xml',
    },
  }
}
