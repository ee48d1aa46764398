/** A bucket's lifecycle rules as plain data (S3 API reference, `LifecycleRule`). Transitions are not carried out, so not read. */
import { parseXml, child, children, textOf, type XmlElement } from '../xml-read.ts'
import { tagPairs } from '../tags.ts'

export interface LifecycleRule {
  readonly filter: LifecycleFilter
  /** Of current versions. */
  readonly expiration: { readonly days: number } | { readonly at: number } | undefined
  /** Delete markers that are all that is left of their key go. */
  readonly loneMarkers: boolean
  readonly noncurrent: { readonly days: number; readonly keep: number } | undefined
  /** Days after which unfinished uploads are aborted. */
  readonly abortDays: number | undefined
}

export interface LifecycleFilter {
  readonly prefix: string
  /** All must be on the object. */
  readonly tags: Readonly<Record<string, string>>
  readonly sizeAbove: number | undefined
  readonly sizeBelow: number | undefined
}

/** The rules that are switched on. */
export function readRules(document: string): readonly LifecycleRule[] {
  const root = parseXml(Buffer.from(document), 'LifecycleConfiguration')
  return children(root, 'Rule')
    .filter((rule) => textOf(rule, 'Status') === 'Enabled')
    .map(readRule)
}

function readRule(rule: XmlElement): LifecycleRule {
  const expiration = child(rule, 'Expiration')
  const noncurrent = child(rule, 'NoncurrentVersionExpiration')
  const days = number(expiration, 'Days')
  const date = textOf(expiration, 'Date')
  return {
    filter: readFilter(rule),
    expiration: days !== undefined ? { days } : date !== undefined ? { at: Date.parse(date) } : undefined,
    loneMarkers: textOf(expiration, 'ExpiredObjectDeleteMarker') === 'true',
    noncurrent:
      noncurrent === undefined
        ? undefined
        : { days: number(noncurrent, 'NoncurrentDays') ?? 0, keep: number(noncurrent, 'NewerNoncurrentVersions') ?? 0 },
    abortDays: number(child(rule, 'AbortIncompleteMultipartUpload'), 'DaysAfterInitiation'),
  }
}

function readFilter(rule: XmlElement): LifecycleFilter {
  const filter = child(rule, 'Filter')
  const conditions = child(filter, 'And') ?? filter
  return {
    prefix: textOf(conditions, 'Prefix') ?? textOf(rule, 'Prefix') ?? '',
    tags: Object.fromEntries(tagPairs(conditions)),
    sizeAbove: number(conditions, 'ObjectSizeGreaterThan'),
    sizeBelow: number(conditions, 'ObjectSizeLessThan'),
  }
}

function number(parent: XmlElement | undefined, name: string): number | undefined {
  const text = textOf(parent, name)
  return text === undefined || text === '' ? undefined : Number(text)
}
