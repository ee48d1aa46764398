/**
 * CRC32C (Castagnoli) and CRC64NVME, slicing by 8, both reflected, without BigInt: a 64-bit register as two 32-bit halves.
 * CRC32 comes from node:zlib.
 */

const CRC32C_POLY = 0x82f63b78
/** 0x9a6c9329ac4bc9b5: the reflected polynomial of CRC-64/NVME. */
const CRC64_HIGH = 0x9a6c9329
const CRC64_LOW = 0xac4bc9b5

const table32 = makeTable32()
const [tableHigh, tableLow] = makeTable64()

function makeTable32(): Int32Array {
  const table = new Int32Array(8 * 256)
  for (let n = 0; n < 256; n++) {
    let crc = n
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CRC32C_POLY : crc >>> 1
    table[n] = crc
  }
  for (let n = 0; n < 256; n++) {
    for (let slice = 1; slice < 8; slice++) {
      const before = table[(slice - 1) * 256 + n]!
      table[slice * 256 + n] = (before >>> 8) ^ table[before & 0xff]!
    }
  }
  return table
}

function makeTable64(): [Int32Array, Int32Array] {
  const high = new Int32Array(8 * 256)
  const low = new Int32Array(8 * 256)
  for (let n = 0; n < 256; n++) {
    let h = 0
    let l = n
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1
      l = (l >>> 1) | (h << 31)
      h >>>= 1
      if (odd) {
        h ^= CRC64_HIGH
        l ^= CRC64_LOW
      }
    }
    high[n] = h
    low[n] = l
  }
  for (let n = 0; n < 256; n++) {
    for (let slice = 1; slice < 8; slice++) {
      const h = high[(slice - 1) * 256 + n]!
      const l = low[(slice - 1) * 256 + n]!
      high[slice * 256 + n] = (h >>> 8) ^ high[l & 0xff]!
      low[slice * 256 + n] = ((l >>> 8) | (h << 24)) ^ low[l & 0xff]!
    }
  }
  return [high, low]
}

/** A running CRC: `update` in order, then `digest` (big-endian, as S3 encodes it). */
export interface Crc {
  update(data: Uint8Array): void
  digest(): Buffer
}

export function crc32c(): Crc {
  let crc = -1
  const t = table32
  return {
    update(data) {
      let c = crc
      let at = 0
      for (const end = data.length - 7; at < end; at += 8) {
        const x = c ^ (data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24))
        c =
          t[1792 + (x & 0xff)]! ^
          t[1536 + ((x >>> 8) & 0xff)]! ^
          t[1280 + ((x >>> 16) & 0xff)]! ^
          t[1024 + (x >>> 24)]! ^
          t[768 + data[at + 4]!]! ^
          t[512 + data[at + 5]!]! ^
          t[256 + data[at + 6]!]! ^
          t[data[at + 7]!]!
      }
      for (; at < data.length; at++) c = (c >>> 8) ^ t[(c ^ data[at]!) & 0xff]!
      crc = c
    },
    digest() {
      const out = Buffer.allocUnsafe(4)
      out.writeInt32BE(~crc, 0)
      return out
    },
  }
}

export function crc64nvme(): Crc {
  let high = -1
  let low = -1
  const th = tableHigh
  const tl = tableLow
  return {
    update(data) {
      let h = high
      let l = low
      let at = 0
      for (const end = data.length - 7; at < end; at += 8) {
        const x = l ^ (data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24))
        const y = h ^ (data[at + 4]! | (data[at + 5]! << 8) | (data[at + 6]! << 16) | (data[at + 7]! << 24))
        const i0 = 1792 + (x & 0xff)
        const i1 = 1536 + ((x >>> 8) & 0xff)
        const i2 = 1280 + ((x >>> 16) & 0xff)
        const i3 = 1024 + (x >>> 24)
        const i4 = 768 + (y & 0xff)
        const i5 = 512 + ((y >>> 8) & 0xff)
        const i6 = 256 + ((y >>> 16) & 0xff)
        const i7 = y >>> 24
        h = th[i0]! ^ th[i1]! ^ th[i2]! ^ th[i3]! ^ th[i4]! ^ th[i5]! ^ th[i6]! ^ th[i7]!
        l = tl[i0]! ^ tl[i1]! ^ tl[i2]! ^ tl[i3]! ^ tl[i4]! ^ tl[i5]! ^ tl[i6]! ^ tl[i7]!
      }
      for (; at < data.length; at++) {
        const index = (l ^ data[at]!) & 0xff
        l = ((l >>> 8) | (h << 24)) ^ tl[index]!
        h = (h >>> 8) ^ th[index]!
      }
      high = h
      low = l
    },
    digest() {
      const out = Buffer.allocUnsafe(8)
      out.writeInt32BE(~high, 0)
      out.writeInt32BE(~low, 4)
      return out
    },
  }
}
