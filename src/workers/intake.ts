/**
 * Messages -> events -> the ledger. Only what this handler returns may be deleted from SQS: all of it is booked, and as
 * durable as the configuration asks.
 */
import { logName } from '../domain/trace.ts'
import { isOwnKey } from '../domain/canary.ts'
import { type DumpRoute, dumpsIn } from '../domain/dump/arrivals.ts'
import { type ShipmentRoute, shipmentsIn, type ToShip } from '../domain/dump/shipments.ts'
import { isLandfallError } from '../domain/errors.ts'
import { type BucketEvent, parseMessage } from '../domain/events/index.ts'
import { decide } from '../domain/replication.ts'
import { makeRouter, type PairEvents, type PairRoute, type Routed } from '../domain/routing.ts'
import type { PairPolicy } from '../domain/situation.ts'
import { versionId63 } from '../domain/version.ts'
import type {
  CanaryLedger,
  Clock,
  IntakeHandler,
  IntakeMessage,
  Ledger,
  Log,
  Matched,
  Random,
  Settlement,
} from '../ports.ts'
import type { PairToSample, Sample } from './attributes.ts'
import type { Tempo } from './tempo.ts'

export type PairToTakeIn = PairRoute & PairPolicy & PairToSample

export interface IntakeHandlerNeeds {
  readonly pairs: readonly PairToTakeIn[]
  readonly ledger: Pick<
    Ledger,
    'book' | 'known' | 'arrive' | 'settle' | 'nudge' | 'reopen' | 'purge' | 'count' | 'sawEvents' | 'durable'
  >
  /** Others' uploads that are carried on: each is ordered before its message is acknowledged. */
  readonly ship?:
    | {
        readonly shipments: readonly ShipmentRoute[]
        readonly order: (wanted: readonly ToShip[]) => Promise<void>
      }
    | undefined
  /** Dumps that arrived, or whose replica did: each is ordered to be looked at before its message is acknowledged. */
  readonly dumps?:
    | { readonly routes: readonly DumpRoute[]; readonly order: (names: readonly string[]) => Promise<void> }
    | undefined
  /** Told of each event of a canary. */
  readonly canary?: CanaryLedger['canaryStep'] | undefined
  readonly tempo: Tempo
  readonly sample: Sample
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Told of each event with the message that it came in, before anything is done with it. */
  readonly onEvent?: ((message: IntakeMessage, event: BucketEvent) => void) | undefined
  /** Something is due now: whoever pokes need not wait for the next tick. */
  readonly onDue: () => void
}

interface Read {
  readonly events: readonly BucketEvent[]
  readonly acknowledged: ReadonlySet<string>
  /** By queue: the newest event's time. */
  readonly newest: ReadonlyMap<string, number>
  readonly ignored: number
  readonly tests: number
}

