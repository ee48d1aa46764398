import type { Reply } from '../../types.ts'
import { attributesOf } from '../attributes.ts'
import { receive } from '../body/receive.ts'
import { checkWrite } from '../conditions.ts'
import { opaqueEtag } from '../etag.ts'
import { writtenHeaders } from '../headers.ts'
import { askedLock, checkChecked, lockOf } from '../object-lock.ts'
import type { BucketRequest } from '../request.ts'
import { latestIn } from '../store/store.ts'

export async function putObject(request: BucketRequest): Promise<Reply> {
  const { access, bucket, call, headers, key, store, writer } = request
  const attributes = attributesOf(headers, bucket)
  if (attributes.tags !== undefined) access.check(bucket, 's3:PutObjectTagging', key)
  const asked = askedLock(request)
  checkChecked(request, asked, 'Put Object')
  const upload = await receive(call)
  // After the body has come: two writers that race must not both find the key free.
  checkWrite(headers, key, latestIn(bucket, key))
  const draft = {
    ...attributes,
    key,
    body: upload.bytes,
    etag: opaqueEtag(attributes, upload.md5, request) ?? upload.md5,
    checksum: upload.checksum,
    lock: lockOf(request, asked),
  }
  const version = store.put(bucket, draft, 'ObjectCreated:Put', writer)
  return { status: 200, headers: writtenHeaders(bucket, version) }
}
