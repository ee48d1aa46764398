/** What every benchmark is made of, so that `bench/main.ts` can list, run and print them alike. */
import { cpus, loadavg, release } from 'node:os'

/** One promise about a figure. `met` is the bench's own word, so that a reader of the JSON needs no rule. */
export interface Bar {
  readonly name: string
  readonly value: number
  /** The least or the most that is asked for, as `name` says. */
  readonly bar: number
  readonly met: boolean
}

export interface Report {
  readonly bars: readonly Bar[]
  /** Everything else that was measured; units in the names. */
  readonly figures: Readonly<Record<string, unknown>>
}

export interface Option {
  readonly about: string
  readonly default: string
}

export interface Bench {
  readonly name: string
  readonly about: string
  readonly options: Readonly<Record<string, Option>>
  /** `values` has a text for each of `options`. `say` takes progress, which goes to stderr. */
  run(values: Readonly<Record<string, string>>, say: (text: string) => void): Promise<Report>
}

export function atLeast(name: string, value: number, bar: number): Bar {
  return { name, value, bar, met: value >= bar }
}

export function atMost(name: string, value: number, bar: number): Bar {
  return { name, value, bar, met: value <= bar }
}

/** The whole number of an option. Throws where it is none, or below `least`. */
export function whole(values: Readonly<Record<string, string>>, name: string, least = 1): number {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < least) {
    throw new Error(`--${name} must be a whole number from ${least}: ${values[name]}`)
  }
  return value
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

export function round(value: number, digits = 0): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}

/** What the figures were measured on: without it they say nothing. `load` is of the last minute, all processes. */
export function machine() {
  const [first] = cpus()
  return {
    node: process.version,
    platform: `${process.platform} ${release()}`,
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    load: round(loadavg()[0] ?? 0, 2),
  }
}
