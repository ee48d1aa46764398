import type { SandboxClock } from '../types.ts'
import type { Message } from './message.ts'
import type { ReceiveOptions } from './queue.ts'

interface Waiter {
  readonly options: ReceiveOptions
  finish(messages: Message[]): void
}

interface Source {
  take(options: ReceiveOptions): Message[]
  /** When the next hidden message becomes visible; undefined where none is hidden. */
  nextAt(): number | undefined
}

/** The long polls that wait at one queue, first come first served. */
export class Waiters {
  readonly #clock: SandboxClock
  readonly #source: Source
  readonly #waiting = new Set<Waiter>()
  #scheduled = false
  #cancelAlarm: (() => void) | undefined

  constructor(clock: SandboxClock, source: Source) {
    this.#clock = clock
    this.#source = source
  }

  /** Messages as soon as there are any; none after `waitMs`, at `close`, or where the caller is gone. */
  wait(options: ReceiveOptions, waitMs: number, onGone: (listener: () => void) => void): Promise<Message[]> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        options,
        finish: (messages) => {
          this.#waiting.delete(waiter)
          cancelTimeout()
          resolve(messages)
        },
      }
      const cancelTimeout = this.#clock.after(waitMs, () => waiter.finish([]))
      // Else its messages would be in flight with nobody: invisible until the timeout, one receive nearer to the DLQ.
      onGone(() => waiter.finish([]))
      this.#waiting.add(waiter)
      this.#setAlarm()
    })
  }

  /** Something became visible. Deferred, so that what arrives together is handed out together. */
  wake(): void {
    if (this.#scheduled || this.#waiting.size === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#serve()
    })
  }

  close(): void {
    this.#cancelAlarm?.()
    for (const waiter of this.#waiting) waiter.finish([])
  }

  #serve(): void {
    for (const waiter of this.#waiting) {
      const messages = this.#source.take(waiter.options)
      if (messages.length === 0) break
      waiter.finish(messages)
    }
    this.#setAlarm()
  }

  /** Wakes up when a hidden message becomes visible, as long as somebody waits. */
  #setAlarm(): void {
    this.#cancelAlarm?.()
    this.#cancelAlarm = undefined
    const at = this.#source.nextAt()
    if (this.#waiting.size === 0 || at === undefined) return
    // One millisecond more: timers may fire early by a fraction of one.
    this.#cancelAlarm = this.#clock.after(Math.max(0, at - this.#clock.now()) + 1, () => this.#serve())
  }
}
