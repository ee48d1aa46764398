/** An outage makes one line when it begins, one when its cause changes, and one when it is over: never a storm. */
import type { LandfallError } from '../domain/errors.ts'
import type { Clock, Log } from '../ports.ts'

export interface Outage {
  /** True when this failure began the outage or changed its cause: it was logged. */
  failed(error: LandfallError): boolean
  /** Ends the outage, if there is one. */
  over(): void
  /** The cause, while it lasts. */
  readonly cause: LandfallError | undefined
}

/** `subject` goes before the verb: `Redis`, `queue documents-events`. */
export function makeOutage(needs: { subject: string; clock: Clock; log: Log }): Outage {
  const { subject, clock, log } = needs
  let cause: LandfallError | undefined
  let since = 0
  return {
    get cause() {
      return cause
    },
    failed(error) {
      const known = cause?.code === error.code
      if (cause === undefined) since = clock.now()
      cause = error
      if (known) return false
      const ids = { subject, code: error.code, error: error.message, next: error.hint }
      // Retryable trouble mends itself; the rest waits for a person.
      if (error.disposition === 'retryable') log.warn(ids, 'no service; trying again until there is')
      else log.error(ids, 'refused; trying again slowly until it is mended')
      return true
    },
    over() {
      if (cause === undefined) return
      log.info({ subject, code: cause.code, outageMs: clock.now() - since }, 'back in service')
      cause = undefined
    },
  }
}
