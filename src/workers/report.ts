/**
 * Publishes the METRICS table to CloudWatch, once a period, from one container of many.
 *
 * The heartbeat goes out last and alone: only after everything else was taken. A publication that fails half way
 * leaves no heartbeat, and its alarm breaches on the missing data.
 */
import { lagBound } from '../domain/lag.ts'
import {
  DUMP_METRICS,
  HEARTBEAT_METRIC,
  LAG_METRIC,
  PAIR_METRICS,
  QUEUE_METRICS,
  SERVICE_METRICS,
} from '../domain/metrics.ts'
import type { DumpHealth } from '../domain/dump/health.ts'
import type { QueueDepth } from '../domain/snapshot.ts'
import type { Clock, Datum, Handler, Ledger, Log, MetricsSink, RepairLedger } from '../ports.ts'
import type { AskSourceWrites } from './source-writes.ts'

const MINUTE_MS = 60_000
/** How far back a minute's lags are still published, after an outage of CloudWatch. */
const LAG_MINUTES = 10
/** Longer than that, so that no minute is published twice. */
const LAG_LEASE_MS = 2 * LAG_MINUTES * MINUTE_MS

export interface ReportNeeds<Queue extends { readonly name: string }> {
  readonly estate: {
    readonly pairs: readonly { readonly name: string }[]
    readonly queues: readonly Queue[]
    readonly service: { readonly metrics: { readonly everyMs: number } }
  }
  readonly ledger: Pick<Ledger, 'snapshot' | 'counters' | 'newestEvents' | 'lagHistogram' | 'lease'> &
    Pick<RepairLedger, 'jobs'>
  readonly sink: MetricsSink
  readonly depth: (queue: Queue) => Promise<QueueDepth>
  /** Never rejects. */
  readonly dumps?: (() => Promise<readonly DumpHealth[]>) | undefined
  /** Never rejects, and never waits. */
  readonly sourceWrites?: AskSourceWrites | undefined
  readonly clock: Clock
  readonly log: Log
  /** Names this container, for leases. */
  readonly holder: string
}

export function makeReport<Queue extends { readonly name: string }>(needs: ReportNeeds<Queue>): Handler<object> {
  const { estate, ledger, sink, clock, log, holder } = needs
  const everyMs = estate.service.metrics.everyMs
  /** Minutes whose lags this container has published, of those that it still could publish. */
  const sent = new Set<number>()
  let runs = 0
  /** Queues whose depth was not to be had at the last report: told of once. */
  const silent = new Set<string>()

  return async () => {
    // The job is one of a period already; should two run all the same, gauges would add up to twice the truth. The lease
    // is the run's and not the container's: BullMQ gives the next period's job to any container.
    runs += 1
    if (!(await ledger.lease('report', `${holder}/${runs}`, everyMs / 2))) return { kind: 'done' }
    const now = clock.now()
    const data = [
      ...(await pairData(now)),
      ...(await queueData(now)),
      ...(await dumpData(now)),
      ...(await serviceData()),
    ]
    await sink.put(data, now)
    await publishLags(now)
    await sink.put([{ name: HEARTBEAT_METRIC.name, unit: HEARTBEAT_METRIC.unit, dimensions: {}, value: 1 }], now)
    log.debug({ metrics: data.length }, 'metrics published')
    return { kind: 'done' }
  }

  /**
   * A minute's lags are published once, by whichever container takes its lease first, when it is over by Redis' clock as
   * by ours; a publication that fails is tried again by the same container. Apart from the rest, which may be resent.
   */
  async function publishLags(now: number): Promise<void> {
    const thisMinute = Math.floor(now / MINUTE_MS)
    for (const minute of sent) if (minute < thisMinute - LAG_MINUTES) sent.delete(minute)
    for (let minute = thisMinute - LAG_MINUTES; minute <= thisMinute - 2; minute += 1) {
      if (sent.has(minute) || !(await ledger.lease(`lags:${minute}`, holder, LAG_LEASE_MS))) continue
      const data = await lagData(minute * MINUTE_MS)
      if (data.length > 0) await sink.put(data, minute * MINUTE_MS)
      sent.add(minute)
    }
  }

  async function lagData(fromMs: number): Promise<Datum[]> {
    const perPair = await Promise.all(
      estate.pairs.map(async ({ name }): Promise<Datum[]> => {
        const lags = await ledger.lagHistogram(name, { fromMs, toMs: fromMs + MINUTE_MS })
        if (lags.size === 0) return []
        const rows = [...lags].sort(([a], [b]) => a - b)
        const value = {
          values: rows.map(([bucket]) => lagBound(bucket) / 1000),
          counts: rows.map(([, count]) => count),
        }
        return [{ name: LAG_METRIC.name, unit: LAG_METRIC.unit, dimensions: { Pair: name }, value }]
      }),
    )
    return perPair.flat()
  }

  async function pairData(now: number): Promise<Datum[]> {
    const perPair = await Promise.all(
      estate.pairs.map(async ({ name }): Promise<Datum[]> => {
        const snapshot = {
          ...(await ledger.snapshot(name)),
          redrives: await ledger.jobs(name),
          sourceWrites: needs.sourceWrites?.(name),
        }
        return PAIR_METRICS.flatMap((metric): Datum[] => {
          const value = metric.of(snapshot, now)
          return value === undefined
            ? []
            : [{ name: metric.name, unit: metric.unit, dimensions: { Pair: name }, value }]
        })
      }),
    )
    return perPair.flat()
  }

  /**
   * A queue that does not answer costs its own depth and nothing else: what is at risk must be published above all when
   * the source's region, where that queue is, is down.
   */
  async function queueData(now: number): Promise<Datum[]> {
    const [newest, ...depths] = await Promise.all([ledger.newestEvents(), ...estate.queues.map(depthOf)])
    return depths.flatMap((depth) =>
      QUEUE_METRICS.flatMap((metric): Datum[] => {
        const value = metric.of({ ...depth, newestEvent: newest.get(depth.queue) }, now)
        return value === undefined
          ? []
          : [{ name: metric.name, unit: metric.unit, dimensions: { Queue: depth.queue }, value }]
      }),
    )
  }

  async function depthOf(queue: Queue): Promise<QueueDepth | { readonly queue: string }> {
    try {
      const depth = await needs.depth(queue)
      if (silent.delete(queue.name)) log.info({ queue: queue.name }, 'the depth of this queue is published again')
      return depth
    } catch (error) {
      if (!silent.has(queue.name)) log.warn({ queue: queue.name, err: error }, 'metrics go out without this depth')
      silent.add(queue.name)
      return { queue: queue.name }
    }
  }

  async function dumpData(now: number): Promise<Datum[]> {
    const dumps = (await needs.dumps?.()) ?? []
    return dumps.flatMap((dump) =>
      DUMP_METRICS.flatMap((metric): Datum[] => {
        const value = metric.of(dump, now)
        return value === undefined
          ? []
          : [{ name: metric.name, unit: metric.unit, dimensions: { Dump: dump.dump }, value }]
      }),
    )
  }

  async function serviceData(): Promise<Datum[]> {
    const counters = await ledger.counters()
    return SERVICE_METRICS.flatMap((metric): Datum[] => {
      const value = metric.of(counters)
      return value === undefined ? [] : [{ name: metric.name, unit: metric.unit, dimensions: {}, value }]
    })
  }
}
