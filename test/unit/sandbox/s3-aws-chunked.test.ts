import { describe, expect, it } from 'vitest'
import { makeAwsChunkedDecoder } from '../../../sandbox/s3/body/aws-chunked.ts'
import { fc } from '../../support/fc.ts'

interface Decoded {
  readonly body: string
  readonly trailers: Readonly<Record<string, string>>
}

function decode(wire: Buffer, cuts: readonly number[] = []): Decoded {
  const chunks: Buffer[] = []
  const decoder = makeAwsChunkedDecoder((data) => chunks.push(Buffer.from(data)))
  let at = 0
  for (const cut of [...cuts.map((each) => Math.min(each, wire.length)).sort((a, b) => a - b), wire.length]) {
    decoder.push(wire.subarray(at, cut))
    at = cut
  }
  decoder.end()
  return { body: Buffer.concat(chunks).toString('latin1'), trailers: Object.fromEntries(decoder.trailers) }
}

function encode(chunks: readonly Uint8Array[], signed: boolean, trailer: string): Buffer {
  const signature = signed ? `;chunk-signature=${'0'.repeat(64)}` : ''
  const parts = chunks.flatMap((chunk) => [`${chunk.length.toString(16)}${signature}\r\n`, chunk, '\r\n'])
  return Buffer.concat([...parts, `0${signature}\r\n${trailer}\r\n`].map((part) => Buffer.from(part as string)))
}

describe('aws-chunked bodies', () => {
  it('decode the same however the wire cuts them', () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(fc.array(chunk), fc.boolean(), fc.array(fc.nat(400)), (chunks, signed, cuts) => {
        const { body, trailers } = decode(encode(chunks, signed, 'x-amz-checksum-crc32:AAAAAA==\r\n'), cuts)
        expect(body).toBe(Buffer.concat(chunks).toString('latin1'))
        expect(trailers).toEqual({ 'x-amz-checksum-crc32': 'AAAAAA==' })
      }),
    )
  })

  it('are refused where they break off, or are none', () => {
    const wire = encode([Buffer.from('hello')], true, '')
    for (let length = 0; length < wire.length - 4; length++) {
      expect(() => decode(wire.subarray(0, length)), `of ${length} bytes`).toThrow('terminated')
    }
    expect(() => decode(Buffer.from('hello\r\n'))).toThrow('terminated')
    expect(() => decode(Buffer.from('3\r\nabcdef\r\n0\r\n\r\n'))).toThrow('terminated')
    expect(() => decode(Buffer.from('1'.repeat(10_000)))).toThrow('terminated')
  })
})
