/**
 * Liveness, readiness, Prometheus metrics and the status document, on a loopback port by default.
 *
 * Nothing here writes. The operator's page comes onto the same server.
 */
import Fastify, { type FastifyInstance } from 'fastify'
import { LandfallError, isLandfallError } from '../domain/errors.ts'
import { prometheusText } from '../domain/prometheus.ts'
import type { StatusReport } from '../domain/status.ts'
import type { Clock, Log } from '../ports.ts'

/** Why the service cannot take work now; empty when it can. */
export type Readiness = () => Promise<readonly string[]>

export interface WebNeeds {
  readonly gather: (options: { readonly head: number }) => Promise<StatusReport>
  readonly readiness: Readiness
  /** AWS requests of this process, by service and action. */
  readonly requests: () => ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly clock: Clock
  readonly log: Log
}

export interface Web {
  readonly url: string
  close(): Promise<void>
}

const STATUS_HEAD = 100

/** Listens at once; rejects with a clear error when the port is taken. */
export async function startWeb(needs: WebNeeds, at: { readonly host: string; readonly port: number }): Promise<Web> {
  const server = makeServer(needs)
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

export function makeServer({ gather, readiness, requests, clock, log }: WebNeeds): FastifyInstance {
  const server = Fastify({ logger: false, forceCloseConnections: true })

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

  server.get('/status', async () => gather({ head: STATUS_HEAD }))

  server.setErrorHandler(async (error, _request, reply) => {
    const known = isLandfallError(error) ? error : undefined
    if (known === undefined) log.error({ err: error }, 'request failed')
    return reply
      .code(known === undefined ? 500 : 503)
      .send({ error: known?.message ?? 'internal error', code: known?.code ?? 'INTERNAL', hint: known?.hint })
  })
  return server
}
