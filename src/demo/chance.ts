/** Seeded chance for the demo: the same seed makes the same traffic. One stream per pair, so that pairs don't disturb each other. */
export interface Chance {
  /** In [0, 1). */
  next(): number
  /** Whole, 0 to below. */
  below(limit: number): number
  pick<T>(from: readonly T[]): T
  /** Log-normal with this median; `spread` is the logarithm's standard deviation. */
  logNormal(median: number, spread: number): number
}

export function makeChance(seed: number, stream: string): Chance {
  let state = hash(`${seed}/${stream}`)
  // mulberry32: 32 bits of state are plenty for traffic, and a page of arithmetic less than a package.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    pick: (from) => from[Math.floor(next() * from.length)]!,
    logNormal: (median, spread) => {
      const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
      return median * Math.exp(spread * normal)
    },
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0)!, 0x01000193)
  return value >>> 0
}
