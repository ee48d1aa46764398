/**
 * The CRC32 of two pieces joined, from that of each: parts are hashed once, side by side, and the whole comes of them.
 * After zlib's `crc32_combine`: the first piece's CRC goes through as many zero bytes as the second has.
 */
const POLYNOMIAL = 0xed_b8_83_20

type Matrix = Uint32Array<ArrayBuffer>

export function combineCrc32(first: number, second: number, secondBytes: number): number {
  if (secondBytes === 0) return first
  let odd: Matrix = new Uint32Array(32)
  odd[0] = POLYNOMIAL
  for (let bit = 1; bit < 32; bit += 1) odd[bit] = 1 << (bit - 1)
  let even = squared(odd)
  odd = squared(even)
  let crc = first
  let left = secondBytes
  // Each squaring doubles the zeros that a matrix stands for; the first one is for a byte.
  for (;;) {
    even = squared(odd)
    if (left % 2 === 1) crc = times(even, crc)
    left = Math.floor(left / 2)
    if (left === 0) break
    odd = squared(even)
    if (left % 2 === 1) crc = times(odd, crc)
    left = Math.floor(left / 2)
    if (left === 0) break
  }
  return (crc ^ second) >>> 0
}

function times(matrix: Matrix, vector: number): number {
  let sum = 0
  for (let rest = vector, bit = 0; rest !== 0; rest >>>= 1, bit += 1) if ((rest & 1) === 1) sum ^= matrix[bit]!
  return sum >>> 0
}

function squared(matrix: Matrix): Matrix {
  return Uint32Array.from(matrix, (row) => times(matrix, row))
}

/** As S3 writes it: four bytes, big end first, in base64. */
export function base64OfCrc32(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes.toString('base64')
}
