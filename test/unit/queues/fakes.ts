/** Hands to turn by the test, and an SQS queue in memory that keeps SQS' promises: visibility, receive counts, redrive. */
import type { Clock, Log, Random } from '../../../src/ports.ts'
import type { BatchFailure, Received, SqsQueue } from '../../../src/queues/sqs.ts'
import type { Timers } from '../../../src/queues/timing.ts'

export interface ManualTime extends Timers, Clock {
  /** Runs what falls due within the next `ms`, in order, letting promises settle in between. */
  advance(ms: number): Promise<void>
}

export function manualTime(start = 1_800_000_000_000): ManualTime {
  let now = start
  let order = 0
  const timers = new Map<number, { at: number; fn: () => void }>()

  async function settle(): Promise<void> {
    // Promise chains end within a few turns of the event loop; none of the code under test does I/O here.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }

  return {
    now: () => now,
    after(ms, fn) {
      order += 1
      const id = order
      timers.set(id, { at: now + ms, fn })
      return () => timers.delete(id)
    },
    async advance(ms) {
      const end = now + ms
      await settle()
      for (;;) {
        const next = [...timers].filter(([, { at }]) => at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0]
        if (next === undefined) break
        const [id, { at, fn }] = next
        timers.delete(id)
        now = Math.max(now, at)
        fn()
        await settle()
      }
      now = end
      await settle()
    },
  }
}

export const evenChance: Random = { next: () => 0.5 }

export interface RecordedLog extends Log {
  readonly lines: { level: string; message: string; ids: Record<string, unknown> }[]
  at(level: 'debug' | 'info' | 'warn' | 'error'): readonly string[]
}

export function recordedLog(): RecordedLog {
  const lines: RecordedLog['lines'] = []
  const write = (level: string) => (ids: object, message: string) => {
    lines.push({ level, message, ids: { ...ids } })
  }
  const log: RecordedLog = {
    lines,
    at: (level) => lines.filter((line) => line.level === level).map((line) => line.message),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => log,
  }
  return log
}

interface Stored {
  readonly id: string
  readonly body: string
  visibleAt: number
  receiveCount: number
  deliveries: number
}

export interface FakeQueue extends SqsQueue {
  send(...bodies: readonly string[]): void
  readonly dead: readonly string[]
  /** Bodies still on the queue, visible or not. */
  readonly left: readonly string[]
  /** Receives of each body, ever. */
  readonly receives: ReadonlyMap<string, number>
  readonly calls: { receive: number; delete: number; hide: number }
  /** Set to make an action fail. */
  readonly faults: { receive?: Error | undefined; delete?: Error | undefined; deleteEntries?: boolean }
}

export function fakeQueue(
  time: ManualTime,
  options: { readonly name?: string; readonly maxReceiveCount?: number } = {},
): FakeQueue {
  const { name = 'events', maxReceiveCount = 3 } = options
  const stored = new Map<string, Stored>()
  const dead: string[] = []
  const receives = new Map<string, number>()
  const calls = { receive: 0, delete: 0, hide: 0 }
  const faults: FakeQueue['faults'] = {}
  let waiting: (() => void)[] = []
  let sent = 0

  function wake(): void {
    const waiters = waiting
    waiting = []
    for (const look of waiters) look()
  }

  function take(visibilitySeconds: number): Received[] {
    const batch: Received[] = []
    for (const message of stored.values()) {
      if (batch.length === 10) break
      if (message.visibleAt > time.now()) continue
      if (message.receiveCount >= maxReceiveCount) {
        stored.delete(message.id)
        dead.push(message.body)
        continue
      }
      message.receiveCount += 1
      message.deliveries += 1
      message.visibleAt = time.now() + visibilitySeconds * 1000
      receives.set(message.body, (receives.get(message.body) ?? 0) + 1)
      time.after(visibilitySeconds * 1000, wake)
      batch.push({
        id: message.id,
        receipt: `${message.id}/${message.deliveries}`,
        body: message.body,
        receiveCount: message.receiveCount,
      })
    }
    return batch
  }

  function byReceipt(receipt: string): Stored | undefined {
    return stored.get(receipt.split('/')[0]!)
  }

  return {
    name,
    dead,
    receives,
    calls,
    faults,
    get left() {
      return [...stored.values()].map((message) => message.body)
    },
    send(...bodies) {
      for (const body of bodies) {
        sent += 1
        stored.set(`m${sent}`, { id: `m${sent}`, body, visibleAt: 0, receiveCount: 0, deliveries: 0 })
      }
      wake()
    },
    async receive({ waitSeconds, visibilitySeconds }) {
      calls.receive += 1
      if (faults.receive !== undefined) throw faults.receive
      const batch = take(visibilitySeconds)
      if (batch.length > 0 || waitSeconds === 0) return batch
      const { promise, resolve } = Promise.withResolvers<readonly Received[]>()
      const cancel = time.after(waitSeconds * 1000, () => {
        waiting = waiting.filter((waiter) => waiter !== look)
        resolve([])
      })
      function look(): void {
        const found = take(visibilitySeconds)
        if (found.length === 0) {
          waiting.push(look)
          return
        }
        cancel()
        resolve(found)
      }
      waiting.push(look)
      return promise
    },
    async delete(receipts) {
      calls.delete += 1
      if (faults.delete !== undefined) throw faults.delete
      if (faults.deleteEntries === true) return receipts.map((receipt): BatchFailure => ({ receipt, gone: false }))
      for (const receipt of receipts) stored.delete(receipt.split('/')[0]!)
      return []
    },
    async hide(receipts, seconds) {
      calls.hide += 1
      for (const receipt of receipts) {
        const message = byReceipt(receipt)
        if (message === undefined) continue
        message.visibleAt = time.now() + seconds * 1000
        time.after(seconds * 1000, wake)
      }
      if (seconds === 0) wake()
      return []
    },
  }
}
