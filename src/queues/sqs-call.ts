/** One request to one queue: its URL found, a time-out, and Landfall's errors. */
import { sqsError } from './sqs-errors.ts'

/** A request that outlasts its long poll by this much hangs on a dead connection: the SDK itself has no time-out. */
const HUNG_AFTER_MS = 15_000

/** `waitMs`: how long SQS itself may hold the request back (a long poll). */
export type SqsCall = <T>(
  action: string,
  waitMs: number,
  run: (url: string, signal: AbortSignal) => Promise<T>,
) => Promise<T>

export function makeSqsCall(queue: { readonly name: string; readonly url: () => Promise<string> }): SqsCall {
  return async (action, waitMs, run) => {
    try {
      return await run(await queue.url(), AbortSignal.timeout(waitMs + HUNG_AFTER_MS))
    } catch (error) {
      throw sqsError(error, action, queue.name)
    }
  }
}
