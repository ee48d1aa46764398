/**
 * One received batch, from the handler's word to its end. Each message ends in exactly one of three ways:
 * - acknowledged: the handler says that all it holds is durable
 * - left: the handler does not (poison), or fails on this message alone; it stays hidden until its visibility ends, and the
 *   queue's redrive policy parks it in the end
 * - given back (visibility 0): intake had to stop, or held it for too long
 */
import { isLandfallError, type LandfallError } from '../domain/errors.ts'
import type { Clock, IntakeHandler, IntakeMessage, Log } from '../ports.ts'
import type { Acknowledger } from './acknowledger.ts'
import type { Gate } from './gate.ts'
import type { Received, SqsQueue } from './sqs.ts'
import type { Timers } from './timing.ts'

export interface DeliveryCounts {
  acknowledged: number
  left: number
  givenBack: number
  /** Calls of the handler that threw. */
  failures: number
}

/**
 * While the gate is shut, a batch stays in hand, its visibility renewed, and is tried again when the gate opens: it costs no
 * receive. Given back at once it would: every poll that is still running, here and in the other containers, would take it,
 * fail and give it back, and a good message would be in the dead-letter queue within the second. So only after this
 * long, when all running polls have ended long since (SQS' longest wait is 20 s), is it given back.
 */
const HOLD_MS = 120_000

/** Whether every other message would meet the same: Redis is gone, full or refuses us. */
function holdsIntake(error: unknown): error is LandfallError {
  return isLandfallError(error) && (error.disposition === 'retryable' || error.code.startsWith('REDIS_'))
}

/** Resolves when each message of the batch has ended; never rejects. `stop` aborts the waiting, not the handler. */
export type Deliver = (batch: readonly Received[], stop: AbortSignal) => Promise<void>

export function makeDelivery(needs: {
  readonly queue: Pick<SqsQueue, 'name' | 'hide'>
  readonly handler: IntakeHandler
  readonly acknowledger: Pick<Acknowledger, 'acknowledge'>
  readonly gate: Pick<Gate, 'pass' | 'trip' | 'worked'>
  /** Resolves when the polls of this queue that run now have ended: they would take what is given back. */
  readonly pollsEnded: () => Promise<unknown>
  readonly visibilitySeconds: number
  readonly counts: DeliveryCounts
  readonly timers: Timers
  readonly clock: Clock
  readonly log: Log
}): Deliver {
  const { queue, handler, acknowledger, gate, pollsEnded, visibilitySeconds, counts, timers, clock, log } = needs

  return (batch, stop) => handle(batch, stop, startHeartbeat(batch))

  async function handle(batch: readonly Received[], stop: AbortSignal, heartbeat: Heartbeat): Promise<void> {
    const patience = AbortSignal.any([stop, heartbeat.outlasted])
    for (;;) {
      try {
        const durable = await handler(batch.map(asMessage))
        gate.worked()
        settle(batch, durable, heartbeat)
        return
      } catch (error) {
        counts.failures += 1
        if (!holdsIntake(error)) return await handleApart(batch, error, stop, heartbeat)
        gate.trip(error)
        if (!(await gate.pass(patience))) return await giveBack(batch, heartbeat)
      }
    }
  }

  /** The handler failed on something in this batch: alone, each message's neighbours are safe from it. */
  async function handleApart(
    batch: readonly Received[],
    error: unknown,
    stop: AbortSignal,
    heartbeat: Heartbeat,
  ): Promise<void> {
    if (batch.length > 1) {
      for (const message of batch) await handle([message], stop, heartbeat)
      return
    }
    counts.left += 1
    heartbeat.drop(batch)
    const [message] = batch
    log.error(
      { queue: queue.name, message: message?.id, receiveCount: message?.receiveCount, err: error },
      'this message breaks the handler; it stays on its queue until the redrive policy parks it',
    )
  }

  function settle(batch: readonly Received[], durable: ReadonlySet<string>, heartbeat: Heartbeat): void {
    heartbeat.drop(batch)
    const done = batch.filter((message) => durable.has(message.id))
    counts.acknowledged += done.length
    counts.left += batch.length - done.length
    acknowledger.acknowledge(
      done.map((message) => message.receipt),
      heartbeat.visibleAt(),
    )
  }

  async function giveBack(batch: readonly Received[], heartbeat: Heartbeat): Promise<void> {
    await pollsEnded()
    heartbeat.drop(batch)
    counts.givenBack += batch.length
    try {
      await queue.hide(
        batch.map((message) => message.receipt),
        0,
      )
    } catch {
      // SQS is away as well: they come back when their visibility ends.
    }
  }

  function asMessage({ receipt: _receipt, ...message }: Received): IntakeMessage {
    return { ...message, queue: queue.name }
  }

  /** Renews the visibility of what is in hand at half time, so that a slow handler keeps what it works on. */
  function startHeartbeat(batch: readonly Received[]): Heartbeat {
    const visibilityMs = visibilitySeconds * 1000
    const inHand = new Set(batch.map((message) => message.receipt))
    const outlasted = new AbortController()
    const began = clock.now()
    let visibleAt = began + visibilityMs
    let cancel = timers.after(visibilityMs / 2, beat)

    function beat(): void {
      cancel = timers.after(visibilityMs / 2, beat)
      void renew(clock.now())
      if (clock.now() - began >= HOLD_MS) outlasted.abort()
    }

    async function renew(now: number): Promise<void> {
      try {
        await queue.hide([...inHand], visibilitySeconds)
        visibleAt = now + visibilityMs
      } catch {
        // Made good by the next beat; else the messages come again and are counted as duplicates.
      }
    }

    return {
      outlasted: outlasted.signal,
      visibleAt: () => visibleAt,
      drop(done) {
        for (const message of done) inHand.delete(message.receipt)
        if (inHand.size === 0) cancel()
      },
    }
  }
}

interface Heartbeat {
  /** Aborts when the batch has been in hand for too long; looked at only while the gate is shut. */
  readonly outlasted: AbortSignal
  /** When the messages become visible to others, ms since the epoch. */
  visibleAt(): number
  /** Their end is decided: no longer renewed. */
  drop(done: readonly Received[]): void
}
