/** Receive, send, delete, with the journal of queues/journal.ts; a killed run's letters are waited for. */
import type { DeadLetter } from '../domain/dead-letters.ts'
import { type Journal, openJournal } from '../queues/journal.ts'
import { sendBack, type SentBack } from '../queues/send-back.ts'
import { makeSendTarget, type SendTarget } from '../queues/send-target.ts'
import { systemClock } from '../system.ts'
import type { OpenPlace, Session } from './dead-letters-shared.ts'

export interface BackOneByOne extends SentBack {
  /** Letters of a killed run, or of another reader, that did not come up while this ran. */
  readonly hidden: number
}

interface Order {
  readonly selects: (letter: DeadLetter) => boolean
  /** The file. */
  readonly journal: string
  readonly rate?: number | undefined
  readonly limit?: number | undefined
}

/** How long the letters that a killed run holds are waited for, beyond their hold. */
const MARGIN_MS = 5_000
const MOST_PATIENCE_MS = 90_000

export async function oneByOne(session: Session, open: OpenPlace, order: Order): Promise<BackOneByOne> {
  const { interrupt, progress } = session
  const { place, queue, holdSeconds } = open
  const targetOf = makeTargets(open)
  const journal = await openJournal(order.journal)
  try {
    const resumed = journal.pending().length > 0
    if (resumed) progress.say(`${queue.name}: going on where a killed run ended (${order.journal})`)
    const deadline = systemClock.now() + Math.min(MOST_PATIENCE_MS, holdSeconds * 1000 + MARGIN_MS)
    let sum: SentBack | undefined
    for (;;) {
      const so = await sendBack({
        dead: queue,
        targetOf,
        selects: order.selects,
        journal,
        holdSeconds,
        rate: order.rate,
        limit: order.limit === undefined ? undefined : order.limit - (sum?.sent ?? 0),
        clock: systemClock,
        signal: interrupt.signal,
        onProgress: ({ sent, looked }) => progress.update(`${queue.name}: ${sent} sent back, ${looked} looked at`),
      })
      sum = sum === undefined ? so : add(sum, so)
      // What a killed run held comes up when its hold ends; without one, another reader's letters are not waited for.
      const hidden = resumed ? await hiddenNow(open, journal) : place.depth.inFlight
      const waits = resumed && hidden > 0 && so.end === 'empty'
      if (!waits || interrupt.signal.aborted || systemClock.now() > deadline) {
        progress.done()
        return { ...sum, hidden: waits ? await stillHidden(open, journal) : hidden }
      }
      progress.update(`${queue.name}: waiting for about ${hidden} letters that the killed run still holds`)
    }
  } finally {
    await journal.close()
  }
}

async function hiddenNow(open: OpenPlace, journal: Journal): Promise<number> {
  return Math.max(journal.pending().length, (await open.depth()).inFlight)
}

/**
 * At the end of all patience: what the journal waits for and nobody holds is gone (expired, purged, moved by SQS), and must
 * not be waited for by each run to come.
 */
async function stillHidden(open: OpenPlace, journal: Journal): Promise<number> {
  const { inFlight } = await open.depth()
  if (inFlight === 0) await journal.write('dropped', journal.pending())
  return inFlight
}

function add(a: SentBack, b: SentBack): SentBack {
  return {
    looked: Math.max(a.looked, b.looked),
    sent: a.sent + b.sent,
    maybeTwice: a.maybeTwice + b.maybeTwice,
    sentBefore: a.sentBefore + b.sentBefore,
    left: Math.max(a.left, b.left),
    refused: [...a.refused, ...b.refused],
    undeleted: b.undeleted,
    end: b.end,
    error: b.error,
  }
}

/** To the queue that it came from; what was sent here by hand goes to the only queue there is, or stays. */
function makeTargets({ place, client }: OpenPlace): (letter: DeadLetter) => SendTarget | undefined {
  const targets = new Map(place.feeders.map((feeder) => [feeder.arn, makeSendTarget({ ...feeder, client })]))
  const only = targets.size === 1 ? [...targets.values()][0] : undefined
  return ({ source }) => (source === undefined ? only : targets.get(source))
}
