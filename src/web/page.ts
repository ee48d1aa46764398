/** Joins the parts behind the operator's page: the shared poll, the history, the API and its orders. */
import type { FastifyInstance } from 'fastify'
import { dumpLimits } from '../domain/alarms/alarms.ts'
import type { DumpHealth } from '../domain/dump/health.ts'
import type { Group } from '../domain/repair/groups.ts'
import type { Selection } from '../domain/repair/selection.ts'
import type { QueueDepth } from '../domain/snapshot.ts'
import type { Clock, Ledger, Log, RepairLedger } from '../ports.ts'
import { type FoundAlarm, makeAlarmStates } from './alarms.ts'
import type { AboutPage, JobRow } from './api.ts'
import { makeBoard } from './board.ts'
import { makeCauses } from './causes.ts'
import { makeDumpStates } from './dumps.ts'
import { addEvents } from './events.ts'
import type { Guard } from './guard.ts'
import { addOrders, type Orders } from './orders.ts'
import { makePast } from './past.ts'
import { addReads } from './reads.ts'

interface Place {
  readonly bucket: string
  readonly region: string
}

export interface PageNeeds {
  readonly estate: {
    readonly name: string
    readonly queues: readonly { readonly name: string }[]
    readonly pairs: readonly {
      readonly name: string
      readonly source: Place
      readonly destination: Place
      readonly lateAfterMs: number
    }[]
    readonly dumps: readonly ({ readonly name: string } & Parameters<typeof dumpLimits>[1])[]
  }
  readonly ledger: Pick<Ledger, 'snapshot' | 'history' | 'newestEvents' | 'health'> &
    Pick<RepairLedger, 'jobs' | 'acts' | 'parked'>
  readonly failures: Orders & { overview(selection: Selection): Promise<{ readonly groups: readonly Group[] }> }
  readonly depths: () => Promise<readonly QueueDepth[]>
  readonly jobs: () => Promise<readonly JobRow[]>
  /** Ours, in CloudWatch. */
  readonly alarms: () => Promise<readonly FoundAlarm[]>
  /** As status asks it; absent where the estate has no dumps. Never rejects. */
  readonly dumps?: (() => Promise<readonly DumpHealth[]>) | undefined
  readonly clock: Clock
  readonly log: Log
}

/** While a page is open. */
const PAST_EVERY_MS = 10_000
/** The history is kept up to date although nobody looks: a page that opens must not wait for eight days of it. */
const PAST_IDLE_MS = 60_000

export function addPage(server: FastifyInstance, needs: PageNeeds, guard: Guard): void {
  const { estate, ledger, failures, clock, log } = needs
  const about = aboutOf(estate, guard)
  const causes = makeCauses({ overview: async (selection) => failures.overview(selection), clock })
  const alarms = makeAlarmStates(needs.alarms, clock)
  const dumpStates = makeDumpStates(needs.dumps)
  const queues = estate.queues.map(({ name }) => name)
  const board = makeBoard({ ...needs, about, alarms, dumpStates, queues, causes })
  const past = makePast({ pairs: estate.pairs.map(({ name }) => name), ledger, clock, log })

  addReads(server, { about, board, alarms, dumpStates, causes, past, ledger, clock })
  addEvents(server, board)
  addOrders(server, {
    pairs: new Set(about.pairs.map(({ pair }) => pair)),
    orders: failures,
    onOrder: (pair) => board.ordered(pair),
  })

  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const keepPast = async (): Promise<void> => {
    await past.update(over.signal)
    if (over.signal.aborted) return
    timer = setTimeout(() => void keepPast(), board.pages() > 0 ? PAST_EVERY_MS : PAST_IDLE_MS)
    timer.unref()
  }
  void keepPast()
  server.addHook('preClose', async () => {
    over.abort()
    clearTimeout(timer)
    board.close()
  })
}

function aboutOf({ name, pairs, dumps }: PageNeeds['estate'], { orders, reads }: Guard): AboutPage {
  return {
    estate: name,
    sourceRegions: [...new Set(pairs.map(({ source }) => source.region))].sort(),
    pairs: pairs.map((pair) => ({
      pair: pair.name,
      source: `${pair.source.bucket} (${pair.source.region})`,
      destination: `${pair.destination.bucket} (${pair.destination.region})`,
      lateAfterMs: pair.lateAfterMs,
    })),
    dumps: dumps.map((dump) => ({ dump: dump.name, ...dumpLimits({ pairs }, dump) })),
    orders,
    reads,
  }
}
