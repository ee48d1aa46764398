import type { Call } from '../../types.ts'
import { S3Error } from '../errors.ts'
import { receive } from './receive.ts'

/**
 * A request's XML or JSON document, verified as an upload is: clients send checksums with these, too.
 * @param checksums false where the checksum headers are about something else (CompleteMultipartUpload: the object)
 */
export async function readDocument(call: Call, { checksums = true } = {}): Promise<Buffer> {
  const bytes = checksums ? (await receive(call)).bytes : await call.body()
  if (bytes.length === 0) throw new S3Error('MissingRequestBodyError')
  return bytes
}
