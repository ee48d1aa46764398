/** Tries a call again while what it throws is retryable: waits double, and are cut by up to half at random. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isLandfallError } from '../domain/errors.ts'
import type { Random } from '../ports.ts'

export interface RetryPolicy {
  /** Calls in all. */
  readonly attempts: number
  readonly firstWaitMs: number
  readonly mostWaitMs: number
}

export async function retry<Answer>(
  needs: {
    readonly random: Random
    readonly policy: RetryPolicy
    readonly signal?: AbortSignal | undefined
    readonly onRetry?: ((error: unknown) => void) | undefined
  },
  call: () => Promise<Answer>,
): Promise<Answer> {
  const { random, policy, signal } = needs
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted()
    try {
      return await call()
    } catch (error) {
      if (attempt >= policy.attempts || !isLandfallError(error) || error.disposition !== 'retryable') throw error
      needs.onRetry?.(error)
      const wait = Math.min(policy.mostWaitMs, policy.firstWaitMs * 2 ** (attempt - 1))
      await sleep(wait * (1 - random.next() / 2), undefined, signal === undefined ? {} : { signal })
    }
  }
}
