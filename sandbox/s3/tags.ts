import { S3Error } from './errors.ts'
import { child, children, textOf, type XmlElement } from './xml-read.ts'
import { xml } from './xml.ts'

const OBJECT_TAGS_MOST = 10
/** A bucket's tags; they are Landfall's least concern. */
export const BUCKET_TAGS_MOST = 50

/**
 * API reference, "PutObjectTagging": at most ten, keys of 1 to 128 characters, values up to 256, no key twice.
 * @throws S3Error `InvalidTag`
 */
export function checkTags(
  pairs: readonly (readonly [string, string])[],
  most = OBJECT_TAGS_MOST,
): Readonly<Record<string, string>> | undefined {
  if (pairs.length > most) {
    throw new S3Error('InvalidTag', { message: `Object tags cannot be greater than ${most}` })
  }
  const tags = new Map<string, string>()
  for (const [key, value] of pairs) {
    if (key === '' || key.length > 128) {
      throw new S3Error('InvalidTag', { message: 'The TagKey you have provided is invalid', elements: { TagKey: key } })
    }
    if (value.length > 256) {
      throw new S3Error('InvalidTag', {
        message: 'The TagValue you have provided is invalid',
        elements: { TagKey: key },
      })
    }
    if (tags.has(key)) {
      throw new S3Error('InvalidTag', {
        message: 'Cannot provide multiple Tags with the same key',
        elements: { TagKey: key },
      })
    }
    tags.set(key, value)
  }
  return tags.size === 0 ? undefined : Object.fromEntries(tags)
}

/** The pairs of a `<TagSet>`, or of the `<Tag>` elements of another parent. */
export function tagPairs(parent: XmlElement | undefined): (readonly [string, string])[] {
  return children(parent, 'Tag').map((tag) => {
    const key = textOf(tag, 'Key')
    const value = textOf(tag, 'Value')
    if (key === undefined || value === undefined) throw new S3Error('MalformedXML')
    return [key, value] as const
  })
}

export function tagSetOf(tagging: XmlElement): XmlElement | undefined {
  return child(tagging, 'TagSet')
}

export function tagSetXml(tags: Readonly<Record<string, string>> | undefined): string {
  const list = Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }))
  return `<TagSet>${xml('Tag', list)}</TagSet>`
}
