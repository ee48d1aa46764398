/**
 * An HTTP server on the loopback that answers as a test says, for what no well-behaved service does.
 * The SDK is led to it by its own environment variables, as a user would.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { vi } from 'vitest'

export interface FakeRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly raw: Buffer
  /** Of the client's end: requests of one socket share it. */
  readonly port: number | undefined
}

/** `hang`: never answers. `stall`: answers with headers and half a body. `reset`: breaks the connection. */
export type FakeReply =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang'
  | 'stall'
  | 'reset'

export interface FakeAws extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly FakeRequest[]
  /** Answers from now on. */
  answer(reply: (request: FakeRequest) => FakeReply): void
}

/** Sets AWS_ENDPOINT_URL and credentials until it is disposed of. */
export async function startFakeAws(reply: (request: FakeRequest) => FakeReply): Promise<FakeAws> {
  const requests: FakeRequest[] = []
  let answer = reply
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const raw = Buffer.concat(chunks)
      const request = {
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        headers: incoming.headers,
        body: raw.toString(),
        raw,
        port: incoming.socket.remotePort,
      }
      requests.push(request)
      const said = answer(request)
      if (said === 'hang') return
      if (said === 'stall') {
        outgoing.writeHead(200, { 'content-length': '2' })
        outgoing.write('{')
        return
      }
      if (said === 'reset') {
        incoming.socket.resetAndDestroy()
        return
      }
      outgoing.writeHead(said.status, said.headers)
      outgoing.end(request.method === 'HEAD' ? undefined : said.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  pointSdkAt(url)
  return {
    url,
    requests,
    answer: (next) => {
      answer = next
    },
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Undone by `vi.unstubAllEnvs()`. No file of the machine's own AWS configuration is read. */
export function pointSdkAt(url: string, accessKeyId = 'AKIDEXAMPLE'): void {
  vi.stubEnv('AWS_ENDPOINT_URL', url)
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
}

/** An S3 error document. */
export function s3Error(status: number, code: string, extra = ''): Exclude<FakeReply, string> {
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code} it is</Message>${extra}</Error>`,
  }
}
