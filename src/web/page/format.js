/** Numbers, sizes, times and foreign text as people read them. */

/** As domain/inert.ts: a test holds the two together. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
const EACH = new RegExp(HARMFUL.source, 'gu')

/**
 * Text from outside so that no character of it is invisible or turns the writing around.
 *
 * @param {string} text
 */
export function inert(text) {
  if (!HARMFUL.test(text)) return text
  return JSON.stringify(text).replace(EACH, (found) =>
    Array.from(
      { length: found.length },
      (_, index) => `\\u${found.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}

const NUMBER = new Intl.NumberFormat('en-GB')
const SHORT = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 })

/** @param {number} value */
export const number = (value) => (value >= 1e6 ? SHORT.format(value) : NUMBER.format(value))

/**
 * @param {number} count
 * @param {string} word
 */
export const plural = (count, word) => `${number(count)} ${word}${count === 1 ? '' : 's'}`

const SIZES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** @param {number} value */
export function bytes(value) {
  const step = value < 1 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log2(value) / 10))
  const scaled = value / 2 ** (10 * step)
  return `${step === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${SIZES[step]}`
}

/**
 * A span of time in its two largest units.
 *
 * @param {number} ms
 */
export function span(ms) {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const s = ms / 1000
  if (s < 10) return `${s.toFixed(1)} s`
  if (s < 90) return `${Math.round(s)} s`
  const minutes = Math.round(s / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** @param {number | undefined} ms */
export const lag = (ms) => (ms === undefined ? '–' : span(ms))

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })

const HOUR = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** @param {number} ms */
export const hourName = (ms) => HOUR.format(ms)
/** @param {number} ms */
export const dayName = (ms) => DATE.format(ms)
/** @param {number} ms */
export const clock = (ms) => CLOCK.format(ms)
/** @param {number} ms */
export const day = (ms) => DAY.format(ms)

const UTC_DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
/** @param {number} ms */
export const utcDay = (ms) => UTC_DATE.format(ms)

/** @param {number} value */
export const dollars = (value) => (value > 0 && value < 0.01 ? 'less than $0.01' : `$${value.toFixed(2)}`)
