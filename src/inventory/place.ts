/** Where a manifest is: a local file, or an object. */
import { LandfallError } from '../domain/errors.ts'

export type ManifestPlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string }

/** Throws USAGE. */
export function placeOf(text: string): ManifestPlace {
  if (!/^s3:/i.test(text)) return { kind: 'file', path: text }
  const parts = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/s.exec(text)
  if (parts === null) throw new LandfallError('USAGE', `${JSON.stringify(text)} names no object: write s3://bucket/key`)
  return { kind: 's3', bucket: parts[1]!, key: parts[2]! }
}

/**
 * `SOURCE,DESTINATION` in one word, or in two of them (for names that hold commas themselves). Throws USAGE.
 */
export function twoOf(words: readonly string[]): readonly [string, string] {
  const [first, second] = words
  if (first !== undefined && second !== undefined && words.length === 2) return [first, second]
  const parts = words.length === 1 ? first!.split(',').map((part) => part.trim()) : []
  if (parts.length === 2 && parts.every((part) => part !== '')) return [parts[0]!, parts[1]!]
  throw new LandfallError('USAGE', '--inventory takes two names, the source and the destination', {
    hint: 'Write --inventory SOURCE,DESTINATION; where a name holds a comma, give --inventory twice.',
  })
}
