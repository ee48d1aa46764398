/**
 * SQS -> handler: several consumers a queue, each polling on while its last batch is handled. Deletes happen beside that
 * (acknowledger.ts), and nothing is polled while Redis cannot take it (gate.ts).
 */
import type { ErrorCode, LandfallError } from '../domain/errors.ts'
import type { Clock, IntakeHandler, Log, Random } from '../ports.ts'
import { makeAcknowledger } from './acknowledger.ts'
import { type DeliveryCounts, makeDelivery } from './delivery.ts'
import { makeGate } from './gate.ts'
import { makeOutage } from './outage.ts'
import type { Received, SqsQueue } from './sqs.ts'
import { sqsError } from './sqs-errors.ts'
import { type Backoff, backoffMs, realTimers, sleep, type Timers } from './timing.ts'

export interface IntakeNeeds {
  readonly queues: readonly { readonly sqs: SqsQueue; readonly consumers: number }[]
  readonly handler: IntakeHandler
  /** Rejects with a `LandfallError` while intake must wait in SQS: Redis gone, or above 70 % of its memory. */
  readonly probe: () => Promise<void>
  /** Long poll, 0 to 20 s. Below the shutdown's grace: a running poll is left to end. */
  readonly waitSeconds: number
  readonly visibilitySeconds: number
  /** How long deletes are held back: 0 with durability `sync`, 2,000 with `window`. */
  readonly holdMs: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly timers?: Timers | undefined
}

export interface QueueStats {
  readonly queue: string
  readonly polls: number
  readonly emptyPolls: number
  /** Polls that SQS failed. */
  readonly failedPolls: number
  readonly messages: number
  readonly acknowledged: number
  readonly deleted: number
  readonly deleteRequests: number
  /** Deletes given up: these messages come again, as duplicates. */
  readonly deletesLeft: number
  /** Not acknowledged: poison. */
  readonly left: number
  readonly givenBack: number
  readonly handlerFailures: number
  /** When the last message came, ms since the epoch. */
  readonly lastMessageAt?: number | undefined
  /** Why SQS does not serve this queue just now. */
  readonly trouble?: ErrorCode | undefined
}

export interface Intake {
  start(): void
  /**
   * Stops polling; lets running polls end, since what the server hands to an aborted one is lost until its visibility ends;
   * finishes the handlers; sends the acknowledgements. A second call gives the same promise. Takes up to `waitSeconds`
   * plus the handlers' time.
   */
  stop(): Promise<void>
  /** Whether events are being taken in; the reason otherwise. For readiness. */
  readonly waiting: ErrorCode | 'STOPPED' | undefined
  stats(): readonly QueueStats[]
}

const PROBE_EVERY_MS = 1_000
/** Batches of one consumer that are being handled at one time. */
const MOST_IN_HAND = 2
const RETRY: Backoff = { baseMs: 200, maxMs: 10_000 }
/** For what only a person mends: no storm of refused requests, yet taken up within a minute of being mended. */
const RETRY_SLOWLY: Backoff = { baseMs: 5_000, maxMs: 60_000 }

export function makeIntake(needs: IntakeNeeds): Intake {
  const { clock, random, log } = needs
  const timers = needs.timers ?? realTimers
  const gate = makeGate({ probe: needs.probe, freshMs: PROBE_EVERY_MS, timers, clock, random, log })
  const stopping = new AbortController()
  const lines = needs.queues.map(({ sqs, consumers }) => ({ line: makeLine(sqs), consumers }))
  let running: Promise<unknown> | undefined
  let stopped: Promise<void> | undefined

  /** One queue with all that belongs to it. */
  function makeLine(sqs: SqsQueue) {
    const outage = makeOutage({ subject: `queue ${sqs.name}`, clock, log })
    const acknowledger = makeAcknowledger({ queue: sqs, holdMs: needs.holdMs, timers, clock, random, log })
    const counts: DeliveryCounts = { acknowledged: 0, left: 0, givenBack: 0, failures: 0 }
    const deliver = makeDelivery({
      queue: sqs,
      handler: needs.handler,
      acknowledger,
      gate,
      pollsEnded: () => Promise.allSettled(inFlight),
      visibilitySeconds: needs.visibilitySeconds,
      counts,
      timers,
      clock,
      log,
    })
    const inFlight = new Set<Promise<unknown>>()
    let polls = 0
    let emptyPolls = 0
    let failedPolls = 0
    let messages = 0
    let lastMessageAt: number | undefined

    /**
     * Polls on while the last batch is handled: a poll and a write to Redis' disk take about as long as each other, and
     * one after the other they would halve the rate. Never more than `MOST_IN_HAND` batches: memory, and what a crash
     * leaves hidden, stay bounded.
     */
    async function consume(): Promise<void> {
      const inHand = new Set<Promise<void>>()
      let failures = 0
      while (await mayPoll()) {
        const polled = await poll()
        if ('failed' in polled) {
          const pace = polled.failed.disposition === 'retryable' ? RETRY : RETRY_SLOWLY
          await sleep(timers, backoffMs(failures, pace, random), stopping.signal)
          failures += 1
        } else {
          failures = 0
          if (polled.batch.length === 0) continue
          const delivery = deliver(polled.batch, stopping.signal).finally(() => inHand.delete(delivery))
          inHand.add(delivery)
          if (inHand.size >= MOST_IN_HAND) await Promise.race(inHand)
        }
      }
      await Promise.all(inHand)
    }

    async function mayPoll(): Promise<boolean> {
      await acknowledger.room(stopping.signal)
      return (await gate.pass(stopping.signal)) && !stopping.signal.aborted
    }

    async function poll(): Promise<{ batch: readonly Received[] } | { failed: LandfallError }> {
      polls += 1
      const receiving = sqs.receive(needs)
      inFlight.add(receiving)
      try {
        const batch = await receiving
        outage.over()
        messages += batch.length
        if (batch.length === 0) emptyPolls += 1
        else lastMessageAt = clock.now()
        return { batch }
      } catch (cause) {
        const failed = sqsError(cause, 'ReceiveMessage', sqs.name)
        outage.failed(failed)
        failedPolls += 1
        return { failed }
      } finally {
        inFlight.delete(receiving)
      }
    }

    return {
      consume,
      drain: () => acknowledger.drain(),
      stats: (): QueueStats => ({
        queue: sqs.name,
        polls,
        emptyPolls,
        failedPolls,
        messages,
        acknowledged: counts.acknowledged,
        deleted: acknowledger.counts.deleted,
        deleteRequests: acknowledger.counts.requests,
        deletesLeft: acknowledger.counts.left,
        left: counts.left,
        givenBack: counts.givenBack,
        handlerFailures: counts.failures,
        lastMessageAt,
        trouble: outage.cause?.code,
      }),
    }
  }

  return {
    get waiting() {
      return stopping.signal.aborted || running === undefined ? 'STOPPED' : gate.shut
    },
    start() {
      running ??= Promise.all(
        lines.flatMap(({ line, consumers }) => Array.from({ length: consumers }, () => line.consume())),
      )
    },
    stop() {
      stopped ??= (async () => {
        stopping.abort()
        gate.close()
        await running
        await Promise.all(lines.map(({ line }) => line.drain()))
      })()
      return stopped
    },
    stats: () => lines.map(({ line }) => line.stats()),
  }
}
