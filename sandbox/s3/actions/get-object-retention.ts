import type { Reply } from '../../types.ts'
import { S3Error } from '../errors.ts'
import { findObject } from '../find.ts'
import { checkEnabled } from '../object-lock.ts'
import type { BucketRequest } from '../request.ts'
import { xmlReply } from '../xml.ts'

export function getObjectRetention(request: BucketRequest): Reply {
  checkEnabled(request.bucket)
  const retention = findObject(request).lock?.retention
  if (retention === undefined) throw new S3Error('NoSuchObjectLockConfiguration')
  return xmlReply('Retention', { Mode: retention.mode, RetainUntilDate: new Date(retention.until).toISOString() })
}
