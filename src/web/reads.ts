/** The API's reads: JSON, paged where there may be many. All but one pair's history and the versions come from memory. */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { isSelected } from '../domain/repair/selection.ts'
import type { Parked } from '../domain/repair/words.ts'
import type { Clock, RepairLedger } from '../ports.ts'
import type { AlarmStates } from './alarms.ts'
import type { AboutPage, FailurePage } from './api.ts'
import type { Board } from './board.ts'
import type { Causes } from './causes.ts'
import type { DumpStates } from './dumps.ts'
import { BadOrder } from './orders.ts'
import { type Past, type Range, RANGES } from './past.ts'

export interface ReadsNeeds {
  readonly about: AboutPage
  readonly board: Board
  readonly causes: Causes
  readonly past: Past
  readonly alarms: AlarmStates
  readonly dumpStates: DumpStates
  readonly ledger: Pick<RepairLedger, 'parked' | 'acts'>
  readonly clock: Clock
}

const MOST = 500
/** Of the ledger's pages: what one answer may look at, so that it comes soon however little it finds. */
const SCAN = 250
const MOST_LOOKED = 2_000

const whole = (most: number) => z.coerce.number().int().min(0).max(most)
const groupsQuery = z.strictObject({
  pair: z.string().optional(),
  offset: whole(1_000_000).default(0),
  limit: whole(MOST).default(100),
})
const versionsQuery = z.strictObject({
  pair: z.string(),
  reason: z.string().max(1024).optional(),
  cursor: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  limit: whole(MOST).default(50),
})
const seriesQuery = z.strictObject({
  range: z.enum(Object.keys(RANGES) as [Range, ...Range[]]).default('24h'),
  pair: z.string().optional(),
})
const actsQuery = z.strictObject({ limit: whole(1_000).default(100) })

export function addReads(server: FastifyInstance, needs: ReadsNeeds): void {
  const { about, board, causes, past, alarms, dumpStates, ledger, clock } = needs
  const known = new Set(about.pairs.map(({ pair }) => pair))
  const checked = <T extends { readonly pair?: string | undefined }>(query: T): T => {
    if (query.pair !== undefined && !known.has(query.pair)) throw new BadOrder('no such pair')
    return query
  }

  server.get('/api/about', async () => about)
  server.get('/api/status', async () => (await board.look()).totals)
  server.get('/api/pairs', async () => (await board.look()).rows)
  server.get('/api/queues', async () => (await board.look()).machinery)
  server.get('/api/dead-letters', async () =>
    (await board.look()).machinery.queues.map(({ queue, depth }) => ({ queue, deadLetters: depth?.deadLetters })),
  )
  server.get('/api/incidents', async () =>
    (await board.look()).rows.flatMap(({ pair, incidents }) => incidents.map((incident) => ({ pair, ...incident }))),
  )
  server.get('/api/redrives', async () =>
    (await board.look()).rows.flatMap(({ pair, redrives }) => redrives.map((redrive) => ({ pair, ...redrive }))),
  )
  server.get('/api/audits', async (_request, reply) => {
    void reply.header('content-disposition', 'inline; filename="landfall-audits.json"')
    return (await board.look()).rows.flatMap(({ audit }) => (audit === undefined ? [] : [audit]))
  })
  // The first one that asks starts the question, and CloudWatch's answer may be a while.
  server.get('/api/alarms', async () => alarms.view() ?? { at: 0, total: 0, inAlarm: 0, on: [] })
  server.get('/api/dumps', async () => dumpStates.read())
  server.get('/api/acts', async ({ query }) => ledger.acts(parse(actsQuery, query).limit))

  server.get('/api/history', async ({ query }) => {
    const { range, pair } = checked(parse(seriesQuery, query))
    return past.series(range, pair)
  })

  server.get('/api/failures', async ({ query }) => {
    const page = checked(parse(groupsQuery, query))
    // Counted in the background where that takes long: the answer says of when it is.
    const counting = board.look().then(async ({ rows }) => causes.update(rows))
    if (causes.view({ offset: 0, limit: 0 }).at === 0) await counting
    else counting.catch(() => {})
    return causes.view(page)
  })

  server.get('/api/failures/versions', async ({ query }): Promise<FailurePage> => {
    const { pair, reason, cursor: from, limit } = checked(parse(versionsQuery, query))
    const found: Parked[] = []
    let cursor = from
    let looked = 0
    do {
      const page = await ledger.parked(pair, { cursor, limit: SCAN })
      looked += page.versions.length
      const now = clock.now()
      for (const parked of page.versions) if (isSelected({ reason }, parked.version, now)) found.push(parked)
      cursor = page.cursor
    } while (cursor !== undefined && found.length < limit && looked < MOST_LOOKED)
    // All of a scan's page is given: its cursor is already behind them.
    return { versions: found.map((parked) => ({ pair, ...parked })), looked, cursor }
  })
}

function parse<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the question'}: ${message}`)
  throw new BadOrder(faults.join('; '))
}
