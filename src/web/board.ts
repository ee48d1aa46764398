/**
 * What all open pages see: one poll of the ledger for the whole process, however many pages there are, and none while
 * there is no page. Each event is made into text once, and sent to all.
 */
import { isLandfallError } from '../domain/errors.ts'
import type { LagSummary, QueueDepth } from '../domain/snapshot.ts'
import type { Clock, Ledger, Log, RepairLedger } from '../ports.ts'
import type { AboutPage, EventName, Events, JobRow, Machinery, PairRow, Totals } from './api.ts'
import type { AlarmStates } from './alarms.ts'
import type { Causes } from './causes.ts'
import type { DumpStates } from './dumps.ts'
import { pairRow, totalsOf } from './glance.ts'

export interface BoardNeeds {
  readonly about: AboutPage
  readonly queues: readonly string[]
  readonly ledger: Pick<Ledger, 'snapshot' | 'newestEvents' | 'health'> & Pick<RepairLedger, 'jobs' | 'acts'>
  readonly depths: () => Promise<readonly QueueDepth[]>
  readonly jobs: () => Promise<readonly JobRow[]>
  readonly causes: Causes
  readonly alarms: AlarmStates
  readonly dumpStates: DumpStates
  readonly clock: Clock
  readonly log: Log
  /** How often the ledger is looked at while a page is open, ms. */
  readonly everyMs?: number | undefined
}

export type Listener = (event: EventName, text: string) => void

export interface Look {
  readonly totals: Totals
  readonly rows: readonly PairRow[]
  readonly machinery: Machinery
}

export interface Board {
  /** First all there is, then what changes. Returns what ends it. */
  subscribe(listener: Listener): () => void
  /** Not older than `mostMs`; throws what the ledger throws. */
  look(mostMs?: number): Promise<Look>
  /** An order was given for this pair: whoever gave it wants to see what comes of it. */
  ordered(pair: string): void
  /** How many are open. */
  pages(): number
  close(): void
}

const EVERY_MS = 2_000
/** Lags are most of a snapshot's work and move slowly: each pair's are read once in so many looks. */
const LAGS_EVERY = 15
const ACTS_SHOWN = 50
const GROUPS_SHOWN = 200
const NO_LAG: LagSummary = { count: 0, upper: 0 }

export function makeBoard(needs: BoardNeeds): Board {
  const { about, ledger, causes, clock, log } = needs
  const everyMs = needs.everyMs ?? EVERY_MS
  const listeners = new Set<Listener>()
  const lags = new Map<string, LagSummary>()
  /** As sent last. */
  const sent = new Map<EventName, string>()
  const rowsSent = new Map<string, string>()
  let last: Look | undefined
  let looking: Promise<Look> | undefined
  let looks = 0
  let timer: NodeJS.Timeout | undefined
  let running = false
  let closed = false

  async function read(): Promise<Look> {
    const turn = looks
    looks += 1
    const [pairs, newest, depths, jobs, health] = await Promise.all([
      Promise.all(
        about.pairs.map(async ({ pair }, index) => {
          const withLags = !lags.has(pair) || index % LAGS_EVERY === turn % LAGS_EVERY
          const [snapshot, redrives] = await Promise.all([ledger.snapshot(pair, { lags: withLags }), ledger.jobs(pair)])
          if (withLags) lags.set(pair, snapshot.lag)
          return { row: pairRow(snapshot, redrives, lags.get(pair) ?? NO_LAG), reopened: snapshot.reopened }
        }),
      ),
      ledger.newestEvents(),
      needs.depths(),
      needs.jobs(),
      ledger.health(),
    ])
    const look: Look = {
      totals: totalsOf(clock.now(), pairs, depths),
      rows: pairs.map(({ row }) => row),
      machinery: {
        queues: needs.queues.map((queue) => ({
          queue,
          newestEvent: newest.get(queue),
          depth: depths.find((depth) => depth.queue === queue),
        })),
        jobs,
        ledger: health,
      },
    }
    last = look
    return look
  }

  /** Two who ask at the same moment get the same look. */
  async function lookNow(): Promise<Look> {
    looking ??= read().finally(() => {
      looking = undefined
    })
    return looking
  }

  function send<Name extends EventName>(event: Name, value: Events[Name], always = false): void {
    const text = JSON.stringify(value)
    if (!always && sent.get(event) === text) return
    sent.set(event, text)
    for (const listener of listeners) listener(event, text)
  }

  function sendRows(rows: readonly PairRow[]): void {
    const changed = rows.flatMap((row) => {
      const text = JSON.stringify(row)
      if (rowsSent.get(row.pair) === text) return []
      rowsSent.set(row.pair, text)
      return [text]
    })
    if (changed.length === 0) return
    for (const listener of listeners) listener('pairs', `[${changed.join()}]`)
  }

  async function tick(): Promise<void> {
    try {
      // An answer that is at hand is there by the end of this look.
      needs.dumpStates.view()
      const look = await lookNow()
      send('totals', look.totals, true)
      sendRows(look.rows)
      send('machinery', look.machinery)
      if ((await causes.update(look.rows)) || !sent.has('failures')) {
        send('failures', causes.view({ offset: 0, limit: GROUPS_SHOWN }))
      }
      const dumps = needs.dumpStates.view()
      if (dumps !== undefined) send('dumps', dumps)
      send('acts', await ledger.acts(ACTS_SHOWN))
      const alarms = needs.alarms.view()
      if (alarms !== undefined) send('alarms', alarms)
      sent.delete('trouble')
    } catch (error) {
      const known = isLandfallError(error)
      if (!known) log.error({ err: error }, 'the page could not be brought up to date')
      send('trouble', {
        message: known ? error.message : 'internal error',
        hint: known ? error.hint : undefined,
      })
    }
  }

  function schedule(ms: number): void {
    clearTimeout(timer)
    timer = undefined
    if (closed || listeners.size === 0) return
    timer = setTimeout(() => void run(), ms)
    timer.unref()
  }

  async function run(): Promise<void> {
    if (running) return
    running = true
    const began = clock.now()
    await tick()
    running = false
    schedule(Math.max(everyMs / 2, everyMs - (clock.now() - began)))
  }

  return {
    subscribe(listener) {
      listeners.add(listener)
      listener('about', JSON.stringify(about))
      for (const [event, text] of sent) listener(event, text)
      if (rowsSent.size > 0) listener('pairs', `[${[...rowsSent.values()].join()}]`)
      // What is kept may be of the last page's time.
      schedule(0)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) schedule(0)
      }
    },
    async look(mostMs = everyMs) {
      if (last !== undefined && clock.now() - last.totals.at <= mostMs) return last
      return lookNow()
    },
    ordered(pair) {
      causes.touched(pair)
      schedule(0)
    },
    pages: () => listeners.size,
    close() {
      closed = true
      clearTimeout(timer)
      listeners.clear()
    },
  }
}
