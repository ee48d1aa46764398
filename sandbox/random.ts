import type { SandboxRandom } from './types.ts'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz'

/**
 * Seeded chance in named streams: drawing from one stream never shifts another, so that a run with more requests
 * still makes the same version ids. The same seed and the same draws give the same numbers on every machine.
 */
export function makeRandom(seed: string): SandboxRandom {
  const streams = new Map<string, () => number>()
  const stream = (name: string): (() => number) => {
    let draw = streams.get(name)
    if (draw === undefined) {
      draw = xoshiro128(`${seed}\0${name}`)
      streams.set(name, draw)
    }
    return draw
  }
  return {
    next: (name) => unit(stream(name)),
    of: (name, identity) => unit(xoshiro128(`${seed}\0${name}\0${identity}`)),
    int: (name, below) => Math.floor(unit(stream(name)) * below),
    text(name, length) {
      const draw = stream(name)
      let text = ''
      // Rejecting nothing: 2^32 is so far above 36 that the bias is below 1e-8.
      for (let i = 0; i < length; i++) text += ALPHABET[draw() % 36]
      return text
    },
  }
}

/** 53 random bits as a number in [0, 1). */
function unit(draw: () => number): number {
  return ((draw() >>> 5) * 67_108_864 + (draw() >>> 6)) / 9_007_199_254_740_992
}

/** xoshiro128** 1.1 (Blackman and Vigna, public domain); its state is filled by splitmix32 from a hash of the seed. */
function xoshiro128(seed: string): () => number {
  const next = splitmix32(fnv1a(seed))
  let [a, b, c, d] = [next(), next(), next(), next()]
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotate(d, 11)
    return result
  }
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by))
}

function splitmix32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    return z ^ (z >>> 15)
  }
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}
