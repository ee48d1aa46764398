/** How far a reading is: a bar, its speed, and the time that is left. */
import type { Clock } from '../ports.ts'
import { bytes, duration } from './status-view.ts'

const WIDTH = 20
const STEP_MS = 200
/** Before this much of it an estimate is a guess. */
const SURE_MS = 1_500

export interface Bar {
  /** More was read. */
  add(count: number): void
  /** What it is at; stands before the bar. */
  label(text: string): void
}

export function makeBar(needs: {
  readonly show: (text: string) => void
  readonly clock: Clock
  readonly total: number
}): Bar {
  const { show, clock, total } = needs
  const began = clock.now()
  let done = 0
  let shown = 0
  let said = ''

  function paint(): void {
    const now = clock.now()
    const ms = now - began
    const share = total === 0 ? 1 : Math.min(1, done / total)
    const filled = Math.round(share * WIDTH)
    const rate = done / Math.max(1, ms)
    const left = ms < SURE_MS || rate === 0 || done >= total ? '' : `  ${duration((total - done) / rate / 1000)} left`
    const bar = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`
    show(
      `${said}[${bar}] ${Math.floor(share * 100)} %  ${bytes(done)} of ${bytes(total)}  ${bytes(rate * 1000)}/s${left}`,
    )
    shown = now
  }

  return {
    add(count) {
      done += count
      if (clock.now() - shown >= STEP_MS) paint()
    },
    label(text) {
      said = `${text}  `
      paint()
    },
  }
}
