const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const

/** Milliseconds for a person: `90m` is `1h 30m`, what is below a minute is in seconds. */
export function told(ms: number): string {
  const parts: string[] = []
  let left = ms
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size)
    if (count > 0) parts.push(`${count}${unit}`)
    left -= count * size
  }
  if (left > 0) parts.push(`${left / 1000}s`)
  return parts.length === 0 ? '0s' : parts.join(' ')
}
