/**
 * The one HTTP server: liveness, readiness and Prometheus metrics for whoever asks, the status document, and the
 * operator's page with its API behind the guard (docs/page.md).
 */
import Fastify, { type FastifyInstance } from 'fastify'
import { LandfallError, isLandfallError } from '../domain/errors.ts'
import { prometheusText } from '../domain/prometheus.ts'
import type { StatusReport } from '../domain/status.ts'
import type { Clock, Log } from '../ports.ts'
import { addAssets, readAssets } from './assets.ts'
import { makeGuard } from './guard.ts'
import { addHeaders } from './headers.ts'
import { BadOrder } from './orders.ts'
import { addPage, type PageNeeds } from './page.ts'

/** Why the service cannot take work now; empty when it can. */
export type Readiness = () => Promise<readonly string[]>

export interface WebNeeds extends PageNeeds {
  readonly gather: (options: { readonly head: number }) => Promise<StatusReport>
  readonly readiness: Readiness
  /** AWS requests of this process, by service and action. */
  readonly requests: () => ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly clock: Clock
  readonly log: Log
}

export interface WebPlace {
  readonly host: string
  readonly port: number
  /** What orders need, and reads that come from another machine. */
  readonly token?: string | undefined
}

export interface Web {
  readonly url: string
  close(): Promise<void>
}

const STATUS_HEAD = 100
/** Of an order; a key has at most 1,024 bytes. */
const MOST_BYTES = 16_384

/** Listens at once; rejects with a clear error when the port is taken. */
export async function startWeb(needs: WebNeeds, at: WebPlace): Promise<Web> {
  const server = await makeServer(needs, at)
  try {
    await server.listen({ host: at.host, port: at.port })
  } catch (error) {
    throw new LandfallError('PORT_TAKEN', `cannot listen on ${at.host}:${at.port}: ${(error as Error).message}`, {
      cause: error,
    })
  }
  const bound = server.server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : at.port
  const host = at.host.includes(':') ? `[${at.host}]` : at.host
  return { url: `http://${host}:${port}`, close: async () => server.close() }
}

export async function makeServer(needs: WebNeeds, at: Omit<WebPlace, 'port'>): Promise<FastifyInstance> {
  const { gather, log } = needs
  const server = Fastify({ logger: false, forceCloseConnections: true, bodyLimit: MOST_BYTES })
  const guard = makeGuard(at)
  addHeaders(server)
  addHealth(server, needs)
  addAssets(server, await readAssets())

  server.addHook('onRequest', async (request, reply) => {
    // The page's files hold nothing of the estate; whoever probes and scrapes has no token.
    if (request.routeOptions.url !== '/status' && !request.url.startsWith('/api/')) return
    const refusal = request.method === 'GET' ? guard.mayRead(request) : guard.mayOrder(request)
    if (refusal === undefined) return
    const { status, ...refused } = refusal
    return reply.code(status).send(refused)
  })
  server.get('/status', async () => gather({ head: STATUS_HEAD }))
  addPage(server, needs, guard)

  // Nothing but JSON is an order; a form of another site's page is none.
  server.removeContentTypeParser('text/plain')
  server.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ error: 'no such page', code: 'NOT_FOUND' }),
  )
  server.setErrorHandler(async (error, _request, reply) => {
    if (error instanceof BadOrder) return reply.code(400).send({ error: error.message, code: 'BAD_REQUEST' })
    const { statusCode } = error as { statusCode?: number }
    if (statusCode !== undefined && statusCode < 500)
      return reply.code(statusCode).send({ error: (error as Error).message, code: 'BAD_REQUEST' })
    const known = isLandfallError(error) ? error : undefined
    if (known === undefined) log.error({ err: error }, 'request failed')
    return reply
      .code(known === undefined ? 500 : 503)
      .send({ error: known?.message ?? 'internal error', code: known?.code ?? 'INTERNAL', hint: known?.hint })
  })
  return server
}

function addHealth(server: FastifyInstance, { gather, readiness, requests, clock }: WebNeeds): void {
  // Liveness says only that the event loop turns: restarting the container mends no Redis and no AWS.
  server.get('/livez', async () => ({ live: true }))

  server.get('/readyz', async (_request, reply) => {
    const reasons = await readiness()
    return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons })
  })

  server.get('/metrics', async (_request, reply) => {
    const status = await gather({ head: 0 })
    const text = prometheusText({
      now: clock.now(),
      pairs: status.pairs,
      queues: status.queues.map((queue) => ({
        ...queue.depth,
        queue: queue.queue,
        newestEvent: queue.newestEventAge === undefined ? undefined : clock.now() - queue.newestEventAge * 1000,
      })),
      dumps: status.dumps ?? [],
      counters: status.counters,
      requests: requests(),
    })
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(text)
  })
}
