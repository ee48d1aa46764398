/**
 * The estate: everything one configuration file describes, resolved (templates expanded, defaults filled, times in
 * milliseconds), frozen. `load.ts` makes it; nothing else reads `process.env` or the file.
 */

import type { PairSetup, ServiceSetup } from '../domain/setup/estate.ts'
import type { Dump, SecretPlace, Shipment } from './estate-dumps.ts'

export interface Estate {
  readonly name: string
  readonly accounts: Readonly<Record<string, Account>>
  readonly service: Service
  readonly queues: readonly IntakeQueue[]
  readonly pairs: readonly Pair[]
  readonly dumps: readonly Dump[]
  readonly shipments: readonly Shipment[]
}

export interface Account {
  readonly name: string
  /** Twelve digits. */
  readonly id: string
  /** The role that Landfall assumes for this account; absent: the service's own credentials are used. */
  readonly roleArn?: string | undefined
  readonly externalId?: string | undefined
}

export interface BucketPlace {
  readonly bucket: string
  readonly region: string
  /** Key into `Estate.accounts`. */
  readonly account: string
}

export interface Service {
  /** Where Landfall itself lives; eu-west-2 by default, since it must survive what it watches. */
  readonly region: string
  readonly redis: {
    /** A secret: never logged, never in a job. */
    readonly url: string
    /** `true` when the URL names one node of a Redis Cluster. */
    readonly cluster: boolean
    readonly durability: 'sync' | 'window'
  }
  /** Liveness, readiness, Prometheus metrics and the operator's page. Without `token` the page gives no orders. */
  readonly http: { readonly host: string; readonly port: number; readonly token?: SecretPlace | undefined }
  readonly snapshot?: (BucketPlace & { readonly prefix: string; readonly everyMs: number }) | undefined
  readonly metrics: {
    readonly enabled: boolean
    readonly namespace: string
    readonly region: string
    readonly everyMs: number
  }
  readonly alarms: Alarms
  readonly setup?: ServiceSetup | undefined
  readonly intake: {
    readonly consumersPerQueue: number
    readonly waitSeconds: number
    readonly visibilitySeconds: number
  }
  readonly verify: {
    readonly lanesPerPair: number
    readonly concurrency: number
    readonly leaseMs: number
    readonly tickMs: number
  }
  /** `canaryEveryMs` undefined: no canary is written by the service. */
  readonly doctor: { readonly everyMs: number; readonly canaryEveryMs?: number | undefined }
  readonly shutdownGraceMs: number
  readonly log: {
    readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
    /** The share of the versions whose every step is written at `debug`, 0 to 1. */
    readonly sample: number
  }
}

/** Of alarms and dashboards as code. */
export interface Alarms {
  /** Of all their names. */
  readonly prefix: string
  /** ARNs of SNS topics in the metrics' region: for every alarm, and for "estate at risk" alone. */
  readonly topics: readonly string[]
  readonly estateTopics: readonly string[]
  /** URL of docs/alarms.md as the operators read it. */
  readonly runbook?: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly thresholds: {
    readonly late: number
    readonly failed: number
    readonly mismatched: number
    readonly unannounced: number
    readonly queueAgeMs: number
    readonly inFlight: number
  }
  /** `objective`: share of versions that land within `late`. `least`: fewer late versions burn nothing. */
  readonly budget: { readonly objective: number; readonly least: number }
}

export interface IntakeQueue {
  readonly name: string
  readonly region: string
  readonly account: string
  /** Absent: resolved by `GetQueueUrl` from name and account. */
  readonly url?: string | undefined
  readonly consumers: number
}

/** How a version's replica is recognised. */
export type Match =
  /** By version id, which S3 replication keeps. */
  | 'version'
  /** By size plus checksum or ETag at the same key: for replicas that other tools than S3 make. */
  | 'content'

export interface Pair {
  readonly name: string
  readonly source: BucketPlace
  readonly destination: BucketPlace
  /** `list`: only `ListObjectVersions` at the key, which needs no right to read objects. */
  readonly evidence: 'auto' | 'list'
  readonly match: Match
  /** Whether user-made delete markers are expected at the destination (V1 rules: yes; V2: only when told to). */
  readonly deleteMarkers: boolean
  /** Keys that the rule is known not to cover; they close as `excluded` without a look. */
  readonly excludePrefixes: readonly string[]
  readonly lateAfterMs: number
  readonly failAfterMs: number
  /** How often a failed version is looked at again, in case something else mended it. */
  readonly recheckAfterMs: number
  /** Bounds of the first look after the source's event; between them it adapts to the observed lag. */
  readonly firstLook: { readonly minMs: number; readonly maxMs: number }
  /** Principals that may delete versions for good (`purge`); anyone else's purge is raised as tampering. `*` at the end matches a prefix. */
  readonly purgePrincipals: readonly string[]
  /** Share (0 to 1) of landed versions whose tags and locks are compared on both sides: two HEADs each. */
  readonly attributesSample: number
  /** Set where the destination's lifecycle deletes noncurrent versions for good after this age. */
  readonly destinationExpiresAfterMs?: number | undefined
  readonly redrive: Redrive
  readonly setup?: PairSetup | undefined
  /** How often the pair is audited by the service; undefined: only by `landfall audit`. */
  readonly auditEveryMs?: number | undefined
  /** The dashboard that shows the pair. */
  readonly stage: string
  readonly alarms: {
    /** The oldest version at risk may be this old. */
    readonly rpoMs: number
    /** So long without any event is an alarm; undefined: silence is normal. */
    readonly quietAfterMs?: number | undefined
    /** FilterId of the S3 request metrics of the whole source bucket. */
    readonly requestsFilter?: string | undefined
  }
}

/** How failed versions of a pair are driven again. */
export interface Redrive {
  /** False: nothing is driven by itself; `landfall failures redrive` still may. */
  readonly automatic: boolean
  /** S3 Batch Replication; undefined: not set up, so nothing is driven by it. */
  readonly batch?: BatchPlace | undefined
  /** Landfall may copy to the destination by itself. Off unless a person switched it on. */
  readonly copy: boolean
  /** Landfall may copy in place at the source, which makes new versions there. Off unless a person switched it on. */
  readonly retrigger: boolean
  /** Failures of this long become one job. */
  readonly everyMs: number
  /** Re-drives of one version, at most; then it waits for a person. */
  readonly attempts: number
  /** For what Landfall copies itself. */
  readonly rate: { readonly versionsPerSecond: number; readonly bytesPerSecond: number }
  /** What repair of this pair may drive in an hour. */
  readonly hourly: { readonly versions: number; readonly bytes: number; readonly dollars: number }
  /** Between probes of a set-up failure; doubled each time. */
  readonly probe: { readonly minMs: number; readonly maxMs: number }
}

export interface BatchPlace {
  /** The role that S3 Batch Operations assumes (trusts batchoperations.s3.amazonaws.com). */
  readonly roleArn: string
  /** Where manifests and completion reports go: a bucket of the source's region and account. */
  readonly bucket: string
  readonly prefix: string
}
