/** A figure beside what was promised of it. */
export interface Bar {
  readonly name: string
  readonly value: number
  readonly bar: number
  readonly met: boolean
}

export function atLeast(name: string, value: number, bar: number): Bar {
  return { name, value: rounded(value), bar, met: value >= bar }
}

export function atMost(name: string, value: number, bar: number): Bar {
  return { name, value: rounded(value), bar, met: value <= bar }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
