import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { S3Error } from './errors.ts'

/** A parsed element: text, or its children by name. */
export type XmlElement = string | { readonly [name: string]: XmlElement | readonly XmlElement[] | undefined }

const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
})

/**
 * Parses a request's document whose root must be `root`; gives the root element.
 * @throws S3Error `MalformedXML`
 */
export function parseXml(body: Buffer, root: string): XmlElement {
  const text = body.toString('utf8')
  if (XMLValidator.validate(text) !== true) throw new S3Error('MalformedXML')
  const parsed = parser.parse(text) as Record<string, XmlElement>
  const element = parsed[root]
  if (element === undefined) throw new S3Error('MalformedXML')
  return element
}

/** The children of that name; none gives an empty list. */
export function children(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  if (element === undefined || typeof element === 'string') return []
  const found = element[name]
  return found === undefined ? [] : Array.isArray(found) ? (found as readonly XmlElement[]) : [found as XmlElement]
}

export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return children(element, name)[0]
}

/** The text of a child; undefined where there is no such child. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  const found = child(element, name)
  if (found === undefined) return undefined
  if (typeof found === 'string') return found
  const text = found['#text']
  return typeof text === 'string' ? text : ''
}
