/**
 * Dead letters sent back one by one: received, sent to their intake queue, and deleted only when SQS has acknowledged the
 * copy. For a selection, and where SQS refuses to move them itself (move-task.ts).
 */
import { type DeadLetter, letterKey } from '../domain/dead-letters.ts'
import { isLandfallError, type LandfallError } from '../domain/errors.ts'
import type { Clock } from '../ports.ts'
import { type DeadLetterQueue, type HeldLetter, walk, type WalkEnd } from './dead-letter-queue.ts'
import type { Journal } from './journal.ts'
import type { Refused, SendTarget } from './send-target.ts'
import { realTimers, sleep } from './timing.ts'

export interface SendBackNeeds {
  readonly dead: DeadLetterQueue
  /** The queue that this letter goes back to; undefined: it came from none of ours, and is left. */
  readonly targetOf: (letter: DeadLetter) => SendTarget | undefined
  readonly selects: (letter: DeadLetter) => boolean
  readonly journal: Journal
  readonly holdSeconds: number
  /** Messages a second at most; absent: as fast as it goes. */
  readonly rate?: number | undefined
  /** No more than so many. */
  readonly limit?: number | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress?: ((so: SentBack) => void) | undefined
}

export interface SentBack {
  readonly looked: number
  /** Copies that SQS acknowledged in this run. */
  readonly sent: number
  /** Of these, letters that a killed run may have sent already: their versions then come as duplicates. */
  readonly maybeTwice: number
  /** Letters that an earlier run had sent: deleted now, and not sent again. */
  readonly sentBefore: number
  /** Not selected, or of queues that are not ours: given back. */
  readonly left: number
  readonly refused: readonly Refused[]
  /** Sent, but their delete failed: the next run deletes them. */
  readonly undeleted: number
  readonly end: WalkEnd | 'failed'
  /** What ended it, where `end` is `failed`: what was done before is done, and in the journal. */
  readonly error?: LandfallError | undefined
}

type Counting = { -readonly [Field in keyof SentBack]: SentBack[Field] } & { refused: Refused[] }

/** Resolves when the queue is through, the limit is reached, `signal` aborts or a whole request fails. */
export async function sendBack(needs: SendBackNeeds): Promise<SentBack> {
  const { dead, journal, signal } = needs
  const gone = new Set<string>()
  const left = new Set<string>()
  const seen = new Set<string>()
  const undeleted = new Set<string>()
  const refusedIds = new Set<string>()
  const keyOf = (letter: DeadLetter): string => letterKey(dead.arn, letter)
  const so: Counting = {
    looked: 0,
    sent: 0,
    maybeTwice: 0,
    sentBefore: 0,
    left: 0,
    refused: [],
    undeleted: 0,
    end: 'stopped',
  }
  const pace = makePace(needs)
  const limit = needs.limit ?? Infinity

  try {
    so.end = await through()
  } catch (error) {
    if (!isLandfallError(error)) throw error
    so.end = 'failed'
    so.error = error
  }
  so.left = left.size
  return so

  function through(): Promise<WalkEnd> {
    return walk(
      { queue: dead, holdSeconds: needs.holdSeconds, signal },
      async (letters) => {
        for (const { id } of letters) seen.add(id)
        so.looked = seen.size
        const chosen = choose(letters)
        await finishOld(chosen.filter(isSent))
        await sendNew(chosen.filter((letter) => !isSent(letter)).slice(0, limit - so.sent))
        needs.onProgress?.({ ...so })
        return so.sent >= limit ? 'stop' : 'on'
      },
      // SQS may hand out a letter again whose delete it has acknowledged (at least once): it is only deleted again.
      {
        keep: (id) => !gone.has(id),
        again: (letter) => journal.stepOf(keyOf(letter)) !== undefined && !refusedIds.has(letter.id),
      },
    )
  }

  function choose(letters: readonly HeldLetter[]): readonly HeldLetter[] {
    return letters.filter((letter) => {
      // What an earlier run has sent is through, whatever is selected now.
      const mine = isSent(letter) || (needs.targetOf(letter) !== undefined && needs.selects(letter))
      if (!mine) left.add(letter.id)
      return mine
    })
  }

  function isSent(letter: HeldLetter): boolean {
    const step = journal.stepOf(keyOf(letter))
    return step === 'sent' || step === 'done'
  }

  async function finishOld(letters: readonly HeldLetter[]): Promise<void> {
    if (letters.length === 0) return
    so.sentBefore += letters.filter(({ id }) => !gone.has(id)).length
    await remove(letters)
  }

  async function sendNew(letters: readonly HeldLetter[]): Promise<void> {
    for (const [target, some] of Map.groupBy(letters, (letter) => needs.targetOf(letter)!)) {
      await pace(some.length)
      if (signal.aborted) return
      const maybe = some.filter((letter) => journal.stepOf(keyOf(letter)) === 'begun')
      await journal.write('begun', some.map(keyOf))
      const refused = await target.send(some)
      const not = new Set(refused.map(({ id }) => id))
      const taken = some.filter(({ id }) => !not.has(id))
      if (refused.length > 0) await journal.write('dropped', some.filter(({ id }) => not.has(id)).map(keyOf))
      if (taken.length > 0) await journal.write('sent', taken.map(keyOf))
      for (const { id } of refused) refusedIds.add(id)
      so.refused.push(...refused)
      so.sent += taken.length
      so.maybeTwice += maybe.filter(({ id }) => !not.has(id)).length
      await remove(taken)
    }
  }

  /** Only of letters whose copy is acknowledged, and journalled as such. */
  async function remove(letters: readonly HeldLetter[]): Promise<void> {
    if (letters.length === 0) return
    const failed = await dead.delete(letters.map(({ receipt }) => receipt))
    const stay = new Set(failed.map(({ receipt }) => receipt))
    const removed = letters.filter(({ receipt }) => !stay.has(receipt))
    for (const { id } of letters) undeleted.add(id)
    for (const { id } of removed) {
      undeleted.delete(id)
      gone.add(id)
    }
    so.undeleted = undeleted.size
    await journal.write('done', removed.map(keyOf))
  }
}

/** Waits before so many more, so that no more than `rate` go in a second. */
function makePace({ rate, clock, signal }: SendBackNeeds): (count: number) => Promise<void> {
  let freeAt = clock.now()
  return async (count) => {
    if (rate === undefined) return
    const now = clock.now()
    if (freeAt > now) await sleep(realTimers, freeAt - now, signal)
    freeAt = Math.max(freeAt, now) + (count / rate) * 1000
  }
}
