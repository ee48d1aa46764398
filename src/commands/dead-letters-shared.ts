/** What the subcommands of `dead-letters` have in common: their options, the queues that these name, a walk through one. */
import { secretsOf } from '../config/redact.ts'
import { type Command, InvalidArgumentError } from 'commander'
import { makeAws } from '../aws/clients.ts'
import { type DeadLetterPlace, makeQueues } from '../aws/sqs.ts'
import { usesOwnEndpoint } from '../config/environment.ts'
import type { Estate } from '../config/estate.ts'
import { loadEstate } from '../config/load.ts'
import {
  type DeadLetter,
  isSelected,
  type LetterSelection,
  type LetterView,
  makeReadLetter,
} from '../domain/dead-letters.ts'
import { LandfallError } from '../domain/errors.ts'
import { makeLog } from '../log.ts'
import type { QueueDepth } from '../ports.ts'
import {
  type DeadLetterQueue,
  type HeldLetter,
  holdFor,
  makeDeadLetterQueue,
  walk,
  type WalkEnd,
} from '../queues/dead-letter-queue.ts'
import type { SQSClient } from '../queues/sqs.ts'
import { type Io, JSON_HELP, withConfig } from './command.ts'
import { type Interrupt, listenForInterrupt } from './interrupt.ts'
import { makeProgress, type Progress } from './progress.ts'
import { makeRecordAct, type RecordAct } from './record-act.ts'

export interface CommonOptions {
  readonly config?: string
  readonly json?: true
  readonly queue?: readonly string[]
  readonly hold?: number
  /** Of those that send: a slow walk must hold longer. */
  readonly rate?: number
}

export interface SelectionOptions {
  readonly parses?: true
  readonly broken?: true
  readonly pair?: string
  readonly reason?: string
}

/** `--config`, `--json`, `--queue`, `--hold`. */
export function withCommon(command: Command): Command {
  return withConfig(command)
    .option('--json', JSON_HELP)
    .option(
      '-q, --queue <name>',
      "only this intake queue's dead-letter queue, or the one of this name; may be given again (default: all)",
      (name: string, before: readonly string[] | undefined) => [...(before ?? []), name],
    )
    .option(
      '--hold <seconds>',
      'how long a message is hidden at most, should this command be killed (default: by the depth, 60 s at least)',
      whole(1, 43_200),
    )
}

export function withSelection(command: Command): Command {
  return command
    .option('--parses', 'only messages that intake would take today')
    .option('--broken', 'only messages that cannot be read today')
    .option('--pair <name>', 'only messages with events of this pair')
    .option('--reason <text>', 'only messages whose reason holds this text')
}

/** Throws USAGE for what contradicts itself or names no pair of the estate. */
export function selectionOf({ parses, broken, pair, reason }: SelectionOptions, estate: Estate): LetterSelection {
  if (parses && broken) throw new LandfallError('USAGE', 'no message both parses and is broken: give one of the two')
  if (pair !== undefined && !estate.pairs.some(({ name }) => name === pair)) {
    throw new LandfallError('USAGE', `no pair ${pair}; there are: ${estate.pairs.map(({ name }) => name).join(', ')}`)
  }
  return { parses: parses ? true : broken ? false : undefined, pair, reason }
}

export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d{1,9}$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
    }
    return value
  }
}

export interface OpenPlace {
  readonly place: DeadLetterPlace
  readonly queue: DeadLetterQueue
  readonly client: SQSClient
  readonly holdSeconds: number
  /** Asked now; `place.depth` is of the start. */
  depth(): Promise<QueueDepth>
}

export interface Session {
  readonly estate: Estate
  readonly places: readonly OpenPlace[]
  readonly read: (letter: DeadLetter) => LetterView
  readonly interrupt: Interrupt
  readonly progress: Progress
  readonly record: RecordAct
}

/**
 * Opens what the options name, runs, closes. Throws DEAD_LETTERS_ABSENT where no queue has a dead-letter queue. An
 * interruption is told apart by `session.interrupt.signal`: the caller says what was done, and throws INTERRUPTED.
 */
