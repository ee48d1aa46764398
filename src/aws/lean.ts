/**
 * Requests to S3 by the SDK's own parts (endpoint, credentials, signer, sockets), without its middleware: for the two
 * actions that Landfall sends by the million. See docs/adr/0006-lean-head.md for what is left out and who does it instead.
 */
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getEndpointFromInstructions } from '@smithy/core/endpoints'
import { HttpRequest } from '@smithy/core/protocols'
import type { Readable } from 'node:stream'
import type { Clock } from '../ports.ts'

export type Headers = Readonly<Record<string, string>>

export interface LeanRequest {
  readonly method: 'HEAD' | 'GET'
  readonly bucket: string
  /** Absent: the bucket itself. */
  readonly key?: string | undefined
  readonly query: Readonly<Record<string, string>>
  readonly headers?: Headers | undefined
  readonly signal?: AbortSignal | undefined
}

export interface LeanAnswer {
  readonly statusCode: number
  readonly headers: Headers
  readonly body: Readable
  /** Which attempt it answers, from 1. */
  readonly attempt: number
}

/** Any status is an answer; throws the connection's own errors. The body must be read, or its socket is lost. */
export type SendLean = (client: S3Client, request: LeanRequest) => Promise<LeanAnswer>

type Config = S3Client['config']

interface Target {
  readonly url: URL
  readonly headers: Headers
  readonly signer: Awaited<ReturnType<Config['signer']>>
  readonly scope: { readonly signingRegion?: string; readonly signingService?: string }
}

/** A kept-alive socket that the other end had just closed: by far the most frequent failure, and gone with a new socket. */
const STALE = new Set(['ECONNRESET', 'EPIPE'])
const TRIES = 2

/** `count` is told of each request as it leaves. */
export function makeSendLean({ clock, count }: { readonly clock: Clock; readonly count: () => void }): SendLean {
  const targets = new WeakMap<S3Client, Map<string, Promise<Target>>>()

  /** Where a bucket is and how its requests are signed: what the endpoint's rules say, asked once. */
  async function targetOf(client: S3Client, bucket: string): Promise<Target> {
    let ofClient = targets.get(client)
    if (ofClient === undefined) {
      ofClient = new Map()
      targets.set(client, ofClient)
    }
    let target = ofClient.get(bucket)
    if (target === undefined) {
      target = resolve(client.config, bucket)
      ofClient.set(bucket, target)
      target.catch(() => ofClient.delete(bucket))
    }
    return target
  }

  async function sign({ config }: S3Client, target: Target, asked: LeanRequest): Promise<HttpRequest> {
    const { url } = target
    const base = url.pathname.replace(/\/$/, '')
    const request = new HttpRequest({
      method: asked.method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: asked.key === undefined ? base || '/' : `${base}/${encodedKey(asked.key)}`,
      query: { ...asked.query },
      headers: { ...target.headers, host: url.host, 'user-agent': 'app/landfall', ...asked.headers },
    })
    // Each attempt anew: credentials may have been refreshed, and the SDK corrects a clock that it found to be wrong.
    return (await target.signer.sign(request, {
      signingDate: new Date(clock.now() + (config.systemClockOffset ?? 0)),
      ...target.scope,
    })) as HttpRequest
  }

  return async (client, asked) => {
    const target = await targetOf(client, asked.bucket)
    for (let attempt = 1; ; attempt += 1) {
      const signed = await sign(client, target, asked)
      count()
      try {
        const options = asked.signal === undefined ? {} : { abortSignal: asked.signal }
        const { response } = await client.config.requestHandler.handle(signed, options)
        return {
          statusCode: response.statusCode,
          headers: response.headers,
          body: response.body as Readable,
          attempt,
        }
      } catch (error) {
        if (attempt >= TRIES || !isStale(error)) throw error
      }
    }
  }
}

/** What the SDK would throw: an error with `$metadata.httpStatusCode` and `$response.headers`. */
export function failed(answer: LeanAnswer, said: { readonly name?: string; readonly message?: string } = {}): Error {
  const { statusCode, headers, attempt } = answer
  return Object.assign(new Error(said.message ?? `HTTP ${statusCode}`), {
    ...(said.name === undefined ? {} : { name: said.name }),
    $metadata: { httpStatusCode: statusCode, requestId: headers['x-amz-request-id'], attempts: attempt },
    $response: { statusCode, headers },
  })
}

async function resolve(config: Config, bucket: string): Promise<Target> {
  const endpoint = await getEndpointFromInstructions({ Bucket: bucket }, HeadObjectCommand, config)
  const [scheme] = (endpoint.properties?.['authSchemes'] ?? []) as Parameters<Config['signer']>[0][]
  return {
    url: endpoint.url,
    headers: Object.fromEntries(Object.entries(endpoint.headers ?? {}).map(([name, all]) => [name, all.join(', ')])),
    signer: await config.signer(scheme),
    scope: {
      ...(scheme?.signingRegion !== undefined && { signingRegion: scheme.signingRegion }),
      ...(scheme?.signingName !== undefined && { signingService: scheme.signingName }),
    },
  }
}

/** As S3's signature wants it: all but the unreserved characters, slashes left alone. */
function encodedKey(key: string): string {
  return key
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
    )
    .join('/')
}

function isStale(error: unknown): boolean {
  return error instanceof Error && 'code' in error && STALE.has(String(error.code))
}
