/**
 * Publishes the METRICS table to CloudWatch, once a period, from one container of many.
 *
 * The heartbeat goes out last and alone: only after everything else was taken. A publication that fails half way
 * leaves no heartbeat, and its alarm breaches on the missing data.
 */
import { lagBound } from '../domain/lag.ts'
import { HEARTBEAT_METRIC, LAG_METRIC, PAIR_METRICS, QUEUE_METRICS, SERVICE_METRICS } from '../domain/metrics.ts'
import type { QueueDepth } from '../domain/snapshot.ts'
import type { Clock, Datum, Handler, Ledger, Log, MetricsSink } from '../ports.ts'

const MINUTE_MS = 60_000

export interface ReportNeeds<Queue extends { readonly name: string }> {
  readonly estate: {
    readonly pairs: readonly { readonly name: string }[]
    readonly queues: readonly Queue[]
    readonly service: { readonly metrics: { readonly everyMs: number } }
  }
  readonly ledger: Pick<Ledger, 'snapshot' | 'counters' | 'newestEvents' | 'lagHistogram' | 'lease'>
  readonly sink: MetricsSink
  readonly depth: (queue: Queue) => Promise<QueueDepth>
  readonly clock: Clock
  readonly log: Log
  /** Names this container; the lease `publisher` goes to one of them. */
  readonly holder: string
}

export function makeReport<Queue extends { readonly name: string }>(needs: ReportNeeds<Queue>): Handler<object> {
  const { estate, ledger, sink, clock, log, holder } = needs
  const everyMs = estate.service.metrics.everyMs
  /** The last minute (exclusive) whose lags this container has published. */
  let lagsUntil: number | undefined
  /** Queues whose depth was not to be had at the last report: told of once. */
  const silent = new Set<string>()

  return async () => {
    // Two publishers would make gauges twice the truth. The lease outlives one period, so that it stays with its holder.
    if (!(await ledger.lease('publisher', holder, everyMs * 2))) return { kind: 'done' }
    const now = clock.now()
    const until = Math.floor(now / MINUTE_MS) * MINUTE_MS
    const from = lagsUntil ?? until - MINUTE_MS
    const data = [...(await pairData(from, until, now)), ...(await queueData(now)), ...(await serviceData())]
    await sink.put(data, now)
    lagsUntil = until
    await sink.put([{ name: HEARTBEAT_METRIC.name, unit: HEARTBEAT_METRIC.unit, dimensions: {}, value: 1 }], now)
    log.debug({ metrics: data.length }, 'metrics published')
    return { kind: 'done' }
  }

  async function pairData(from: number, until: number, now: number): Promise<Datum[]> {
    const perPair = await Promise.all(
      estate.pairs.map(async ({ name }): Promise<Datum[]> => {
        const [snapshot, lags] = await Promise.all([
          ledger.snapshot(name),
          from < until ? ledger.lagHistogram(name, { fromMs: from, toMs: until }) : new Map<number, number>(),
        ])
        const dimensions = { Pair: name }
        const data = PAIR_METRICS.flatMap((metric): Datum[] => {
          const value = metric.of(snapshot, now)
          return value === undefined ? [] : [{ name: metric.name, unit: metric.unit, dimensions, value }]
        })
        if (lags.size > 0) {
          const rows = [...lags].sort(([a], [b]) => a - b)
          data.push({
            name: LAG_METRIC.name,
            unit: LAG_METRIC.unit,
            dimensions,
            value: { values: rows.map(([bucket]) => lagBound(bucket) / 1000), counts: rows.map(([, count]) => count) },
          })
        }
        return data
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

  async function serviceData(): Promise<Datum[]> {
    const counters = await ledger.counters()
    return SERVICE_METRICS.map((metric) => ({
      name: metric.name,
      unit: metric.unit,
      dimensions: {},
      value: metric.of(counters),
    }))
  }
}
