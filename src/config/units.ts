/** Durations and shares as a person writes them in the configuration. */

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof UNITS

const PART = /(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)/g
const DURATION = /^\s*(?:\d+(?:\.\d+)?\s*(?:ms|s|m|h|d)\s*)+$/

/** `15m`, `2h`, `1h 30m`, `500ms` in whole milliseconds; undefined where the text is no duration (a bare number has no unit). */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined
  let ms = 0
  for (const [, amount, unit] of text.matchAll(PART)) ms += Number(amount) * UNITS[unit as Unit]
  return Number.isSafeInteger(Math.round(ms)) ? Math.round(ms) : undefined
}

/** The shortest text that `parseDuration` reads back as the same number of milliseconds. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  const unit = (['d', 'h', 'm', 's'] as const).find((name) => ms % UNITS[name] === 0) ?? 'ms'
  return `${ms / UNITS[unit]}${unit}`
}

/** `0.01` or `1%` as a number from 0 to 1; undefined where it is neither. */
export function parseShare(value: number | string): number | undefined {
  const share = typeof value === 'number' ? value : percent(value)
  return share !== undefined && share >= 0 && share <= 1 ? share : undefined
}

function percent(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text)
  return match === null ? undefined : Number(match[1]) / 100
}

const BYTES = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const

/** `64MiB`, `1.5GiB`, `200B` in whole bytes; undefined where the text is no size (a bare number has no unit). */
export function parseBytes(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB|TiB)\s*$/.exec(text)
  if (match === null) return undefined
  const bytes = Math.round(Number(match[1]) * BYTES[match[2] as keyof typeof BYTES])
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
