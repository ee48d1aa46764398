import type { SandboxClock } from '../types.ts'
import type { QueueSettings } from './attributes.ts'
import { makeMessage, type Message, type NewMessage } from './message.ts'
import { Queue } from './queue.ts'

export interface QueueStore {
  create(place: { name: string; region: string; account: string }, settings: QueueSettings): Queue
  byArn(arn: string): Queue | undefined
  /** Of one account in one region, by name. */
  list(account: string, region: string): Queue[]
  /** Queues whose redrive policy names this one. */
  sourcesOf(deadLetterArn: string): Queue[]
  remove(queue: Queue): void
  /** Makes a message and puts it into the queue; `delayMs` in place of the queue's own. */
  send(queue: Queue, message: NewMessage, delayMs?: number): Message
  close(): void
}

export function queueArn(place: { name: string; region: string; account: string }): string {
  return `arn:aws:sqs:${place.region}:${place.account}:${place.name}`
}

/** Every queue of every account and region; an ARN is the key, so that names may repeat across them. */
export function makeQueueStore(clock: SandboxClock): QueueStore {
  const queues = new Map<string, Queue>()
  let made = 0

  const deadLetter = (message: Message, from: Queue): boolean => {
    const target = queues.get(from.settings.redrive?.deadLetterArn ?? '')
    if (target === undefined) return false
    message.deadLetterSource = from.identity.arn
    target.accept(message)
    return true
  }

  return {
    create(place, settings) {
      const arn = queueArn(place)
      const queue = new Queue({ ...place, arn }, settings, { clock, deadLetter })
      queues.set(arn, queue)
      return queue
    },
    byArn: (arn) => queues.get(arn),
    list: (account, region) =>
      [...queues.values()]
        .filter(({ identity }) => identity.account === account && identity.region === region)
        .sort((a, b) => (a.identity.name < b.identity.name ? -1 : 1)),
    sourcesOf: (arn) => [...queues.values()].filter(({ settings }) => settings.redrive?.deadLetterArn === arn),
    remove(queue) {
      queues.delete(queue.identity.arn)
      queue.purge()
      queue.close()
    },
    send(queue, message, delayMs = queue.settings.delayMs) {
      const sent = makeMessage(++made, message, clock.now())
      queue.accept(sent, delayMs)
      return sent
    },
    close() {
      for (const queue of queues.values()) queue.close()
    },
  }
}
