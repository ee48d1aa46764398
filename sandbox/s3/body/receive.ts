import { createHash, type Hash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Call, StoredChecksum } from '../../types.ts'
import { type Algorithm, type Hasher, hasherOf } from '../checksums/checksum.ts'
import { S3Error } from '../errors.ts'
import { makeAwsChunkedDecoder } from './aws-chunked.ts'
import { checkValue, declaredChecksum, headerOf } from './declared.ts'

/** An object's or a part's bytes as uploaded, decoded and verified. */
export interface Upload {
  /** A buffer of its own. */
  readonly bytes: Buffer
  /** Hex. */
  readonly md5: string
  /** What the client gave; else of the algorithm that was asked for; else none. */
  readonly checksum: StoredChecksum | undefined
}

const UPLOAD_BYTES_MOST = 5 * 1024 ** 3

/**
 * Reads the body of an upload, hashing it as it comes, and holds it against all that the client said of it.
 *
 * @param algorithm computed where the client gives no checksum (the parts of an upload that has one)
 * @throws S3Error `MissingContentLength`, `EntityTooLarge`, `IncompleteBody`, `InvalidDigest`, `BadDigest`,
 *   `XAmzContentSHA256Mismatch`, `InvalidRequest`
 */
export async function receive(call: Call, algorithm?: Algorithm): Promise<Upload> {
  const { headers } = call
  const contentSha256 = text(headers['x-amz-content-sha256'])
  const chunked = contentSha256?.startsWith('STREAMING-') === true || isAwsChunked(text(headers['content-encoding']))
  const length = lengthOf(chunked ? headers['x-amz-decoded-content-length'] : headers['content-length'])
  const declared = declaredChecksum(headers)
  const contentMd5 = contentMd5Of(text(headers['content-md5']))

  const bytes = Buffer.allocUnsafeSlow(length)
  const md5 = createHash('md5')
  const algorithmUsed = declared?.algorithm ?? algorithm
  const checksum = algorithmUsed && hasherOf(algorithmUsed)
  const sha256 = contentSha256 !== undefined && /^[0-9a-f]{64}$/.test(contentSha256) ? createHash('sha256') : undefined
  const hashers: Hasher[] = [md5, checksum, sha256].filter((each) => each !== undefined)

  let at = 0
  const take = (data: Buffer): void => {
    if (at + data.length > length) throw incomplete(length, at + data.length)
    data.copy(bytes, at)
    at += data.length
    for (const hasher of hashers) hasher.update(data)
  }
  const decoder = chunked ? makeAwsChunkedDecoder(take) : undefined
  await drain(call.stream, decoder === undefined ? take : (chunk) => decoder.push(chunk))
  decoder?.end()
  if (at !== length) throw incomplete(length, at)

  const md5Raw = md5.digest()
  if (contentMd5 !== undefined && !contentMd5.equals(md5Raw)) {
    throw new S3Error('BadDigest', {
      message: 'The Content-MD5 you specified did not match what we received.',
      elements: { ExpectedDigest: contentMd5.toString('base64'), CalculatedDigest: md5Raw.toString('base64') },
    })
  }
  if (sha256 !== undefined) checkSha256(contentSha256!, sha256)
  return {
    bytes,
    md5: md5Raw.toString('hex'),
    checksum:
      algorithmUsed === undefined
        ? undefined
        : verified(algorithmUsed, checksum!.digest().toString('base64'), declared && (declared.value ?? trailing())),
  }

  function trailing(): string {
    const value = decoder?.trailers.get(headerOf(algorithmUsed!))
    if (value === undefined) {
      throw new S3Error('InvalidRequest', { message: `The trailer ${headerOf(algorithmUsed!)} is missing.` })
    }
    checkValue(algorithmUsed!, value)
    return value
  }
}

function verified(algorithm: Algorithm, computed: string, said: string | undefined): StoredChecksum {
  if (said !== undefined && said !== computed) {
    throw new S3Error('BadDigest', { message: `The ${algorithm} you specified did not match the calculated checksum.` })
  }
  return { algorithm, type: 'FULL_OBJECT', value: computed }
}

function checkSha256(said: string, sha256: Hash): void {
  const computed = sha256.digest('hex')
  if (said === computed) return
  throw new S3Error('XAmzContentSHA256Mismatch', {
    elements: { ClientComputedContentSHA256: said, S3ComputedContentSHA256: computed },
  })
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header
}

export function isAwsChunked(contentEncoding: string | undefined): boolean {
  return contentEncoding?.split(',').some((each) => each.trim() === 'aws-chunked') === true
}

function lengthOf(header: string | string[] | undefined): number {
  if (header === undefined) throw new S3Error('MissingContentLength')
  const length = Number(header)
  if (!Number.isSafeInteger(length) || length < 0) throw new S3Error('InvalidArgument')
  if (length > UPLOAD_BYTES_MOST) {
    throw new S3Error('EntityTooLarge', { elements: { ProposedSize: length, MaxSizeAllowed: UPLOAD_BYTES_MOST } })
  }
  return length
}

function contentMd5Of(header: string | undefined): Buffer | undefined {
  if (header === undefined) return undefined
  const raw = Buffer.from(header, 'base64')
  if (raw.length !== 16) throw new S3Error('InvalidDigest', { elements: { 'Content-MD5': header } })
  return raw
}

function incomplete(expected: number, received: number): S3Error {
  return new S3Error('IncompleteBody', {
    elements: { NumberBytesExpected: expected, NumberBytesReceived: received },
  })
}

/** Feeds all of a stream; rejects where the client hangs up, or the sink throws. */
function drain(stream: Readable, sink: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      try {
        sink(chunk)
      } catch (error) {
        // The rest is read and thrown away, so that the answer gets through on this connection.
        stream.removeAllListeners('data').resume()
        reject(error)
      }
    })
    stream.on('end', resolve)
    stream.on('error', reject)
    stream.on('close', () => {
      if (!stream.readableEnded) reject(new S3Error('RequestTimeout'))
    })
  })
}
