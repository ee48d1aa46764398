import { setTimeout as sleep } from 'node:timers/promises'
import { attempt, type During } from '../domain/aws-errors.ts'
import { isLandfallError } from '../domain/errors.ts'

/**
 * PutMetricAlarm has a quota of three requests a second in an account (CloudWatch service quotas): with a hundred
 * alarms being throttled is normal, and the SDK's own three attempts are soon over.
 */
const LONGEST_MS = 20_000
const FIRST_MS = 250
const TRIES = 12

export interface Patience {
  readonly pause?: (ms: number) => Promise<unknown>
}

/** One call, again while AWS asks to slow down (`AWS_THROTTLED`), at growing distances; all else is thrown at once. */
export async function patiently<T>(
  during: During,
  call: () => Promise<T>,
  { pause = sleep }: Patience = {},
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await attempt(during, call)
    } catch (error) {
      if (tried >= TRIES || !isLandfallError(error) || error.code !== 'AWS_THROTTLED') throw error
      await pause(Math.min(LONGEST_MS, FIRST_MS * 2 ** (tried - 1)))
    }
  }
}
