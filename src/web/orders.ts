/**
 * Orders by the page: re-drive, discard, probe. As `landfall failures` does them, with the same record of who did what;
 * the guard has let them in before.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { inert } from '../domain/inert.ts'
import type { Incident } from '../domain/repair/words.ts'
import type { Selection } from '../domain/repair/selection.ts'
import type { Ordered } from './api.ts'

export interface Orders {
  redrive(selection: Selection, by: string): Promise<number>
  discard(selection: Selection, order: { readonly by: string; readonly because: string }): Promise<number>
  probe(
    selection: Selection,
    by: string,
  ): Promise<{
    readonly probed: readonly { readonly pair: string; readonly incident: Incident }[]
    readonly busy: readonly string[]
  }>
}

export interface OrdersNeeds {
  readonly pairs: ReadonlySet<string>
  readonly orders: Orders
  readonly onOrder: (pair: string) => void
}

const key = z.string().min(1).max(1024)
const by = z
  .string()
  .trim()
  .min(1, 'say who you are')
  .max(64)
  .refine((text) => inert(text) === text, 'may hold no control characters')

/** A pair always, so that no slip is about the whole estate: the command line has `--all` for that. */
const what = { pair: z.string(), by }
const redriveOrder = z.strictObject({
  ...what,
  reason: z.string().max(1024).optional(),
  key: key.optional(),
  versionId: z.string().min(1).max(1024).optional(),
})
const discardOrder = z.strictObject({ ...redriveOrder.shape, because: z.string().trim().min(1).max(500) })
const probeOrder = z.strictObject({ ...what, reason: z.string().max(1024).optional() })

export function addOrders(server: FastifyInstance, { pairs, orders, onOrder }: OrdersNeeds): void {
  server.post('/api/failures/redrive', async (request): Promise<Ordered> => {
    const order = read(redriveOrder, request, pairs)
    const done = await orders.redrive(selectionOf(order), whoIs(order.by, request))
    onOrder(order.pair)
    return { done }
  })

  server.post('/api/failures/discard', async (request): Promise<Ordered> => {
    const order = read(discardOrder, request, pairs)
    // A whole pair is given up by the command line alone, which shows first what that means.
    if (order.reason === undefined && order.key === undefined) throw new BadOrder('name a reason or a key')
    const { because } = order
    const done = await orders.discard(selectionOf(order), { by: whoIs(order.by, request), because })
    onOrder(order.pair)
    return { done }
  })

  server.post('/api/incidents/probe', async (request): Promise<Ordered> => {
    const { pair, reason, by } = read(probeOrder, request, pairs)
    const { probed, busy } = await orders.probe({ pairs: [pair], reason }, whoIs(by, request))
    onOrder(pair)
    return { done: probed.length, busy }
  })
}

/** What is wrong with an order, in words for whoever gave it. */
export class BadOrder extends Error {
  override readonly name = 'BadOrder'
}

function read<T extends { readonly pair: string }>(
  schema: z.ZodType<T>,
  request: FastifyRequest,
  pairs: ReadonlySet<string>,
): T {
  const parsed = schema.safeParse(request.body)
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the order'}: ${message}`)
    throw new BadOrder(faults.join('; '))
  }
  if (!pairs.has(parsed.data.pair)) throw new BadOrder('no such pair')
  return parsed.data
}

function selectionOf(order: z.output<typeof redriveOrder>): Selection {
  const { pair, reason, key, versionId } = order
  return { pairs: [pair], reason, key, versionId }
}

/** The token is one for all: the name is what the person says, the address is what we see. */
function whoIs(name: string, { ip }: FastifyRequest): string {
  return `${name} (page, ${ip})`
}
