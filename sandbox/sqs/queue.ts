import type { SandboxClock } from '../types.ts'
import type { QueueSettings } from './attributes.ts'
import { Fifo } from './fifo.ts'
import { TimedHeap } from './heap.ts'
import { type Message, parseReceiptHandle } from './message.ts'
import { Waiters } from './waiters.ts'

/** AWS's quota for standard queues, "in-flight messages per queue". */
export const MAX_IN_FLIGHT = 120_000

export interface QueueIdentity {
  readonly name: string
  readonly region: string
  readonly account: string
  readonly arn: string
}

export interface ReceiveOptions {
  readonly max: number
  readonly visibilityMs: number
  /** Faults on order: how far ahead the next message may be picked, and whether it stays visible all the same. */
  readonly ahead?: (() => number) | undefined
  readonly twice?: (() => boolean) | undefined
}

interface Needs {
  readonly clock: SandboxClock
  /** Takes a message that was received too often; false where its dead-letter queue is gone. */
  readonly deadLetter: (message: Message, from: Queue) => boolean
}

/**
 * One standard queue. A message is `ready` (in the FIFO), or `delayed` or `inflight` (in the heap, by the time it becomes
 * visible). Every operation is O(log n) or better; time passes in `#settle`, when somebody asks.
 */
export class Queue {
  readonly identity: QueueIdentity
  readonly createdAt: number
  modifiedAt: number
  settings: QueueSettings
  tags: Record<string, string> = {}
  readonly #needs: Needs
  readonly #messages = new Map<number, Message>()
  readonly #ready = new Fifo<Message>()
  readonly #hidden = new TimedHeap<Message>()
  readonly #waiters: Waiters
  #inFlight = 0

  constructor(identity: QueueIdentity, settings: QueueSettings, needs: Needs) {
    this.identity = identity
    this.settings = settings
    this.#needs = needs
    this.createdAt = needs.clock.now()
    this.modifiedAt = this.createdAt
    this.#waiters = new Waiters(needs.clock, {
      take: (options) => this.receive(options),
      nextAt: () => this.#hidden.peek()?.visibleAt,
    })
  }

  /** Takes a message in: a new one, or one from a queue whose dead letters come here. */
  accept(message: Message, delayMs = 0): void {
    this.#messages.set(message.n, message)
    message.receivesHere = 0
    if (delayMs > 0) this.#hide(message, 'delayed', this.#needs.clock.now() + delayMs)
    else this.#show(message)
  }

  /** Up to `max` messages, which are in flight from now on. */
  receive(options: ReceiveOptions): Message[] {
    const now = this.#needs.clock.now()
    this.#settle(now)
    const taken: Message[] = []
    const visibleStill: Message[] = []
    while (taken.length < options.max && this.#inFlight < MAX_IN_FLIGHT) {
      const message = this.#ready.take(options.ahead?.())
      if (message === undefined) break
      if (message.place === 'gone') continue // deleted, with an old receipt handle, while it was visible
      if (this.#expired(message, now) || this.#tooOften(message)) continue
      message.receives++
      message.receivesHere++
      if (message.firstReceivedAt === 0) message.firstReceivedAt = now
      taken.push(message)
      if (options.visibilityMs === 0 || options.twice?.() === true) visibleStill.push(message)
      else this.#hide(message, 'inflight', now + options.visibilityMs)
    }
    // Only now: one answer never holds a message twice.
    for (const message of visibleStill) this.#show(message)
    return taken
  }

  /** As `receive`, but waits up to `waitMs` for a first message. `onGone` lets go where the caller has left. */
  async poll(options: ReceiveOptions, waitMs: number, onGone: (listener: () => void) => void): Promise<Message[]> {
    const taken = this.receive(options)
    return taken.length > 0 || waitMs === 0 ? taken : this.#waiters.wait(options, waitMs, onGone)
  }

  get full(): boolean {
    return this.#inFlight >= MAX_IN_FLIGHT
  }

  /** `invalid` where it is no receipt handle; a handle that a later receive made stale deletes nothing, as in SQS. */
  delete(handle: string): 'done' | 'invalid' {
    const parsed = parseReceiptHandle(handle)
    if (parsed === undefined) return 'invalid'
    const message = this.#messages.get(parsed.n)
    if (message !== undefined && message.receives === parsed.receives) this.#drop(message)
    return 'done'
  }

  /** `unavailable` where the message is gone or not in flight by this handle. */
  changeVisibility(handle: string, visibilityMs: number): 'done' | 'invalid' | 'unavailable' {
    const parsed = parseReceiptHandle(handle)
    if (parsed === undefined) return 'invalid'
    const now = this.#needs.clock.now()
    this.#settle(now)
    const message = this.#messages.get(parsed.n)
    if (message?.place !== 'inflight' || message.receives !== parsed.receives) return 'unavailable'
    this.#unhide(message)
    if (visibilityMs === 0) this.#show(message)
    else this.#hide(message, 'inflight', now + visibilityMs)
    return 'done'
  }

  /** Takes visible messages out for good, for a move task. */
  drain(max: number): Message[] {
    this.#settle(this.#needs.clock.now())
    const taken: Message[] = []
    while (taken.length < max) {
      const message = this.#ready.take()
      if (message === undefined) break
      if (message.place === 'gone') continue
      this.#drop(message)
      taken.push(message)
    }
    return taken
  }

  purge(): void {
    for (const message of this.#messages.values()) message.place = 'gone'
    this.#messages.clear()
    this.#ready.clear()
    this.#hidden.clear()
    this.#inFlight = 0
  }

  counts(): { visible: number; inFlight: number; delayed: number } {
    this.#settle(this.#needs.clock.now())
    const delayed = this.#hidden.size - this.#inFlight
    return { visible: this.#messages.size - this.#hidden.size, inFlight: this.#inFlight, delayed }
  }

  /** Ends every waiting poll, empty-handed. */
  close(): void {
    this.#waiters.close()
  }

  #settle(now: number): void {
    for (let next = this.#hidden.peek(); next !== undefined && next.visibleAt <= now; next = this.#hidden.peek()) {
      this.#unhide(next)
      this.#show(next)
    }
  }

  #show(message: Message): void {
    message.place = 'ready'
    this.#ready.push(message)
    this.#waiters.wake()
  }

  #hide(message: Message, place: 'delayed' | 'inflight', until: number): void {
    message.place = place
    message.visibleAt = until
    this.#hidden.push(message)
    if (place === 'inflight') this.#inFlight++
  }

  #unhide(message: Message): void {
    this.#hidden.remove(message)
    if (message.place === 'inflight') this.#inFlight--
  }

  #drop(message: Message): void {
    if (message.place === 'delayed' || message.place === 'inflight') this.#unhide(message)
    message.place = 'gone'
    this.#messages.delete(message.n)
  }

  #expired(message: Message, now: number): boolean {
    if (now - message.sentAt <= this.settings.retentionMs) return false
    this.#drop(message)
    return true
  }

  #tooOften(message: Message): boolean {
    const { redrive } = this.settings
    if (redrive === undefined || message.receivesHere < redrive.maxReceiveCount) return false
    this.#drop(message)
    if (this.#needs.deadLetter(message, this)) return true
    // Its dead-letter queue was deleted: SQS keeps delivering it from here.
    this.#messages.set(message.n, message)
    return false
  }
}
