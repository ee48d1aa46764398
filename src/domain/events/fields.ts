/**
 * Small readers for fields of foreign JSON. Hand-made: this is the hot path (tens of thousands of events a second), and
 * everything here comes from outside, so nothing is trusted to be of the documented type.
 */

export type Fields = Readonly<Record<string, unknown>>

/** The reason why one record can't be used; its neighbours still can. */
export class RecordFault extends Error {
  override readonly name = 'RecordFault'
}

/** S3's limit of a key, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024
/** Version ids are opaque; S3 says "not more than 1,024 bytes long". */
const MAX_VERSION_ID = 1024
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$/
const HEX = /^[0-9a-f]{1,128}$/i

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A nested object; `{}` where there is none. */
export function inside(fields: Fields, name: string): Fields {
  const value = fields[name]
  return isFields(value) ? value : {}
}

/** A string that is not empty; numbers are taken as text. */
export function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' ? String(value) : undefined
}

/** A whole number of bytes, or of anything that is never negative; nonsense reads as not told. */
export function count(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** An ISO 8601 time with its zone, as milliseconds since the epoch. */
export function time(value: unknown): number | undefined {
  if (typeof value !== 'string' || !ISO_TIME.test(value)) return undefined
  const ms = Date.parse(value)
  return ms >= 0 ? ms : undefined
}

export function etag(value: unknown): string | undefined {
  const raw = text(value)
  return raw?.startsWith('"') ? text(raw.replaceAll('"', '')) : raw
}

export function sequencer(value: unknown): string | undefined {
  return typeof value === 'string' && HEX.test(value) ? value : undefined
}

/** Throws `RecordFault`. Absent in a bucket without versioning: then `null`, as S3 itself names it. */
export function versionId(value: unknown): string {
  const id = text(value) ?? 'null'
  if (id.length > MAX_VERSION_ID) throw new RecordFault(`version id of ${id.length} characters`)
  return id
}

/** Throws `RecordFault` where it is absent. */
export function bucketName(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new RecordFault('no bucket name')
  return value
}

/** Throws `RecordFault`: an event without its time can't be placed (lag, lateness, and the RPO rest on it). */
export function eventTime(value: unknown): number {
  const ms = time(value)
  if (ms === undefined) throw new RecordFault(`event time is ${excerpt(value)}`)
  return ms
}

/** Throws `RecordFault` for what can't be a key. Any character is allowed, control characters included. */
export function plainKey(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new RecordFault('no key')
  // A lone surrogate has no UTF-8: hashing or sending it would silently make another key of it.
  if (!value.isWellFormed()) throw new RecordFault(`key ${excerpt(value)} is not valid Unicode`)
  // Most keys are short: a UTF-16 unit is at most three bytes.
  if (value.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(value) > MAX_KEY_BYTES) {
    throw new RecordFault(`key of ${Buffer.byteLength(value)} bytes, S3 allows ${MAX_KEY_BYTES}`)
  }
  return value
}

/** A key of an S3 notification: URL-encoded, with `+` for a space. Throws `RecordFault`. */
export function encodedKey(value: unknown): string {
  if (typeof value !== 'string') throw new RecordFault('no key')
  const spaced = value.includes('+') ? value.replaceAll('+', ' ') : value
  if (!spaced.includes('%')) return plainKey(spaced)
  let decoded: string
  try {
    decoded = decodeURIComponent(spaced)
  } catch {
    throw new RecordFault(`key ${excerpt(value)} is not URL-encoded UTF-8`)
  }
  return plainKey(decoded)
}

/** For messages: short, and quoted so that control characters do no harm in a log. */
export function excerpt(value: unknown): string {
  if (typeof value !== 'string')
    return value === undefined ? 'absent' : `of type ${value === null ? 'null' : typeof value}`
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value)
}
