import type { Reply } from '../types.ts'

export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** A list becomes repeated elements, `undefined` is left out, `''` is an empty element. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue }

/** One element, or several for a list, with everything below. */
export function xml(name: string, value: XmlValue): string {
  if (value === undefined) return ''
  if (Array.isArray(value)) return (value as readonly XmlValue[]).map((item) => xml(name, item)).join('')
  if (typeof value !== 'object') return `<${name}>${escapeXml(String(value))}</${name}>`
  return `<${name}>${elements(value as { readonly [name: string]: XmlValue })}</${name}>`
}

/** Control characters go out as references, also those that XML 1.0 forbids: S3 does so where no encoding was asked for. */
export function escapeXml(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, (char) => ENTITIES[char] ?? `&#x${hex(char)};`) : text
}

// oxlint-disable-next-line no-control-regex -- these are the characters that must not go out bare
const UNSAFE = /[\u0000-\u001f&<>"\ufffe\uffff]/
const UNSAFE_ALL = new RegExp(UNSAFE.source, 'g')
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function hex(char: string): string {
  return char.charCodeAt(0).toString(16).toUpperCase()
}

/** A document as S3 answers it: `root` with S3's namespace. */
export function xmlReply(
  root: string,
  content: { readonly [name: string]: XmlValue },
  headers?: Readonly<Record<string, string>>,
): Reply {
  return rawXmlReply(document(root, elements(content)), headers)
}

export function document(root: string, inside: string): string {
  return `${XML_HEAD}<${root} xmlns="${NAMESPACE}">${inside}</${root}>`
}

export function rawXmlReply(body: string, headers?: Readonly<Record<string, string>>): Reply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body }
}

/** The elements of an object's members, without one around them. */
export function elements(content: { readonly [name: string]: XmlValue }): string {
  let inside = ''
  for (const [name, value] of Object.entries(content)) inside += xml(name, value)
  return inside
}
