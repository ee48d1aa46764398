/**
 * Who may read and who may order. Reads: anybody who reaches a loopback address, else whoever has the token. Orders:
 * always the token, from our own page or from a program, never from another site's page.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { isLoopback } from '../config/loopback.ts'
import type { Refused } from './api.ts'

export interface Refusal extends Refused {
  readonly status: 401 | 403 | 415
}

export interface Guard {
  readonly orders: 'off' | 'with token'
  readonly reads: 'open' | 'with token'
  /** Why this request may not read; undefined when it may. */
  mayRead(request: FastifyRequest): Refusal | undefined
  mayOrder(request: FastifyRequest): Refusal | undefined
}

export interface GuardOptions {
  /** Where the server listens. */
  readonly host: string
  readonly token?: string | undefined
}

const NO_TOKEN: Refusal = {
  status: 401,
  code: 'TOKEN_NEEDED',
  error: 'this needs the token of service.http.token',
  hint: 'Send it as `Authorization: Bearer <token>`; the page asks for it.',
}
const FOREIGN: Refusal = {
  status: 403,
  code: 'FOREIGN_ORIGIN',
  error: "another site's page may not ask this",
}

export function makeGuard({ host, token }: GuardOptions): Guard {
  const open = isLoopback(host)
  const hasToken = (request: FastifyRequest): boolean => token !== undefined && isBearer(request, token)

  return {
    orders: token === undefined ? 'off' : 'with token',
    reads: open ? 'open' : 'with token',
    mayRead(request) {
      if (isFromElsewhere(request)) return FOREIGN
      // A name that somebody else's DNS points at this machine is how another site's page would read what is open here.
      if (hasToken(request) || (open && isLoopback(hostOf(request)))) return undefined
      if (token !== undefined) return NO_TOKEN
      return {
        status: 403,
        code: 'TOKEN_NOT_SET',
        error: 'reads are for this machine alone, since no token is set',
        hint: 'Set service.http.token (or LANDFALL_HTTP_TOKEN), or open the page by 127.0.0.1.',
      }
    },
    mayOrder(request) {
      if (token === undefined) {
        return {
          status: 403,
          code: 'ORDERS_OFF',
          error: 'orders are off, since no token is set',
          hint: 'Set service.http.token (or LANDFALL_HTTP_TOKEN), or use `landfall failures redrive`.',
        }
      }
      if (isFromElsewhere(request)) return FOREIGN
      if (!hasToken(request)) return NO_TOKEN
      const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
      if (type === 'application/json') return undefined
      return { status: 415, code: 'JSON_NEEDED', error: 'an order is JSON (content-type: application/json)' }
    },
  }
}

/** Of equal time whatever is wrong with it. */
function isBearer({ headers }: FastifyRequest, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (given === undefined) return false
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(token))
}

/** Browsers say where a request comes from, and cannot be made to lie; programs say nothing. */
function isFromElsewhere({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const { origin } = headers
  return origin !== undefined && URL.parse(origin)?.host !== headers.host
}

function hostOf({ headers }: FastifyRequest): string {
  return URL.parse(`http://${headers.host ?? ''}`)?.hostname ?? ''
}
