/**
 * The SDK's clients: one for each service, account and region, made at first use; each HTTP request counted.
 *
 * Endpoints and credentials come by the SDK's own environment variables, profiles and task roles alone
 * (AWS SDKs and tools reference guide, "Service-specific endpoints" and "Credential provider chain").
 */
import { AthenaClient } from '@aws-sdk/client-athena'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { IAMClient } from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import { S3ControlClient } from '@aws-sdk/client-s3-control'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { STSClient } from '@aws-sdk/client-sts'
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import type { Account, Estate } from '../config/estate.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Log } from '../ports.ts'
import { awsError } from '../domain/aws-errors.ts'
import { withoutAccountPrefix } from './account-prefix.ts'
import { countRequests, makeRequestCounts, type RequestCounts, type ServiceName } from './requests.ts'

/** Where a client works. Without an account: the service's own credentials. */
export interface Place {
  /** Key into `Estate.accounts`. */
  readonly account?: string | undefined
  readonly region: string
}

/** Milliseconds. `request` is the time until the answer's headers, waiting for a free socket included. */
export interface Timeouts {
  readonly connectMs: number
  readonly requestMs: number
}

export interface AwsNeeds {
  readonly estate: Estate
  readonly log: Log
  /**
   * S3 by `host/bucket` instead of `bucket.host`: for endpoints other than AWS' own, which seldom have a DNS entry for
   * each bucket (config/environment.ts, `usesOwnEndpoint`).
   */
  readonly pathStyle: boolean
  /** Called for each HTTP request beside the counts that `requests()` gives. */
  readonly count?: ((service: ServiceName, action: string) => void) | undefined
  readonly timeouts?: Partial<Timeouts> | undefined
}

export interface Aws {
  s3(place: Place): S3Client
  /** For whole objects: as `s3`, with time-outs that fit gigabytes and sockets that no look waits for. */
  s3Bulk(place: Place): S3Client
  s3Control(place: Place): S3ControlClient
  sqs(place: Place): SQSClient
  cloudWatch(place: Place): CloudWatchClient
  sts(place: Place): STSClient
  athena(place: Place): AthenaClient
  /** Roles are an account's, of no region: the place's region names the partition alone. */
  iam(place: Place): IAMClient
  sns(place: Place): SNSClient
  /** HTTP requests sent so far, retries included, by service (`s3`, `s3control`, `sqs` ...) and action (`HeadObject`). */
  requests(): RequestCounts
  /**
   * Drops what is known of the place's credentials: the next client asks for them anew. For a session that AWS has ended
   * although its time is not up by this machine's clock. Calls in flight end as they would.
   */
  renew(place: Place): void
  /** For a request that is sent beside the clients' own calls (head.ts), so that `requests()` has it too. */
  count(service: ServiceName, action: string): void
  /** Closes all sockets. Calls in flight fail. */
  close(): void
}

/**
 * How often the SDK itself may send one request. Mode `standard`, since its retry quota (500 tokens a client) ends the
 * SDK's retries by itself in an outage; `adaptive` would slow a whole client, all buckets of a region and the long
 * polls with it, because one prefix of one bucket was throttled.
 *
 * S3 gets one retry only: it mends what is by far the most frequent, a kept-alive socket that the other end had just
 * closed. All else is the ledger's: a version whose look failed is due again, so each further attempt here would be
 * paid twice. For the others there is no such second look soon.
 */
const ATTEMPTS = {
  s3: 2,
  s3control: 3,
  sqs: 3,
  cloudwatch: 3,
  sts: 3,
  athena: 3,
  iam: 3,
  sns: 3,
} as const satisfies Record<ServiceName, number>

const CONNECT_MS = 3000
const REQUEST_MS = 10_000
/** S3 answers a PUT when it has all bytes, and a copy when it is done: 5 GiB, the most of one request, at 10 MB/s. */
const BULK_MS = 600_000
/** The SDK's own default. */
const MIN_SOCKETS = 50
const APP = 'landfall'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

type Credentials = ReturnType<typeof fromTemporaryCredentials>

