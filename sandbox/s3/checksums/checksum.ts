import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { StoredChecksum } from '../../types.ts'
import { crc32c, crc64nvme } from './crc.ts'

export type Algorithm = StoredChecksum['algorithm']

/** In the order in which S3 names them; the header is `x-amz-checksum-<lower case>`. */
export const ALGORITHMS: readonly Algorithm[] = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']

/** Length of the raw value in bytes: what tells a malformed header from a wrong one. */
export const CHECKSUM_BYTES: Readonly<Record<Algorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
}

export interface Hasher {
  update(data: Uint8Array): void
  /** Raw bytes; ends the hasher. */
  digest(): Buffer
}

export function hasherOf(algorithm: Algorithm): Hasher {
  switch (algorithm) {
    case 'CRC32':
      return zlibCrc32()
    case 'CRC32C':
      return crc32c()
    case 'CRC64NVME':
      return crc64nvme()
    case 'SHA1':
      return createHash('sha1')
    case 'SHA256':
      return createHash('sha256')
  }
}

function zlibCrc32(): Hasher {
  let value = 0
  return {
    update(data) {
      value = crc32(data, value)
    },
    digest() {
      const out = Buffer.allocUnsafe(4)
      out.writeUInt32BE(value >>> 0, 0)
      return out
    },
  }
}

/** The full-object checksum of a body. */
export function checksumOf(algorithm: Algorithm, body: Uint8Array): StoredChecksum {
  const hasher = hasherOf(algorithm)
  hasher.update(body)
  return { algorithm, type: 'FULL_OBJECT', value: hasher.digest().toString('base64') }
}

/** S3's composite checksum: the checksum of the parts' raw checksums, with the number of parts behind it. */
export function compositeOf(algorithm: Algorithm, parts: readonly string[]): StoredChecksum {
  const hasher = hasherOf(algorithm)
  for (const part of parts) hasher.update(Buffer.from(part, 'base64'))
  return { algorithm, type: 'COMPOSITE', value: `${hasher.digest().toString('base64')}-${parts.length}` }
}
