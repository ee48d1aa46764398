/**
 * How deep the intake queues and their dead-letter queues stand, for whoever asks often: a scrape of /metrics must
 * neither hang on a region that is down nor cost SQS requests of its own.
 */
import type { QueueDepth } from '../domain/snapshot.ts'
import type { Clock } from '../ports.ts'

export interface DepthsNeeds<Queue extends { readonly name: string }> {
  readonly queues: readonly Queue[]
  readonly depth: (queue: Queue) => Promise<QueueDepth>
  readonly clock: Clock
  /** How old an answer may be before SQS is asked again, ms. */
  readonly freshMs: number
  /** How long an answer is waited for, ms; a queue that takes longer is left out. */
  readonly patienceMs: number
}

export function makeDepths<Queue extends { readonly name: string }>(
  needs: DepthsNeeds<Queue>,
): () => Promise<readonly QueueDepth[]> {
  const { queues, clock, freshMs, patienceMs } = needs
  let asked: { readonly at: number; readonly answer: Promise<readonly QueueDepth[]> } | undefined

  async function ask(): Promise<readonly QueueDepth[]> {
    const answers = await Promise.all(queues.map(one))
    return answers.filter((answer) => answer !== undefined)
  }

  async function one(queue: Queue): Promise<QueueDepth | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const timer = setTimeout(() => resolve(undefined), patienceMs)
    try {
      return await Promise.race([needs.depth(queue).catch(() => undefined), late])
    } finally {
      clearTimeout(timer)
    }
  }

  return async () => {
    const now = clock.now()
    // Kept even where it holds nothing: a region that is down is asked no more often than one that answers.
    if (asked === undefined || now - asked.at >= freshMs) asked = { at: now, answer: ask() }
    return asked.answer
  }
}
