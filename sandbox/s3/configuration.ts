import type { Reply } from '../types.ts'
import { readDocument } from './body/document.ts'
import { S3Error, type S3ErrorCode } from './errors.ts'
import type { BucketRequest } from './request.ts'
import type { DocumentName } from './store/bucket.ts'
import { rawXmlReply } from './xml.ts'
import { parseXml, type XmlElement } from './xml-read.ts'

/** For documents that are kept as they came: nothing in the sandbox acts on them, but clients read them back. */
interface Kept {
  readonly name: DocumentName
  /** Of a GET where there is none. */
  readonly missing: S3ErrorCode
}

export function getDocument({ bucket }: BucketRequest, { name, missing }: Kept): Reply {
  const text = bucket.documents.get(name)
  if (text === undefined) throw new S3Error(missing, { elements: { BucketName: bucket.name } })
  return rawXmlReply(text)
}

/** @param check refuses what S3 would refuse, by throwing */
export async function putDocument(
  { bucket, call }: BucketRequest,
  name: DocumentName,
  root: string,
  check: (element: XmlElement) => void = () => {},
): Promise<Reply> {
  const body = await readDocument(call)
  check(parseXml(body, root))
  bucket.documents.set(name, body.toString('utf8'))
  return { status: 200 }
}

export function deleteDocument({ bucket }: BucketRequest, name: DocumentName): Reply {
  bucket.documents.delete(name)
  return { status: 204 }
}
