/** The example estate, with times short enough for a demonstration. */
import type { Estate } from '../config/estate.ts'
import type { Dump } from '../config/estate-dumps.ts'
import { DEMO_FAIL_MS, DEMO_LATE_MS } from './faults.ts'

/** An alarm sees minutes, whatever the demo's hurry. */
const DEMO_RPO_MS = 2 * 60_000

export interface DemoServices {
  readonly redisUrl: string
  readonly durability: 'sync' | 'window'
  /** Default 127.0.0.1. */
  readonly httpHost?: string | undefined
  /** 0: a free one. */
  readonly httpPort: number
  readonly dump?: Dump | undefined
}

export function demoEstate(example: Estate, services: DemoServices): Estate {
  const { redisUrl, durability, httpHost = '127.0.0.1', httpPort } = services
  const { service } = example
  return {
    ...example,
    name: `${example.name} (demo)`,
    dumps: services.dump === undefined ? [] : [services.dump],
    service: {
      ...service,
      redis: { url: redisUrl, cluster: false, durability },
      http: { host: httpHost, port: httpPort },
      // Polls are left to end at the shutdown, so a demo must not begin long ones.
      intake: { ...service.intake, waitSeconds: 1 },
      verify: { ...service.verify, tickMs: 250 },
      metrics: { ...service.metrics, everyMs: 5_000 },
      snapshot: service.snapshot === undefined ? undefined : { ...service.snapshot, everyMs: 5_000 },
      shutdownGraceMs: 5_000,
    },
    pairs: example.pairs.map((pair) => ({
      ...pair,
      lateAfterMs: DEMO_LATE_MS,
      failAfterMs: DEMO_FAIL_MS,
      recheckAfterMs: 4_000,
      redrive: { ...pair.redrive, everyMs: 2_000, probe: { minMs: 2_000, maxMs: 16_000 } },
      firstLook: { minMs: 500, maxMs: DEMO_LATE_MS / 2 },
      attributesSample: 0.05,
      alarms: { ...pair.alarms, rpoMs: DEMO_RPO_MS },
    })),
  }
}
