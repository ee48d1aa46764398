/**
 * S3 lists keys in the order of their UTF-8 bytes. JavaScript compares UTF-16 units, which differs only where a surrogate
 * pair (above U+FFFF) meets a unit from U+E000 to U+FFFF.
 */

/** Units from which the two orders may differ. Without any of these in one of two keys, `<` is right. */
const WIDE = /[\ud800-\uffff]/

export function isWide(key: string): boolean {
  return WIDE.test(key)
}

/** Negative, zero or positive; by UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    // Surrogates stand for code points above all other units.
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/** Behind every key: S3's keys have at most 1,024 bytes. */
const BEHIND_ALL = '\u{10ffff}'.repeat(256)

/** The first possible key behind all that start with this prefix: its last code point, plus one. */
export function behindPrefix(prefix: string): string {
  for (let end = prefix.length; end > 0;) {
    const low = prefix.charCodeAt(end - 1)
    const start = low >= 0xdc00 && low <= 0xdfff && end > 1 ? end - 2 : end - 1
    const point = prefix.codePointAt(start)!
    // Surrogates are no code points of their own: U+E000 follows U+D7FF.
    if (point < 0x10ffff) return prefix.slice(0, start) + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1)
    end = start
  }
  return BEHIND_ALL
}
