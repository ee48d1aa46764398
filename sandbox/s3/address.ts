import { readHost } from '../http/host.ts'
import type { Call } from '../types.ts'
import { S3Error } from './errors.ts'

/** What a request is about. */
export interface Address {
  readonly bucket: string | undefined
  /** Decoded; undefined where the request is about the bucket. */
  readonly key: string | undefined
}

const KEY_BYTES_MOST = 1024

/**
 * Reads bucket and key from host and path: virtual-host style (`bucket.s3.eu-west-1.localhost`) or path style.
 * @throws S3Error `InvalidURI` where the path is no UTF-8, `KeyTooLongError` beyond 1,024 bytes
 */
export function addressOf(call: Call): Address {
  const { path } = call
  const hosted = isBareHost(call.host) ? undefined : readHost(call.host).bucket
  if (hosted !== undefined) return { bucket: hosted, key: keyOf(path.slice(1)) }
  const slash = path.indexOf('/', 1)
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash)
  if (bucket === '') return { bucket: undefined, key: undefined }
  return { bucket: decode(bucket), key: slash < 0 ? undefined : keyOf(path.slice(slash + 1)) }
}

/** Most clients name an address: nothing to take apart. */
function isBareHost(host: string): boolean {
  const first = host.charCodeAt(0)
  return first >= 48 && first <= 57 && /^[\d.:]+$/.test(host)
}

function keyOf(raw: string): string | undefined {
  if (raw === '') return undefined
  const key = decode(raw)
  checkKey(key)
  return key
}

export function checkKey(key: string): void {
  if (key.length * 3 <= KEY_BYTES_MOST) return
  const size = Buffer.byteLength(key)
  if (size <= KEY_BYTES_MOST) return
  throw new S3Error('KeyTooLongError', { elements: { Size: size, MaxSizeAllowed: KEY_BYTES_MOST } })
}

function decode(raw: string): string {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    throw new S3Error('InvalidURI')
  }
}
