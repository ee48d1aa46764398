/** From SQS to the ledger: what intake is made of, and when it has to wait. */
import type { Queues } from '../aws/sqs.ts'
import { dumpRoutes } from '../config/dump-places.ts'
import { ERRORS, LandfallError } from '../domain/errors.ts'
import type { RedisLedger } from '../ledger/ledger.ts'
import { type Intake, makeIntake } from '../queues/intake.ts'
import type { Poker } from '../queues/poke.ts'
import type { Producer } from '../queues/producer.ts'
import { makeSqsQueue } from '../queues/sqs.ts'
import { type Steps, watchEvents, watchIntake } from '../telemetry/steps.ts'
import type { Sample } from '../workers/attributes.ts'
import { makeIntakeHandler } from '../workers/intake.ts'
import { makeOrderShipments } from '../workers/order-shipments.ts'
import { makeTempo } from '../workers/tempo.ts'
import type { Base } from './base.ts'

/** With `window`, how long deletes are held back: what a failover of Redis may forget. */
const WINDOW_MS = 2_000
/** Above this share of Redis' memory intake waits: SQS is the buffer. */
const REDIS_FULL_SHARE = 0.7
/** The probe's write leaves nothing behind for long. */
const PROBE_LEASE_MS = 60_000

/** Polls until it is stopped. */
export function startIntake(
  base: Base,
  needs: {
    readonly ledger: RedisLedger
    readonly queues: Queues
    readonly sample: Sample
    readonly poker: Poker | undefined
    readonly producer: Producer
    readonly steps: readonly Steps[]
  },
): Intake {
  const { estate, clock, random, log } = base
  const { pairs, service } = estate
  const { ledger, queues, sample, poker, producer, steps } = needs
  const sources = new Set(pairs.map(({ source }) => source.bucket))
  const tellers = steps.map((one) => watchEvents(one, sources))
  const plain = makeIntakeHandler({
    pairs,
    ledger,
    ship: { shipments: estate.shipments, order: makeOrderShipments(producer) },
    dumps: {
      routes: dumpRoutes(estate),
      async order(names) {
        for (const dump of names) await producer.add('dump-verify', { dump }, { once: dump })
      },
    },
    canary: async (event) => ledger.canaryStep(event),
    tempo: makeTempo({ pairs, ledger, clock }),
    sample,
    clock,
    random,
    log,
    onDue: () => poker?.wake(),
    ...(tellers.length > 0 && {
      onEvent(message, event) {
        for (const tell of tellers) tell(message, event)
      },
    }),
  })
  const handler = steps.reduce(watchIntake, plain)
  const intake = makeIntake({
    queues: estate.queues.map((queue) => ({
      sqs: makeSqsQueue({
        name: queue.name,
        client: queues.client(queue),
        url: async () => queues.url(queue),
      }),
      consumers: queue.consumers,
    })),
    handler,
    probe: async () => mayTakeIn(ledger),
    waitSeconds: service.intake.waitSeconds,
    visibilitySeconds: service.intake.visibilitySeconds,
    holdMs: service.redis.durability === 'window' ? WINDOW_MS : 0,
    clock,
    random,
    log,
  })
  intake.start()
  return intake
}

/** Rejects with why SQS has to keep what it has. A read proves little: a disk that is full fails writes alone. */
async function mayTakeIn(ledger: RedisLedger): Promise<void> {
  await ledger.lease('probe', 'intake', PROBE_LEASE_MS)
  await ledger.durable()
  const { memoryShare } = await ledger.health()
  if (memoryShare !== undefined && memoryShare > REDIS_FULL_SHARE) {
    throw new LandfallError('REDIS_FULL', `redis: ${Math.round(memoryShare * 100)} % of maxmemory is used`)
  }
}

/** Why it is not ready; empty: it is. */
export async function unready(ledger: RedisLedger, intake: Intake | undefined): Promise<readonly string[]> {
  // Known already: a Redis that hangs is not asked again, or the answer would outlast the probe that wants it.
  if (intake?.waiting !== undefined) return [`intake waits: ${intake.waiting}`]
  const refused = (intake?.stats() ?? []).filter(
    ({ trouble }) => trouble !== undefined && ERRORS[trouble].disposition !== 'retryable',
  )
  if (refused.length > 0) return refused.map(({ queue, trouble }) => `queue ${queue}: ${trouble}`)
  try {
    await mayTakeIn(ledger)
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
