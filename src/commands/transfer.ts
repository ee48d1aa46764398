/** One line about bytes on their way: how many, how fast, how long still. */
import { bytes, duration } from './status-view.ts'

const BAR = 24

export interface Transfer {
  /** The line as it is now, with so many of `total` done. */
  line(done: number, now: number): string
}

/** `began`: bytes that were there before, which say nothing about the rate. */
export function makeTransfer({
  total,
  began,
  at,
}: {
  readonly total: number
  readonly began: number
  /** ms. */
  readonly at: number
}): Transfer {
  return {
    line(done, now) {
      const share = total === 0 ? 1 : Math.min(1, done / total)
      const filled = Math.round(share * BAR)
      const seconds = Math.max(0.001, (now - at) / 1000)
      const rate = (done - began) / seconds
      const left = rate > 0 ? `, ${duration(Math.max(0, total - done) / rate)} left` : ''
      const bar = `${'='.repeat(filled)}${' '.repeat(BAR - filled)}`
      return `[${bar}] ${Math.floor(share * 100)} %  ${bytes(done)} of ${bytes(total)}, ${bytes(rate)}/s${left}`
    },
  }
}
