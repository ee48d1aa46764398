/**
 * What goes wrong in the demo, on order: the sandbox's fault document (`PUT /_sandbox/faults`).
 *
 * Times are short enough that every state is seen in half a minute: lags of a second, late after four, failed after twelve.
 */
export const DEMO_LATE_MS = 4_000
export const DEMO_FAIL_MS = 12_000

export interface DemoBuckets {
  /** Their destination events get lost: looks have to find these replicas. */
  readonly quietDestinations: readonly string[]
  readonly sources: readonly string[]
  /** A source whose replication fails by its set-up, now and then. */
  readonly moody: string
}

export function demoFaults({ quietDestinations, sources, moody }: DemoBuckets): object {
  return {
    replication: {
      lag: { medianMs: 700, p99Ms: 6_000 },
      fail: [
        // A set-up failure, which holds re-drives until a probe lands; the others are of single versions. It comes back at
        // random, unlike most real ones: the incident is raised once, and then said to be back.
        { share: 0.02, reasons: ['DstKmsKeyInvalidState'], bucket: moody },
        { share: 0.01, reasons: ['DstVersionNotFound'] },
      ],
      // A replica that is shorter than its source: mismatched.
      corrupt: { share: 0.002, how: 'truncated' },
    },
    notifications: [
      ...sources.map((bucket) => ({ bucket, duplicate: 0.02, reorderMs: 300, drop: 0.002 })),
      ...quietDestinations.map((bucket) => ({ bucket, drop: 0.3 })),
    ],
  }
}
