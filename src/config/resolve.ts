/** From the words of the file to those of the Estate. */
import type { Alarms, Estate, IntakeQueue, Pair, Redrive } from './estate.ts'
import { toDump, toShipment } from './resolve-dumps.ts'
import type { EstateFile, PairFile, QueueFile } from './schema.ts'

/** Most replicas land within seconds, and a pair that lags is learned: this only bounds what was learned. */
const FIRST_LOOK_MAX_MS = 5 * 60_000

/** The Estate, frozen all through. */
export function toEstate(file: EstateFile): Estate {
  const { service } = file
  const estate: Estate = {
    name: file.name,
    accounts: Object.fromEntries(Object.entries(file.accounts).map(([name, account]) => [name, { name, ...account }])),
    service: {
      region: service.region,
      redis: service.redis,
      http: service.http,
      snapshot: service.snapshot === undefined ? undefined : everyMs(service.snapshot),
      metrics: { ...everyMs(service.metrics), region: service.metrics.region ?? service.region },
      alarms: toAlarms(service.alarms),
      setup: service.setup,
      intake: {
        consumersPerQueue: service.intake.consumersPerQueue,
        waitSeconds: Math.ceil(service.intake.wait / 1000),
        visibilitySeconds: Math.ceil(service.intake.visibility / 1000),
      },
      verify: {
        lanesPerPair: service.verify.lanesPerPair,
        concurrency: service.verify.concurrency,
        leaseMs: service.verify.lease,
        tickMs: service.verify.tick,
      },
      doctor: { everyMs: service.doctor.every, canaryEveryMs: service.doctor.canary },
      shutdownGraceMs: service.shutdownGrace,
      log: service.log,
    },
    queues: file.queues.map((queue) => toQueue(queue, service.intake.consumersPerQueue)),
    pairs: file.pairs.map(toPair),
    dumps: file.dumps.map(toDump),
    shipments: file.shipments.map(toShipment),
  }
  return freeze(estate)
}

function everyMs<T extends { readonly every: number }>({ every, ...rest }: T): Omit<T, 'every'> & { everyMs: number } {
  return { ...rest, everyMs: every }
}

function toQueue(queue: QueueFile, consumers: number): IntakeQueue {
  return { ...queue, consumers: queue.consumers ?? consumers }
}

function toPair(pair: PairFile): Pair {
  return {
    name: pair.name,
    source: pair.source,
    destination: pair.destination,
    evidence: pair.evidence,
    match: pair.match,
    deleteMarkers: pair.deleteMarkers,
    excludePrefixes: pair.excludePrefixes,
    lateAfterMs: pair.late,
    failAfterMs: pair.fail,
    recheckAfterMs: pair.recheck,
    firstLook: {
      minMs: pair.firstLook.min,
      // The upper bound may not come before the lower one, nor after `late` (checks.ts holds written ones to that).
      maxMs: pair.firstLook.max ?? Math.max(pair.firstLook.min, Math.min(FIRST_LOOK_MAX_MS, pair.late)),
    },
    purgePrincipals: pair.purgePrincipals,
    attributesSample: pair.attributesSample,
    destinationExpiresAfterMs: pair.destinationExpires,
    redrive: toRedrive(pair.redrive),
    setup: pair.setup,
    auditEveryMs: pair.audit.every,
    stage: pair.stage ?? pair.source.account,
    // At least a minute: twice a `late` of seconds, as in a demonstration, is no age that CloudWatch could tell.
    alarms: {
      rpoMs: pair.alarms.rpo ?? Math.max(60_000, 2 * pair.late),
      quietAfterMs: pair.alarms.quietAfter,
      requestsFilter: pair.alarms.requestsFilter,
    },
  }
}

function toAlarms(file: EstateFile['service']['alarms']): Alarms {
  const { late, failed, mismatched, unannounced, queueAge, inFlight, ...rest } = file
  return { ...rest, thresholds: { late, failed, mismatched, unannounced, queueAgeMs: queueAge, inFlight } }
}

function toRedrive({ every, rate, probe, ...rest }: PairFile['redrive']): Redrive {
  return {
    ...rest,
    everyMs: every,
    rate: { versionsPerSecond: rate.versions, bytesPerSecond: rate.bytes },
    probe: { minMs: probe.min, maxMs: Math.max(probe.min, probe.max) },
  }
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
