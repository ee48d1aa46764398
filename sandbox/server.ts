/**
 * The local AWS: one process, one port. Requests go server -> router -> service -> action -> store.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { makeControl } from './control/service.ts'
import { fateOf, isDown, pause } from './faults/middleware.ts'
import { checkSession } from './iam/expiry.ts'
import { HttpCall } from './http/call.ts'
import { ServiceError } from './http/errors.ts'
import { respond } from './http/respond.ts'
import { route, type Services } from './router.ts'
import { makeStats, type Stats } from './stats.ts'
import type { Refusal, SandboxLog, Service, World } from './types.ts'
import { makeWorld } from './world.ts'

export interface SandboxOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined
  readonly host?: string | undefined
  /** Makes version ids, message ids and faults repeatable. */
  readonly seed?: string | number | undefined
  readonly log?: SandboxLog | undefined
  /** CloudWatch's clock alone, ms: for tests of alarms, which cannot wait for minutes. */
  readonly cloudWatchNow?: (() => number) | undefined
}

export interface Sandbox {
  readonly url: string
  readonly port: number
  readonly world: World
  readonly stats: Stats
  close(): Promise<void>
}

const INTERNAL: Refusal = { status: 500, code: 'InternalError', message: 'We encountered an internal error.' }

const SILENT: SandboxLog = { debug: () => {}, error: () => {} }

/** Starts a sandbox with an empty world; everything in it is gone when it closes. Rejects where the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const log = options.log ?? SILENT
  const stats = makeStats()
  const made = makeWorld({ seed: String(options.seed ?? 1), log, cloudWatchNow: options.cloudWatchNow })
  const services: Services = { ...made.services, control: makeControl({ ...made, stats }) }
  const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
    void serve(request, response, { world: made.world, services, stats })
  })
  // A part of a large upload may take longer than node's five minutes over a slow client.
  server.requestTimeout = 0
  const host = options.host ?? '127.0.0.1'
  server.listen(options.port ?? 0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    world: made.world,
    stats,
    async close() {
      made.close()
      await closeServer(server)
    },
  }
}

interface Needs {
  readonly world: World
  readonly services: Services
  readonly stats: Stats
}

/** Answers one request; never rejects. */
async function serve(request: IncomingMessage, response: ServerResponse, needs: Needs): Promise<void> {
  const { world, services, stats } = needs
  const call = new HttpCall(request, response, world.accounts, world.random.text('request', 16).toUpperCase())
  let service: Service = services.s3
  let action = 'Unknown'
  let end: (() => void) | undefined
  try {
    service = await route(call, services)
    action = await service.action(call)
    end = stats.begin(service.name, action)
    checkSession(call.who, service.name, world.clock)
    const target = { service: service.name, action, region: service.region?.(call) ?? call.region }
    const fate = fateOf(world.faults.current, target, world.random)
    if (fate.kind !== 'cut') {
      if (fate.latencyMs > 0) await pause(world.clock, fate.latencyMs)
      const reply = fate.kind === 'refuse' ? service.refuse(call, fate.error) : await service.handle(call, action)
      const lost = (fate.kind === 'pass' && fate.lose) || isDown(world.faults.current, target)
      if (!lost) {
        // Counted before it is sent, so that a client that has its answer finds it in the stats.
        stats.count(service.name, action, target.region, reply.status)
        respond(response, service.name, call.requestId, reply)
        return
      }
    }
    stats.count(service.name, action, target.region, 'reset')
    request.socket.resetAndDestroy()
  } catch (error) {
    if (request.destroyed && !request.complete) return // the client went away in mid-body: nobody waits for an answer
    const refusal = error instanceof ServiceError ? error : INTERNAL
    if (refusal === INTERNAL) {
      world.log.error(
        { service: service.name, action, requestId: call.requestId, error },
        'a request failed unforeseen',
      )
    }
    stats.count(service.name, action, call.region, refusal.status)
    respond(response, service.name, call.requestId, service.refuse(call, refusal))
  } finally {
    end?.()
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