export function makeIntakeHandler(needs: IntakeHandlerNeeds): IntakeHandler {
  const { ledger, tempo, sample, clock, random, log, onDue, onEvent } = needs
  const shipments = needs.ship?.shipments ?? []
  const routes = needs.dumps?.routes ?? []
  const alsoWanted = [...shipments.map(({ from }) => from.bucket), ...routes.flatMap(({ buckets }) => buckets)]
  const route = makeRouter(needs.pairs, new Set(alsoWanted))
  const pairs = new Map(needs.pairs.map((pair) => [pair.name, pair]))
  /** Pairs whose destination is a source as well: a purge there may be about an object of that other pair. */
  const sources = new Set(needs.pairs.map((pair) => pair.source.bucket))
  const twoWay = new Set(needs.pairs.filter((pair) => sources.has(pair.destination.bucket)).map((pair) => pair.name))
  /** Buckets that were told of once: a wrong subscription must not fill the log. */
  const strangers = new Set<string>()

  return async (messages) => {
    const read = readAll(messages)
    const routed = await own(route(read.events))
    await Promise.all([...routed.pairs].map(async ([name, events]) => apply(pairs.get(name)!, events)))
    await Promise.all(routed.canaries.map(async (event) => needs.canary?.(event)))
    const others = read.events.filter(({ key }) => !isOwnKey(key))
    await needs.ship?.order(shipmentsIn(shipments, others))
    await needs.dumps?.order(dumpsIn(routes, others))
    tellStrangers(routed.unrouted)
    await ledger.durable()
    await Promise.all([...routed.pairs].map(async ([name, events]) => countPurges(name, events)))
    // Counted last: a batch that fails comes again, and would be counted again.
    await Promise.all([
      ledger.sawEvents(read.newest),
      ledger.count({
        messages: messages.length,
        acknowledged: read.acknowledged.size,
        events: read.events.length,
        ignoredEvents: read.ignored,
        testEvents: read.tests,
        poison: messages.length - read.acknowledged.size,
        unrouted: [...routed.unrouted.values()].reduce((sum, count) => sum + count, 0),
      }),
    ])
    return read.acknowledged
  }

  /** Of the purges in a two-way bucket, only those of versions that this pair knows are about its replicas. */
  async function own(routed: Routed): Promise<Routed> {
    const entries = [...routed.pairs].map(async ([name, events]): Promise<[string, PairEvents]> => {
      if (!twoWay.has(name) || events.reopenings.length === 0) return [name, events]
      const ids = events.reopenings.map(({ id }) => id)
      const known = await ledger.known(name, ids)
      const reopenings = events.reopenings.filter(({ id }) => known.has(id))
      const purges = events.purges.map((purge) =>
        purge.byStranger && !known.has(versionId63(purge)) ? { ...purge, byStranger: false } : purge,
      )
      return [name, { ...events, reopenings, purges }]
    })
    return { ...routed, pairs: new Map(await Promise.all(entries)) }
  }

  function readAll(messages: readonly IntakeMessage[]): Read {
    const events: BucketEvent[] = []
    const acknowledged = new Set<string>()
    const newest = new Map<string, number>()
    let ignored = 0
    let tests = 0
    for (const message of messages) {
      const parsed = parse(message)
      if (parsed === undefined) continue
      if (parsed.faults.length === 0) acknowledged.add(message.id)
      else tellPoison(message, parsed.faults)
      for (const event of parsed.events) {
        events.push(event)
        onEvent?.(message, event)
        newest.set(message.queue, Math.max(newest.get(message.queue) ?? 0, event.time))
      }
      for (const count of parsed.ignored.values()) ignored += count
      if (parsed.form === 'test') tests += 1
    }
    return { events, acknowledged, newest, ignored, tests }
  }

  /** Undefined: poison, which stays on its queue until the redrive policy parks it. */
  function parse(message: IntakeMessage): ReturnType<typeof parseMessage> | undefined {
    try {
      return parseMessage(message.body)
    } catch (error) {
      if (!isLandfallError(error) || error.disposition !== 'poison') throw error
      tellPoison(message, [error.message])
      return undefined
    }
  }

  function tellPoison({ id, queue, receiveCount }: IntakeMessage, reasons: readonly string[]): void {
    log.warn(
      { queue, message: id, receiveCount, faults: reasons.length, reasons: reasons.slice(0, 3) },
      'message unreadable',
    )
  }

  function tellStrangers(unrouted: ReadonlyMap<string, number>): void {
    for (const bucket of unrouted.keys()) {
      if (strangers.has(bucket)) continue
      strangers.add(bucket)
      log.warn({ bucket }, 'events of a bucket that no pair names')
    }
  }

  async function apply(pair: PairToTakeIn, events: PairEvents): Promise<void> {
    const firstLook = events.bookings.length === 0 ? 0 : await tempo.firstLookMs(pair.name)
    const now = clock.now()
    const bookings = events.bookings.map((version) => ({
      version,
      dueInMs: Math.max(0, version.eventTime + firstLook - now),
    }))
    // On one connection these run in this order; if they did not, the early arrivals would join them all the same.
    const [booked, arrived] = await Promise.all([
      bookings.length === 0 ? undefined : ledger.book(pair.name, bookings),
      events.arrivals.length === 0 ? undefined : ledger.arrive(pair.name, events.arrivals),
    ])
    const { landed, unclear } = judge(pair, [...(booked?.arrived ?? []), ...(arrived?.matched ?? [])])
    const nudges = [...events.nudges, ...unclear]
    await Promise.all([
      landed.length > 0 && ledger.settle(pair.name, landed),
      nudges.length > 0 && ledger.nudge(pair.name, nudges),
      events.reopenings.length > 0 &&
        ledger.reopen(
          pair.name,
          events.reopenings.map((version) => ({ version, dueInMs: 0 })),
        ),
    ])
    // Bookings too: the events of a backlog are old, and their versions due as soon as they are booked.
    if (nudges.length + events.reopenings.length > 0 || bookings.some(({ dueInMs }) => dueInMs === 0)) onDue()
  }

  /** Each once, however often SQS delivers it: a second alarm about the same replica would be a false one. */
  async function countPurges(pair: string, { purges }: PairEvents): Promise<void> {
    if (purges.length === 0) return
    const news = await ledger.purge(pair, purges)
    const tampering = purges.filter(({ id, byStranger }) => byStranger && news.has(id))
    if (tampering.length === 0) return
    // One line for a batch: a clean-up of a million versions must not drown what it says.
    const samples = tampering
      .slice(0, 3)
      .map(({ key, versionId, principal }) => ({ ...logName({ key, versionId }), principal }))
    log.error({ pair, versions: tampering.length, samples }, 'replica purged by a stranger')
  }

  /** What the destination's own event settles here and now; the rest is looked at by `verify`. */
  function judge(
    pair: PairToTakeIn,
    matched: readonly Matched[],
  ): { readonly landed: Settlement[]; readonly unclear: { readonly id: string }[] } {
    const landed: Settlement[] = []
    const unclear: { id: string }[] = []
    for (const { version, arrival } of matched) {
      const decision = decide({
        version,
        now: clock.now(),
        policy: pair,
        replica: { arrival },
        source: {},
        random: random.next(),
      })
      const settles = decision.kind === 'settle' && decision.settlement.to === 'close'
      if (settles) {
        landed.push(decision.settlement)
        sample(pair, version)
      } else unclear.push({ id: version.id })
    }
    return { landed, unclear }
  }
}
