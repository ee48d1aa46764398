/**
 * What stands between intake and its next poll: while Redis is gone or too full, nothing is polled, since a message that
 * is received and not acknowledged comes one step closer to the dead-letter queue each time.
 */
import { type ErrorCode, isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Clock, Log, Random } from '../ports.ts'
import { makeOutage } from './outage.ts'
import { type Backoff, backoffMs, sleep, type Timers, until } from './timing.ts'

const PROBE: Backoff = { baseMs: 250, maxMs: 5_000 }

export interface Gate {
  /** Resolves `true` as soon as polling is allowed; `false` when `signal` aborts first. */
  pass(signal: AbortSignal): Promise<boolean>
  /** The handler failed for a reason that every other message would meet: shut until the probe says otherwise. */
  trip(error: LandfallError): void
  /** A batch was handled: the next outage begins with short waits again. */
  worked(): void
  /** The reason it is shut for; undefined while open. */
  readonly shut: ErrorCode | undefined
  /** Ends the waiting between probes. */
  close(): void
}

/**
 * `probe` rejects with why intake must wait (REDIS_UNREACHABLE, REDIS_FULL ...). It is asked at most once in `freshMs`
 * for all consumers together, so that an outage is found before a poll rather than after.
 */
export function makeGate(needs: {
  readonly probe: () => Promise<void>
  readonly freshMs: number
  readonly timers: Timers
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}): Gate {
  const { probe, freshMs, timers, clock, random, log } = needs
  const outage = makeOutage({ subject: 'intake', clock, log })
  const closed = new AbortController()
  let provenAt = -Infinity
  let failures = 0
  let running: Promise<void> | undefined

  /** One probe, shared by all who wait; while shut it begins with a wait. Never rejects. */
  async function check(): Promise<void> {
    if (outage.cause !== undefined) await sleep(timers, backoffMs(failures - 1, PROBE, random), closed.signal)
    try {
      await probe()
      provenAt = clock.now()
      outage.over()
    } catch (error) {
      shut(isLandfallError(error) ? error : new LandfallError('INTERNAL', 'the probe failed', { cause: error }))
    }
  }

  function shut(error: LandfallError): void {
    failures += 1
    provenAt = -Infinity
    outage.failed(error)
  }

  return {
    get shut() {
      return outage.cause?.code
    },
    async pass(signal) {
      while (!signal.aborted && !closed.signal.aborted) {
        if (outage.cause === undefined && clock.now() - provenAt < freshMs) return true
        running ??= check().finally(() => {
          running = undefined
        })
        await until(running, signal)
      }
      return false
    },
    trip(error) {
      // The first of many consumers that meet one outage: the others must not lengthen the wait.
      if (outage.cause === undefined) shut(error)
    },
    worked() {
      failures = 0
    },
    close() {
      closed.abort()
    },
  }
}
