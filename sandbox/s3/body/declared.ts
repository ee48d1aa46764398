import type { IncomingHttpHeaders } from 'node:http'
import { ALGORITHMS, type Algorithm, CHECKSUM_BYTES } from '../checksums/checksum.ts'
import { S3Error } from '../errors.ts'

/** What a client says of the checksum of its body. */
export interface Declared {
  readonly algorithm: Algorithm
  /** Base64; undefined: it comes in a trailer. */
  readonly value: string | undefined
}

/**
 * Reads `x-amz-checksum-*` and `x-amz-trailer`; undefined where the client gives no checksum.
 * @throws S3Error `InvalidRequest` for several, malformed or announced but missing ones
 */
export function declaredChecksum(headers: IncomingHttpHeaders): Declared | undefined {
  const given = ALGORITHMS.filter((algorithm) => headers[headerOf(algorithm)] !== undefined)
  if (given.length > 1) {
    const message = 'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.'
    throw new S3Error('InvalidRequest', { message })
  }
  const [algorithm] = given
  if (algorithm !== undefined) {
    const value = String(headers[headerOf(algorithm)])
    checkValue(algorithm, value)
    return { algorithm, value }
  }
  const trailers = String(headers['x-amz-trailer'] ?? '').split(',')
  const trailing = ALGORITHMS.find((each) => trailers.some((name) => name.trim().toLowerCase() === headerOf(each)))
  if (trailing !== undefined) return { algorithm: trailing, value: undefined }
  const announced = headers['x-amz-sdk-checksum-algorithm']
  if (announced === undefined) return undefined
  const message =
    'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.'
  throw new S3Error('InvalidRequest', { message })
}

export function headerOf(algorithm: Algorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`
}

/** @throws S3Error `InvalidRequest` where the value can't be one of this algorithm */
export function checkValue(algorithm: Algorithm, value: string): void {
  if (Buffer.from(value, 'base64').length === CHECKSUM_BYTES[algorithm]) return
  throw new S3Error('InvalidRequest', { message: `Value for ${headerOf(algorithm)} header is invalid.` })
}

/** @throws S3Error `InvalidRequest` for an algorithm that S3 has not */
export function algorithmNamed(name: string | undefined): Algorithm | undefined {
  if (name === undefined) return undefined
  const algorithm = ALGORITHMS.find((each) => each === name.toUpperCase())
  if (algorithm !== undefined) return algorithm
  const message =
    'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]'
  throw new S3Error('InvalidRequest', { message })
}
