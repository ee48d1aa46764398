/**
 * The order of keys in a listing: by their UTF-8 bytes (Amazon S3 user guide, "Listing object keys programmatically").
 *
 * JavaScript's own order is by UTF-16 units, which puts U+E000 to U+FFFF above all that takes a surrogate pair; UTF-8
 * has it the other way round. A merge that took the one for the other would lose its place at the first such key.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at += 1) {
    const one = a.charCodeAt(at)
    const other = b.charCodeAt(at)
    if (one !== other) return rank(one) - rank(other)
  }
  return a.length - b.length
}

/** Surrogates above everything else. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}
