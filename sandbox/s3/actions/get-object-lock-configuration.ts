import type { Reply } from '../../types.ts'
import { getDocument } from '../configuration.ts'
import type { BucketRequest } from '../request.ts'

export function getObjectLockConfiguration(request: BucketRequest): Reply {
  return getDocument(request, { name: 'objectLock', missing: 'ObjectLockConfigurationNotFoundError' })
}
