import type { BucketChange, ReplicationRule, SandboxClock, SandboxRandom, StoredVersion } from '../types.ts'
import { EVENT_NAMES, type Notice, type Operation, replicationEventData } from './events.ts'

/** What S3 has something to say about. */
export interface Subject {
  readonly bucket: string
  readonly region: string
  readonly version: StoredVersion
  readonly rule: ReplicationRule
  readonly operation: Operation
  /** When the source's request was made, or the batch job's task began, ms. */
  readonly requestTime: number
}

export type Tell = (notice: Notice, subject: Subject, failureReason?: string) => void

/** S3's own word about a replication, as a change that notifications/ passes on. */
export function makeTell(needs: {
  readonly clock: SandboxClock
  readonly random: SandboxRandom
  readonly raise: (change: BucketChange) => void
}): Tell {
  const { clock, random, raise } = needs
  return (notice, { bucket, region, version, rule, operation, requestTime }, failureReason) => {
    const now = clock.now()
    raise({
      kind: 'replication',
      eventName: EVENT_NAMES[notice],
      bucket,
      region,
      version,
      principal: 's3.amazonaws.com',
      time: now,
      requestId: random.text('replication.request', 16).toUpperCase(),
      lifecycle: false,
      replicationEventData: replicationEventData(notice, { rule, operation, requestTime, now, failureReason }),
    })
  }
}
