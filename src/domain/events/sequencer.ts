/**
 * Orders two events of one key: negative when `a` was first, 0 when they are of the same operation. Hex strings of
 * different lengths: the shorter is padded with zeros on the **right** (S3 user guide, "Event message structure").
 * Says nothing about events of different keys.
 */
export function compareSequencers(a: string, b: string): number {
  const length = Math.max(a.length, b.length)
  const one = a.toUpperCase().padEnd(length, '0')
  const other = b.toUpperCase().padEnd(length, '0')
  return one < other ? -1 : one > other ? 1 : 0
}