/** Makes the clients' source. Nothing is connected, and no credentials are asked for, before the first call. */
export function makeAws({ estate, log, pathStyle, count, timeouts }: AwsNeeds): Aws {
  const counts = makeRequestCounts(count)
  const clients = new Map<string, unknown>()
  const handlers = new Set<NodeHttpHandler>()
  const credentials = new Map<string, Credentials>()

  function handler(requestMs: number, maxSockets: number): NodeHttpHandler {
    const agent = { keepAlive: true, maxSockets }
    const ms = timeouts?.requestMs ?? requestMs
    const made = new NodeHttpHandler({
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: timeouts?.connectMs ?? CONNECT_MS,
      requestTimeout: ms,
      // Without this the SDK only warns, and a call to a silent endpoint never ends.
      throwOnRequestTimeout: true,
      // A body that stops coming half-way: requestTimeout covers the headers alone. Longer, so that it never comes first.
      socketTimeout: 2 * ms,
      logger: {
        debug: () => {},
        info: () => {},
        warn: (text: unknown) => log.warn({ said: String(text) }, 'the AWS SDK warns'),
        error: (text: unknown) => log.error({ said: String(text) }, 'the AWS SDK reports an error'),
      },
    })
    handlers.add(made)
    return made
  }

  function common(service: ServiceName, place: Place, requestMs: number, maxSockets: number) {
    const own = credentialsOf(place.account)
    return {
      region: place.region,
      userAgentAppId: APP,
      retryMode: 'standard',
      maxAttempts: ATTEMPTS[service],
      requestHandler: handler(requestMs, maxSockets),
      ...(own === undefined ? {} : { credentials: own }),
    }
  }

  /** Undefined: the SDK's default chain. */
  function credentialsOf(name: string | undefined): Credentials | undefined {
    const account = name === undefined ? undefined : accountOf(estate, name)
    if (account?.roleArn === undefined) return undefined
    let found = credentials.get(account.name)
    if (found === undefined) {
      found = assumed(account, account.roleArn)
      credentials.set(account.name, found)
    }
    return found
  }

  /** Refreshed by the SDK before it ends: one hour, the most that role chaining (a task role assuming ours) allows. */
  function assumed(account: Account, roleArn: string): Credentials {
    const { region } = estate.service
    const assume = fromTemporaryCredentials({
      params: {
        RoleArn: roleArn,
        RoleSessionName: APP,
        ...(account.externalId === undefined ? {} : { ExternalId: account.externalId }),
      },
      // STS of the region that Landfall lives in: the global endpoint, or the source's, may be what is down.
      clientConfig: {
        region,
        userAgentAppId: APP,
        maxAttempts: ATTEMPTS.sts,
        requestHandler: handler(REQUEST_MS, MIN_SOCKETS),
      },
      clientPlugins: [countRequests('sts', counts.add)],
    })
    return async (properties) => {
      try {
        return await assume(properties)
      } catch (error) {
        // Told apart here: further up, a denied AssumeRole would look like a denied HEAD.
        throw awsError(error, { action: 'sts:AssumeRole', resource: roleArn, region })
      }
    }
  }

  function s3Client(place: Place, requestMs: number, sockets: number): S3Client {
    const client = new S3Client({
      ...common('s3', place, requestMs, sockets),
      // Else it writes on stderr, past our log, that a body which was streamed can't be sent again.
      logger: quiet,
      forcePathStyle: pathStyle,
      // A bucket in another region than configured is a fault to name, not a second request for every look.
      followRegionRedirects: false,
      // Uploads are small documents, worth a checksum that S3 verifies (the SDK's default). Answers are verified
      // only where asked: else each GetObject of a KMS object would need kms:Decrypt for its checksum as well.
      responseChecksumValidation: 'WHEN_REQUIRED',
    })
    client.middlewareStack.use(countRequests('s3', counts.add))
    return client
  }

  function cached<Client>(service: ServiceName | 's3-bulk', place: Place, make: () => Client): Client {
    const name = `${service} ${place.account ?? ''} ${place.region}`
    const found = clients.get(name)
    // The name begins with the service, so what is kept under it is of that service's class.
    if (found !== undefined) return found as Client
    const made = make()
    clients.set(name, made)
    return made
  }

  return {
    s3: (place) => cached('s3', place, () => s3Client(place, REQUEST_MS, s3Sockets(estate, place, pathStyle))),
    s3Bulk: (place) => cached('s3-bulk', place, () => s3Client(place, BULK_MS, MIN_SOCKETS)),
    s3Control: (place) =>
      cached('s3control', place, () => {
        const client = new S3ControlClient(common('s3control', place, REQUEST_MS, MIN_SOCKETS))
        client.config.endpointProvider = withoutAccountPrefix(client.config.endpointProvider)
        client.middlewareStack.use(countRequests('s3control', counts.add))
        return client
      }),
    sqs: (place) =>
      cached('sqs', place, () => {
        const requestMs = estate.service.intake.waitSeconds * 1000 + REQUEST_MS
        const client = new SQSClient(common('sqs', place, requestMs, sqsSockets(estate, place)))
        client.middlewareStack.use(countRequests('sqs', counts.add))
        return client
      }),
    cloudWatch: (place) =>
      cached('cloudwatch', place, () => {
        const client = new CloudWatchClient(common('cloudwatch', place, REQUEST_MS, MIN_SOCKETS))
        client.middlewareStack.use(countRequests('cloudwatch', counts.add))
        return client
      }),
    sts: (place) =>
      cached('sts', place, () => {
        const client = new STSClient(common('sts', place, REQUEST_MS, MIN_SOCKETS))
        client.middlewareStack.use(countRequests('sts', counts.add))
        return client
      }),
    athena: (place) =>
      cached('athena', place, () => {
        const client = new AthenaClient(common('athena', place, REQUEST_MS, MIN_SOCKETS))
        client.middlewareStack.use(countRequests('athena', counts.add))
        return client
      }),
    iam: (place) =>
      cached('iam', place, () => {
        const client = new IAMClient(common('iam', place, REQUEST_MS, MIN_SOCKETS))
        client.middlewareStack.use(countRequests('iam', counts.add))
        return client
      }),
    sns: (place) =>
      cached('sns', place, () => {
        const client = new SNSClient(common('sns', place, REQUEST_MS, MIN_SOCKETS))
        client.middlewareStack.use(countRequests('sns', counts.add))
        return client
      }),
    requests: () => counts.read(),
    renew(place) {
      if (place.account !== undefined) credentials.delete(place.account)
      for (const name of clients.keys()) if (name.split(' ')[1] === (place.account ?? '')) clients.delete(name)
    },
    count: (service, action) => counts.add(service, action),
    close() {
      for (const made of handlers) made.destroy()
      handlers.clear()
      clients.clear()
    },
  }
}

