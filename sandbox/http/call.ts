import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Accounts, Call, Principal } from '../types.ts'
import { readHost } from './host.ts'
import { readScope, type Scope } from './sigv4.ts'

const DEFAULT_REGION = 'eu-west-1'

/** A `Call` over node's request; what most requests never ask for (the parsed query, the body) is made when asked. */
export class HttpCall implements Call {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly host: string
  readonly region: string
  readonly account: string
  readonly accessKey: string | undefined
  readonly who: Principal
  readonly requestId: string
  readonly stream: IncomingMessage
  readonly scope: Scope | undefined
  readonly #response: ServerResponse
  readonly #search: string
  #query: URLSearchParams | undefined
  #body: Promise<Buffer> | undefined

  constructor(request: IncomingMessage, response: ServerResponse, accounts: Accounts, requestId: string) {
    this.#response = response
    const url = originForm(request.url ?? '/')
    const mark = url.indexOf('?')
    this.method = request.method ?? 'GET'
    this.path = mark < 0 ? url : url.slice(0, mark)
    this.#search = mark < 0 ? '' : url.slice(mark + 1)
    this.headers = request.headers
    this.host = request.headers.host ?? 'localhost'
    this.scope = readScope(request.headers, this.#search)
    this.region = this.scope?.region ?? readHost(this.host).region ?? DEFAULT_REGION
    this.accessKey = this.scope?.accessKey
    this.who = accounts.principal(this.accessKey)
    this.account = this.who.account
    this.requestId = requestId
    this.stream = request
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.#search)
    return this.#query
  }

  body(): Promise<Buffer> {
    this.#body ??= readAll(this.stream)
    return this.#body
  }

  onGone(listener: () => void): void {
    // 'close' also follows a whole answer; the request's own 'close' comes as soon as its body is read.
    this.#response.once('close', () => {
      if (!this.#response.writableEnded) listener()
    })
  }
}

/** A client that was told of this server as its proxy sends the whole URL (RFC 9112, 3.2.2). */
function originForm(target: string): string {
  if (target.startsWith('/')) return target
  const whole = /^https?:\/\/[^/?]*(.*)$/i.exec(target)
  return whole === null ? target : whole[1]!.startsWith('/') ? whole[1]! : `/${whole[1]}`
}

function readAll(stream: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    stream.on('error', reject)
    // Neither 'end' nor 'error' comes when the client goes away in the middle of its body.
    stream.on('close', () => reject(new Error('the client went away')))
  })
}
