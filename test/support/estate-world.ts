/**
 * A world of its own for one file of fault tests: a sandbox and a Redis as processes that may be broken, a small estate
 * provisioned in it, and its configuration as a file (for `landfall` as a child process) and as an Estate (for `startApp`).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PutBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3'
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { makeAws } from '../../src/aws/clients.ts'
import { deadLetterName } from '../../src/domain/setup/places.ts'
import { provision } from '../../src/aws/provision.ts'
import { makeQueues } from '../../src/aws/sqs.ts'
import { makeWriter, type Writer } from '../../src/aws/writer.ts'
import { pointAtSandbox } from '../../src/config/environment.ts'
import type { Estate } from '../../src/config/estate.ts'
import { loadEstate } from '../../src/config/load.ts'
import { isLandfallError } from '../../src/domain/errors.ts'
import { type PrivateRedis, startPrivateRedis } from '../../src/demo/redis-server.ts'
import { startTraffic, type Traffic } from '../../src/demo/traffic.ts'
import { connectLedger } from '../../src/ledger/connection.ts'
import { makeLedger, type RedisLedger } from '../../src/ledger/ledger.ts'
import { systemClock } from '../../src/system.ts'
import type { Faults } from '../../sandbox/types.ts'
import { type EstateFileOptions, estateDocument, QUIET_PAIR, writeEstateFile } from './estate-file.ts'
import { ACCOUNT } from './local-aws.ts'
import { recordingLog } from './log.ts'
import { clientsFor, controlOf, startSandboxProcess } from './sandbox.ts'

export interface EstateWorld {
  readonly sandboxUrl: string
  readonly folder: string
  readonly configFile: string
  readonly estate: Estate
  readonly redis: { readonly url: string }
  /** The environment of a child process: this sandbox, and nothing of the machine's. */
  readonly env: Readonly<Record<string, string>>
  readonly clients: Record<'source' | 'destination', ReturnType<typeof clientsFor>>
  /** The test's own eyes on the ledger. */
  readonly ledger: RedisLedger
  setFaults(faults: Faults): Promise<void>
  clearFaults(): Promise<void>
  /** Writes exactly `events` versions, or until it is stopped: what happens before that happens in mid-traffic. */
  traffic(options: { readonly events?: number; readonly perSecond: number }): Traffic
  /** Messages visible, in flight and parked, over all queues. */
  depths(): Promise<{ readonly waiting: number; readonly dead: number }>
  stop(): Promise<void>
}

export interface WorldOptions extends Partial<EstateFileOptions> {
  /** In place of the world's own Redis, which then is nobody's business here. */
  readonly redis?: { readonly url: string }
  /** Low, so that a message that is received and not acknowledged a few times ends in the dead-letter queue. */
  readonly maxReceiveCount?: number
}

export const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'] as const

export async function startRedis(at: { readonly port?: number; readonly dir?: string } = {}): Promise<PrivateRedis> {
  return startPrivateRedis({ args: DURABLE, ...at })
}

export async function startWorld(options: WorldOptions = {}): Promise<EstateWorld> {
  const undo: (() => Promise<unknown> | void)[] = []
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed()) await step()
  }
  try {
    return await build(options, undo, stop)
  } catch (error) {
    await stop()
    throw error
  }
}

async function build(
  options: WorldOptions,
  undo: (() => Promise<unknown> | void)[],
  stop: () => Promise<void>,
): Promise<EstateWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'landfall-faults-'))
  undo.push(() => rm(folder, { recursive: true, force: true }))
  const redis = options.redis ?? (await ownRedis(undo))
  const sandbox = await startSandboxProcess()
  undo.push(() => sandbox.stop())
  const configFile = await writeEstateFile(
    join(folder, 'landfall.yaml'),
    estateDocument({ ...options, redisUrl: redis.url }),
  )
  const estate = await loadEstate({ path: configFile, env: {} })

  // The SDK's own variables are the only way to point `startApp` and `provision` anywhere: one world at a time in a process.
  pointAtSandbox(sandbox.url, ACCOUNT)
  const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
  undo.push(() => aws.close())
  await provision({ estate, aws, roles: true })
  const clients = {
    source: clientsFor(sandbox.url, { account: ACCOUNT }),
    destination: clientsFor(sandbox.url, { account: ACCOUNT, region: 'eu-west-2' }),
  }
  undo.push(() => Object.values(clients).forEach((all) => all.destroy()))
  await silence(clients.destination, estate)
  if (options.maxReceiveCount !== undefined) await parkAfter(options.maxReceiveCount, aws, estate)

  const connection = await connectLedger(redis.url, { cluster: estate.service.redis.cluster })
  undo.push(() => connection.disconnect())
  const control = controlOf(sandbox.url)
  const queues = makeQueues({ estate, aws })
  const graves = makeQueues({ estate: { ...estate, queues: estate.queues.map(graveOf) }, aws })
  const writer = tenacious(makeWriter(aws))
  return {
    sandboxUrl: sandbox.url,
    folder,
    configFile,
    estate,
    redis,
    env: {
      PATH: process.env['PATH'] ?? '',
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: 'sandbox',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    clients,
    ledger: makeLedger({ connection, clock: systemClock, durability: 'sync' }),
    setFaults: (faults) => control.setFaults(faults),
    clearFaults: () => control.clearFaults(),
    traffic({ events, perSecond }) {
      const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
        await sleep(ms, undefined, { signal }).catch(() => {})
      }
      const traffic = startTraffic({ pairs: estate.pairs, writer, seed: 7, events, perSecond, pause })
      undo.push(() => traffic.stop())
      return traffic
    },
    async depths() {
      const [live, dead] = await Promise.all([queues.depths(), graves.depths()])
      return { waiting: messagesIn(live), dead: messagesIn(dead) }
    },
    stop,
  }
}

async function ownRedis(undo: (() => Promise<unknown> | void)[]): Promise<PrivateRedis> {
  const redis = await startRedis()
  undo.push(() => redis.stop())
  return redis
}

/** One destination sends no events at all. */
async function silence({ s3 }: ReturnType<typeof clientsFor>, { pairs }: Estate): Promise<void> {
  const { destination } = pairs.find(({ name }) => name === QUIET_PAIR)!
  await s3.send(
    new PutBucketNotificationConfigurationCommand({ Bucket: destination.bucket, NotificationConfiguration: {} }),
  )
}

async function parkAfter(maxReceiveCount: number, aws: Parameters<typeof makeQueues>[0]['aws'], estate: Estate) {
  for (const { region, account, url, deadLetter } of await makeQueues({ estate, aws }).resolveAll()) {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetter!.arn, maxReceiveCount })
    await aws
      .sqs({ region, account })
      .send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { RedrivePolicy } }))
  }
}

function graveOf(queue: Estate['queues'][number]): Estate['queues'][number] {
  return { ...queue, name: deadLetterName(queue) }
}

function messagesIn(depths: readonly { visible: number; inFlight: number; delayed: number }[]): number {
  return depths.reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0)
}

/** The applications that write are not what is tested: they write again until the store takes it. */
function tenacious(writer: Writer): Writer {
  return {
    put: (...args) => untilTaken(() => writer.put(...args)),
    mark: (...args) => untilTaken(() => writer.mark(...args)),
    purge: (...args) => untilTaken(() => writer.purge(...args)),
  }
}

async function untilTaken<T>(write: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (!isLandfallError(error) || error.disposition !== 'retryable') throw error
      await sleep(100)
    }
  }
}
