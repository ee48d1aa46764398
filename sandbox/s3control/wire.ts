import type { Refusal, Reply } from '../types.ts'
import { hostIdOf } from '../s3/error-reply.ts'
import { elements, xml, XML_HEAD, type XmlValue } from '../s3/xml.ts'

const NAMESPACE = 'http://awss3control.amazonaws.com/doc/2018-08-20/'

export function controlReply(root: string, content: { readonly [name: string]: XmlValue }): Reply {
  return rawReply(root, elements(content))
}

export function rawReply(root: string, inside: string): Reply {
  const body = `${XML_HEAD}<${root} xmlns="${NAMESPACE}">${inside}</${root}>`
  return { status: 200, headers: { 'content-type': 'application/xml' }, body }
}

export function controlError(requestId: string, { status, code, message }: Refusal): Reply {
  const content = { Error: { Code: code, Message: message }, RequestId: requestId, HostId: hostIdOf(requestId) }
  const body = XML_HEAD + xml('ErrorResponse', content)
  return { status, headers: { 'content-type': 'application/xml' }, body }
}
