import type { Reply } from '../../types.ts'
import { checkKey } from '../address.ts'
import { readDocument } from '../body/document.ts'
import { S3Error } from '../errors.ts'
import { checkMfa, removeOne } from '../remove.ts'
import { type BucketRequest, checkVersionId } from '../request.ts'
import { children, parseXml, textOf } from '../xml-read.ts'
import { type XmlValue, xmlReply } from '../xml.ts'

const OBJECTS_MOST = 1000

/** Up to a thousand deletes; each succeeds or fails by itself. */
export async function deleteObjects(request: BucketRequest): Promise<Reply> {
  const asked = parseXml(await readDocument(request.call), 'Delete')
  const objects = children(asked, 'Object')
  if (objects.length === 0 || objects.length > OBJECTS_MOST) throw new S3Error('MalformedXML')
  const quiet = textOf(asked, 'Quiet') === 'true'
  const deleted: XmlValue[] = []
  const failed: XmlValue[] = []
  for (const object of objects) {
    const key = textOf(object, 'Key')
    const versionId = textOf(object, 'VersionId')
    if (key === undefined || key === '') throw new S3Error('MalformedXML')
    try {
      const done = deleteOne(request, key, versionId)
      if (!quiet) deleted.push(done)
    } catch (error) {
      if (!(error instanceof S3Error)) throw error
      failed.push({ Key: key, VersionId: versionId, Code: error.code, Message: error.message })
    }
  }
  return xmlReply('DeleteResult', { Deleted: deleted, Error: failed })
}

function deleteOne(request: BucketRequest, key: string, named: string | undefined): XmlValue {
  const versionId = named === undefined ? undefined : checkVersionId(named)
  checkKey(key)
  request.access.check(request.bucket, versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion', key)
  checkMfa(request, versionId)
  const done = removeOne(request, key, versionId)
  return {
    Key: key,
    VersionId: versionId,
    DeleteMarker: done.deleteMarker ? true : undefined,
    DeleteMarkerVersionId: done.deleteMarker ? done.versionId : undefined,
  }
}
