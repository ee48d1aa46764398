import type { Reply } from '../../types.ts'
import type { BucketRequest } from '../request.ts'
import { xmlReply } from '../xml.ts'

export function getBucketVersioning({ bucket }: BucketRequest): Reply {
  return xmlReply('VersioningConfiguration', { Status: bucket.versioning, MfaDelete: bucket.mfaDelete })
}
