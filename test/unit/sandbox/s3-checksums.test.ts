import { describe, expect, it } from 'vitest'
import {
  ALGORITHMS,
  type Algorithm,
  checksumOf,
  compositeOf,
  hasherOf,
} from '../../../sandbox/s3/checksums/checksum.ts'
import { fc } from '../../support/fc.ts'

/** The check values of the catalogue of parametrised CRCs (RFC 3720 for CRC32C, NVM Express for CRC64NVME), of FIPS 180. */
const OF_123456789: Readonly<Record<Algorithm, string>> = {
  CRC32: 'cbf43926',
  CRC32C: 'e3069283',
  CRC64NVME: 'ae8b14860a799888',
  SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
  SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
}

const hex = (algorithm: Algorithm, body: Uint8Array): string =>
  Buffer.from(checksumOf(algorithm, body).value, 'base64').toString('hex')

describe('checksums', () => {
  it.each(ALGORITHMS)('%s has its published check value', (algorithm) => {
    expect(hex(algorithm, Buffer.from('123456789'))).toBe(OF_123456789[algorithm])
  })

  it('know the vectors of their standards', () => {
    // RFC 3720, appendix B.4; NVM Express NVM command set, 5.2.1.3.4 (4 KiB of zeros, of ones).
    expect(hex('CRC32C', Buffer.alloc(32))).toBe('8a9136aa')
    expect(hex('CRC32C', Buffer.alloc(32, 0xff))).toBe('62a8ab43')
    expect(hex('CRC64NVME', Buffer.alloc(4096))).toBe('6482d367eb22b64e')
    expect(hex('CRC64NVME', Buffer.alloc(4096, 0xff))).toBe('c0ddba7302eca3ac')
    expect(checksumOf('CRC32', Buffer.alloc(0)).value).toBe('AAAAAA==')
    expect(checksumOf('CRC64NVME', Buffer.alloc(0)).value).toBe('AAAAAAAAAAA=')
  })

  it.each(ALGORITHMS)('%s of a body does not depend on how it comes in', (algorithm) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200), { maxLength: 5 }), (body, cuts) => {
        const hasher = hasherOf(algorithm)
        const places = [0, ...cuts.map((cut) => Math.min(cut, body.length)).sort((a, b) => a - b), body.length]
        for (const [index, place] of places.slice(1).entries()) hasher.update(body.subarray(places[index], place))
        expect(hasher.digest().toString('base64')).toBe(checksumOf(algorithm, body).value)
      }),
    )
  })

  it('of parts is the checksum of their raw checksums, with their number', () => {
    const parts = ['one', 'two'].map((text) => checksumOf('SHA256', Buffer.from(text)).value)
    const joined = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')))
    expect(compositeOf('SHA256', parts)).toEqual({
      algorithm: 'SHA256',
      type: 'COMPOSITE',
      value: `${checksumOf('SHA256', joined).value}-2`,
    })
  })
})
