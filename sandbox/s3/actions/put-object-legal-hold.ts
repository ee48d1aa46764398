import type { Reply } from '../../types.ts'
import { readDocument } from '../body/document.ts'
import { S3Error } from '../errors.ts'
import { findObject } from '../find.ts'
import { checkEnabled } from '../object-lock.ts'
import type { BucketRequest } from '../request.ts'
import { parseXml, textOf } from '../xml-read.ts'

export async function putObjectLegalHold(request: BucketRequest): Promise<Reply> {
  const { bucket, call, store, writer } = request
  const hold = textOf(parseXml(await readDocument(call), 'LegalHold'), 'Status')
  checkEnabled(bucket)
  if (hold !== 'ON' && hold !== 'OFF') throw new S3Error('MalformedXML')
  const version = findObject(request)
  store.setLock(bucket, version, { ...version.lock, hold }, 'hold', writer)
  return { status: 200 }
}
