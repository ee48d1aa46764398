import { S3Error } from './errors.ts'
import type { StoredVersion } from './store/version.ts'

/** Bytes from `start` to before `end`. */
export interface Span {
  readonly start: number
  readonly end: number
  /** Of the part that was asked for by number; S3 then tells how many there are. */
  readonly parts?: number | undefined
}

/**
 * Which bytes a request asks for; undefined: all. S3 gives one range a request, and ignores what it can't read.
 * @throws S3Error `InvalidRange` (416), `InvalidPartNumber` (416)
 */
export function spanOf(
  version: StoredVersion,
  range: string | undefined,
  partNumber: string | undefined,
): Span | undefined {
  if (partNumber !== undefined) {
    if (range !== undefined) {
      throw new S3Error('InvalidRequest', {
        message: 'Cannot specify both Range header and partNumber query parameter',
      })
    }
    return partOf(version, Number(partNumber))
  }
  const match = range === undefined ? null : /^bytes=(\d*)-(\d*)$/.exec(range.trim())
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  const { size } = version
  if (first === '' && last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    if (length === 0) throw unsatisfiable(range!, size)
    return { start: size - length, end: size }
  }
  const start = Number(first)
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) throw unsatisfiable(range!, size)
  return { start, end }
}

function unsatisfiable(range: string, size: number): S3Error {
  return new S3Error('InvalidRange', {
    elements: { RangeRequested: range, ActualObjectSize: size },
    headers: { 'content-range': `bytes */${size}` },
  })
}

/** What was uploaded in one piece is its own part 1. */
function partOf({ partSizes, size }: StoredVersion, number: number): Span | undefined {
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    throw new S3Error('InvalidArgument', { message: 'Part number must be an integer between 1 and 10000, inclusive' })
  }
  const sizes = partSizes ?? [size]
  const length = sizes[number - 1]
  if (length === undefined) {
    throw new S3Error('InvalidPartNumber', { elements: { ActualPartCount: sizes.length, PartNumberRequested: number } })
  }
  const start = sizes.slice(0, number - 1).reduce((sum, each) => sum + each, 0)
  return { start, end: start + length, parts: partSizes?.length }
}
