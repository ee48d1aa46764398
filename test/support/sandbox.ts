/** The sandbox in tests: a process of its own, and the real SDK's clients on it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { IAMClient } from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import { S3ControlClient } from '@aws-sdk/client-s3-control'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { STSClient } from '@aws-sdk/client-sts'
import type { Faults } from '../../sandbox/types.ts'

const ENTRY = join(import.meta.dirname, '..', '..', 'sandbox', 'main.ts')

export interface SandboxProcess {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** A sandbox whose CPU and memory are not the test's; it ends with this process, whatever happens to it. */
export async function startSandboxProcess(options: { seed?: string; port?: number } = {}): Promise<SandboxProcess> {
  const args = [ENTRY, '--json', '--with-stdin', '--port', String(options.port ?? 0), '--seed', options.seed ?? '1']
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const first = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(([code]) => Promise.reject(new Error(`the sandbox ended with ${String(code)} before it was ready`))),
  ])
  const { url } = JSON.parse(String(first[0])) as { url: string }
  return {
    url,
    pid: child.pid!,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}

export interface Identity {
  /** Twelve digits; the default account where absent. */
  readonly account?: string | undefined
  readonly region?: string | undefined
  /** In place of the account's own, e.g. what AssumeRole gave. */
  readonly credentials?:
    | { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string }
    | undefined
}

/** The SDK's clients as one account in one region. `destroy` closes their sockets. */
export function clientsFor(url: string, identity: Identity = {}) {
  const { account = '111111111111', region = 'eu-west-1' } = identity
  const credentials = identity.credentials ?? { accessKeyId: account, secretAccessKey: 'sandbox' }
  // One attempt: a test wants to see what the sandbox answers, not what the SDK's retries make of it.
  const config = { endpoint: url, region, credentials, maxAttempts: 1 }
  const clients = {
    s3: new S3Client({ ...config, forcePathStyle: true }),
    s3control: new S3ControlClient({ ...config, endpointProvider: controlEndpoint(url) }),
    sqs: new SQSClient(config),
    sns: new SNSClient(config),
    sts: new STSClient(config),
    iam: new IAMClient(config),
    cloudwatch: new CloudWatchClient(config),
  }
  return {
    ...clients,
    destroy() {
      for (const client of Object.values(clients)) client.destroy()
    },
  }
}

/**
 * The SDK asks `<account>.<endpoint's host>`, which no resolver knows here; the account goes in a header, too. With an
 * endpoint provider of one's own it asks the endpoint itself.
 */
export function controlEndpoint(url: string): () => { readonly url: URL } {
  const endpoint = { url: new URL(url) }
  return () => endpoint
}

/** The control endpoint. Faults hold for everyone on that sandbox: a test that orders them brings its own. */
export function controlOf(url: string) {
  const at = (path: string): string => `${url}/_sandbox/${path}`
  return {
    async setFaults(faults: Faults): Promise<void> {
      const reply = await fetch(at('faults'), { method: 'PUT', body: JSON.stringify(faults) })
      if (!reply.ok) throw new Error(`faults refused: ${await reply.text()}`)
    },
    /** Carries out the lifecycle rules of a bucket, or of all, now or as of a time. */
    async lifecycle(ask: { readonly bucket?: string; readonly asOf?: Date } = {}): Promise<void> {
      const reply = await fetch(at('lifecycle'), { method: 'POST', body: JSON.stringify(ask) })
      if (!reply.ok) throw new Error(`lifecycle refused: ${await reply.text()}`)
    },
    /** Account boundaries: `{strict: true}`, `{secureTransport: true}`, `{expireSessions: true}`. */
    async iam(settings: object): Promise<void> {
      const reply = await fetch(at('iam'), { method: 'POST', body: JSON.stringify(settings) })
      if (!reply.ok) throw new Error(`settings refused: ${await reply.text()}`)
    },
    async clearFaults(): Promise<void> {
      await fetch(at('faults'), { method: 'DELETE' })
    },
    /** `{s3: {HeadObject: 12}}` since the last reset. */
    async totals(): Promise<Record<string, Record<string, number>>> {
      const reply = await fetch(at('stats'))
      return ((await reply.json()) as { totals: Record<string, Record<string, number>> }).totals
    },
    async resetStats(): Promise<void> {
      await fetch(at('stats'), { method: 'DELETE' })
    },
  }
}