/** A call's options for the signal that ends it, if any. */
export function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal }
}

/** Throws INTERNAL: the configuration's schema lets no unknown account through. */
export function accountOf(estate: Estate, name: string): Account {
  const account = estate.accounts[name]
  if (account === undefined) throw new LandfallError('INTERNAL', `no account ${name} in the estate`)
  return account
}

/**
 * Enough for every look that may run at one time, or looks would wait in the agent's queue, and time out there.
 * A bound, not a pool: sockets are opened as they are needed. The agent counts by host: with path style all buckets are one.
 */
export function s3Sockets(estate: Estate, place: Place, pathStyle: boolean): number {
  const buckets = new Set(
    estate.pairs
      .flatMap((pair) => [pair.source, pair.destination])
      .filter((at) => at.region === place.region && at.account === place.account)
      .map((at) => at.bucket),
  )
  const { lanesPerPair, concurrency } = estate.service.verify
  return Math.max(MIN_SOCKETS, lanesPerPair * concurrency * (pathStyle ? buckets.size : 1))
}

/** A poll holds its socket for up to 20 s; each consumer may delete, or change a visibility, meanwhile. */
function sqsSockets(estate: Estate, place: Place): number {
  const consumers = estate.queues
    .filter((queue) => queue.region === place.region && queue.account === place.account)
    .reduce((sum, queue) => sum + queue.consumers, 0)
  return Math.max(MIN_SOCKETS, consumers * 3)
}
