import type { Call } from '../../types.ts'
import { S3Error } from '../errors.ts'
import { receive } from './receive.ts'

/** A request's XML or JSON document, verified as an upload is (clients send checksums with these, too). */
export async function readDocument(call: Call): Promise<Buffer> {
  if (call.headers['content-length'] === undefined && call.headers['x-amz-decoded-content-length'] === undefined) {
    return call.body()
  }
  const { bytes } = await receive(call)
  if (bytes.length === 0) throw new S3Error('MissingRequestBodyError')
  return bytes
}
