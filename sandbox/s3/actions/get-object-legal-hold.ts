import type { Reply } from '../../types.ts'
import { S3Error } from '../errors.ts'
import { findObject } from '../find.ts'
import { checkEnabled } from '../object-lock.ts'
import type { BucketRequest } from '../request.ts'
import { xmlReply } from '../xml.ts'

export function getObjectLegalHold(request: BucketRequest): Reply {
  checkEnabled(request.bucket)
  const hold = findObject(request).lock?.hold
  if (hold === undefined) throw new S3Error('NoSuchObjectLockConfiguration')
  return xmlReply('LegalHold', { Status: hold })
}
