/**
 * HeadObject by the SDK's own parts (endpoint, credentials, signer, sockets), without its middleware.
 *
 * A HEAD is what Landfall does for every version, and of what one costs this process, the SDK's stack (some twenty
 * steps that serialise, resolve and retry) is three quarters. A HEAD has no body on either way, so the steps have little
 * to do. See docs/adr/0006-lean-head.md for what is left out and who does it instead.
 *
 * Source: Amazon S3 API reference, HeadObject.
 */
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { getEndpointFromInstructions } from '@smithy/core/endpoints'
import { HttpRequest } from '@smithy/core/protocols'
import { RETRIGGERED, SOURCE_VERSION } from '../domain/repair/marks.ts'
import type { Clock } from '../ports.ts'
import type { HeadAnswer } from './looks.ts'

export interface HeadOf {
  readonly bucket: string
  readonly key: string
  readonly versionId: string
  /** Asks for checksums, which of KMS objects needs `kms:Decrypt`. */
  readonly checksums: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * The members of the SDK's answer that a look is made of (looks.ts). Throws what the SDK would: an error with
 * `$metadata.httpStatusCode` and `$response.headers` for every status but 200, the connection's own otherwise.
 */
export type SendHead = (client: S3Client, head: HeadOf) => Promise<HeadAnswer>

type Config = S3Client['config']
type Headers = Readonly<Record<string, string>>

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
export function makeSendHead({ clock, count }: { readonly clock: Clock; readonly count: () => void }): SendHead {
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

  async function request({ config }: S3Client, target: Target, head: HeadOf): Promise<HttpRequest> {
    const { url } = target
    const request = new HttpRequest({
      method: 'HEAD',
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port !== '' && { port: Number(url.port) }),
      path: `${url.pathname.replace(/\/$/, '')}/${encodedKey(head.key)}`,
      query: { versionId: head.versionId },
      headers: {
        ...target.headers,
        host: url.host,
        'user-agent': 'app/landfall',
        ...(head.checksums && { 'x-amz-checksum-mode': 'ENABLED' }),
      },
    })
    // Each attempt anew: credentials may have been refreshed, and the SDK corrects a clock that it found to be wrong.
    return (await target.signer.sign(request, {
      signingDate: new Date(clock.now() + (config.systemClockOffset ?? 0)),
      ...target.scope,
    })) as HttpRequest
  }

  return async (client, head) => {
    const target = await targetOf(client, head.bucket)
    for (let attempt = 1; ; attempt += 1) {
      const signed = await request(client, target, head)
      count()
      try {
        const options = head.signal === undefined ? {} : { abortSignal: head.signal }
        const { response } = await client.config.requestHandler.handle(signed, options)
        // Nothing will come, but until it is read the socket is not free for another request.
        response.body.resume()
        if (response.statusCode === 200) return outputOf(response.headers)
        throw failed(response.statusCode, response.headers, attempt)
      } catch (error) {
        if (attempt >= TRIES || !isStale(error)) throw error
      }
    }
  }
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

function outputOf(headers: Headers): HeadAnswer {
  const date = (name: string): Date | undefined => (headers[name] === undefined ? undefined : new Date(headers[name]))
  const number = (name: string): number | undefined => (headers[name] === undefined ? undefined : Number(headers[name]))
  return {
    DeleteMarker: headers['x-amz-delete-marker'] === 'true',
    VersionId: headers['x-amz-version-id'],
    ContentLength: number('content-length'),
    ETag: headers['etag'],
    LastModified: date('last-modified'),
    ReplicationStatus: headers['x-amz-replication-status'] as HeadAnswer['ReplicationStatus'],
    ChecksumType: headers['x-amz-checksum-type'] as HeadAnswer['ChecksumType'],
    ChecksumCRC64NVME: headers['x-amz-checksum-crc64nvme'],
    ChecksumCRC32: headers['x-amz-checksum-crc32'],
    ChecksumCRC32C: headers['x-amz-checksum-crc32c'],
    ChecksumSHA1: headers['x-amz-checksum-sha1'],
    ChecksumSHA256: headers['x-amz-checksum-sha256'],
    TagCount: number('x-amz-tagging-count'),
    ObjectLockMode: headers['x-amz-object-lock-mode'] as HeadAnswer['ObjectLockMode'],
    ObjectLockRetainUntilDate: date('x-amz-object-lock-retain-until-date'),
    ObjectLockLegalHoldStatus: headers['x-amz-object-lock-legal-hold'] as HeadAnswer['ObjectLockLegalHoldStatus'],
    StorageClass: headers['x-amz-storage-class'] as HeadAnswer['StorageClass'],
    Metadata: marksOf(headers),
  }
}

/** Only Landfall's own: what else people write there is nobody's business. */
function marksOf(headers: Headers): Record<string, string> | undefined {
  let marks: Record<string, string> | undefined
  for (const name of [SOURCE_VERSION, RETRIGGERED]) {
    const value = headers[`x-amz-meta-${name}`]
    if (value !== undefined) (marks ??= {})[name] = value
  }
  return marks
}

function failed(status: number, headers: Headers, attempts: number): Error {
  return Object.assign(new Error(`HTTP ${status}`), {
    $metadata: { httpStatusCode: status, requestId: headers['x-amz-request-id'], attempts },
    $response: { statusCode: status, headers },
  })
}

function isStale(error: unknown): boolean {
  return error instanceof Error && 'code' in error && STALE.has(String(error.code))
}