export async function withSession(
  options: CommonOptions,
  io: Io,
  run: (session: Session) => Promise<void>,
): Promise<void> {
  const estate = await loadEstate({ path: options.config, env: io.env })
  const log = makeLog({ level: 'error', pretty: io.stderr.isTTY, to: 'stderr', secrets: secretsOf(estate) })
  const aws = makeAws({ estate, log, pathStyle: usesOwnEndpoint(io.env) })
  const interrupt = listenForInterrupt()
  const progress = makeProgress(io.stderr)
  try {
    const queues = makeQueues({ estate, aws })
    const { places, without } = await queues.deadLetters(estate.queues)
    for (const { name } of without) progress.say(`${name} has no dead-letter queue`)
    const chosen = choose(places, options.queue, estate)
    for (const { name, parksFurther } of chosen) {
      if (parksFurther) progress.say(`${name} has a redrive policy of its own: each look counts as a reception there`)
    }
    await run({
      estate,
      places: chosen.map((place) => {
        const client = queues.client(place)
        const queue = makeDeadLetterQueue({ ...place, client })
        const holdSeconds = options.hold ?? holdFor(place.depth.visible, options.rate)
        return { place, queue, client, holdSeconds, depth: async () => queues.depth(place) }
      }),
      read: makeReadLetter(estate.pairs),
      interrupt,
      progress,
      record: makeRecordAct(estate.service, io.env),
    })
  } finally {
    progress.done()
    interrupt.close()
    aws.close()
  }
}

function choose(
  places: readonly DeadLetterPlace[],
  names: readonly string[] | undefined,
  estate: Estate,
): readonly DeadLetterPlace[] {
  const named = (place: DeadLetterPlace): readonly string[] => [place.name, ...place.feeders.map(({ name }) => name)]
  for (const name of names ?? []) {
    if (places.some((place) => named(place).includes(name))) continue
    if (estate.queues.some((queue) => queue.name === name)) {
      throw new LandfallError('DEAD_LETTERS_ABSENT', `queue ${name} has no dead-letter queue`)
    }
    const known = places.flatMap(named).join(', ')
    throw new LandfallError('USAGE', `no queue ${name} in the configuration; there are: ${known}`)
  }
  if (places.length === 0) throw new LandfallError('DEAD_LETTERS_ABSENT', 'no intake queue has a dead-letter queue')
  return names === undefined ? places : places.filter((place) => names.some((name) => named(place).includes(name)))
}

export interface Looked {
  /** Letters seen, selected or not. */
  readonly looked: number
  readonly end: WalkEnd
}

/** Goes through one queue and gives the selected letters to `visit`, until that says stop; all are given back. */
export async function browse(
  session: Session,
  { queue, holdSeconds }: OpenPlace,
  selection: LetterSelection,
  visit: (found: readonly { readonly letter: HeldLetter; readonly view: LetterView }[]) => Promise<'on' | 'stop'>,
  keep?: (id: string) => boolean,
): Promise<Looked> {
  let looked = 0
  const end = await walk(
    { queue, holdSeconds, signal: session.interrupt.signal },
    async (letters) => {
      looked += letters.length
      session.progress.update(`${queue.name}: ${looked} looked at`)
      const found = letters
        .map((letter) => ({ letter, view: session.read(letter) }))
        .filter(({ view }) => isSelected(view, selection))
      return found.length === 0 ? 'on' : visit(found)
    },
    keep === undefined ? {} : { keep },
  )
  session.progress.done()
  return { looked, end }
}

/** What a look cannot have seen. */
export function unseen({ place }: OpenPlace, end: WalkEnd): readonly string[] {
  const { name, depth } = place
  return [
    ...(depth.inFlight > 0
      ? [`${name}: about ${depth.inFlight} more are in flight elsewhere, hidden until their visibility ends`]
      : []),
    ...(end === 'round' || end === 'full'
      ? [
          `${name}: not all of it was seen (${end === 'full' ? "SQS' limit of messages in flight" : 'its messages came round again: give a longer --hold'})`,
        ]
      : []),
  ]
}

export function interrupted(what: string): LandfallError {
  return new LandfallError('INTERRUPTED', what)
}
