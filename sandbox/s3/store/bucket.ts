import type { SandboxRandom } from '../../types.ts'
import type { NotificationConfiguration, ReplicationConfiguration } from '../documents.ts'
import { type Chain, latestOf } from './chain.ts'
import { type KeyIndex, makeKeyIndex } from './key-index.ts'
import type { DefaultRetention } from './lock.ts'
import type { MultipartUpload } from './multipart.ts'
import type { StoredVersion } from './version.ts'

/**
 * Configuration documents that are kept as they came. `lifecycle` is acted on when told to (s3/lifecycle/), `policy` by
 * access.ts, `objectLock` by object-lock.ts.
 */
export type DocumentName = 'lifecycle' | 'objectLock' | 'policy' | 'publicAccessBlock' | 'tagging' | 'ownershipControls'

/** A page of purges lists on behind a version that is gone: so many of the last gone ones are remembered. */
const GONE_MOST = 10_000

export interface DefaultEncryption {
  readonly algorithm: string
  readonly kmsKey: string | undefined
  readonly bucketKey: boolean
}

export const SSE_S3: DefaultEncryption = { algorithm: 'AES256', kmsKey: undefined, bucketKey: false }

export class Bucket {
  readonly name: string
  readonly region: string
  readonly account: string
  /** Milliseconds since the epoch. */
  readonly created: number
  versioning: 'Enabled' | 'Suspended' | undefined
  mfaDelete: 'Enabled' | 'Disabled' | undefined
  replication: ReplicationConfiguration | undefined
  notification: NotificationConfiguration | undefined
  /** What encrypts objects that don't say so themselves. */
  defaultSse: DefaultEncryption = SSE_S3
  /** Out of the Object Lock configuration. */
  defaultRetention: DefaultRetention | undefined
  readonly documents = new Map<DocumentName, string>()
  readonly objects: KeyIndex<Chain> = makeKeyIndex((chain) => !latestOf(chain).deleteMarker)
  readonly uploads = new Map<string, MultipartUpload>()
  /** Version id and key -> sequencer of versions that were removed lately, in that order. */
  readonly #gone = new Map<string, string>()
  /** Replicas that were deleted for good: batch replication never brings those back. By id, and key for the id `null`. */
  readonly #purgedReplicas = new Set<string>()
  /** Delete markers that a lifecycle rule made: these never replicate. */
  readonly #lifecycleMarkers = new WeakSet<StoredVersion>()
  readonly #random: SandboxRandom
  #uploadsMade = 0

  constructor(from: { name: string; region: string; account: string; created: number; random: SandboxRandom }) {
    this.name = from.name
    this.region = from.region
    this.account = from.account
    this.created = from.created
    this.#random = from.random
  }

  /** Streams of chance go by bucket, so that the ids of one don't depend on the traffic of another. */
  nextVersionId(): string {
    return this.#random.text(`s3/versions/${this.name}`, 32)
  }

  /** Rising, so that a listing of uploads goes on behind an id whose upload has ended. */
  nextUploadId(): string {
    const place = (++this.#uploadsMade).toString(36).padStart(8, '0')
    return place + this.#random.text(`s3/uploads/${this.name}`, 56)
  }

  /** The bucket policy's JSON. */
  get policy(): string | undefined {
    return this.documents.get('policy')
  }

  get objectLock(): boolean {
    return this.documents.has('objectLock')
  }

  rememberGone({ key, versionId, sequencer }: StoredVersion): void {
    this.#gone.set(`${versionId}${key}`, sequencer)
    if (this.#gone.size > GONE_MOST) this.#gone.delete(this.#gone.keys().next().value!)
  }

  goneSequencer(key: string, versionId: string): string | undefined {
    return this.#gone.get(`${versionId}${key}`)
  }

  rememberPurged({ key, versionId, replication }: StoredVersion): void {
    if (replication === 'REPLICA') this.#purgedReplicas.add(purgedName(key, versionId))
  }

  purgedReplica(key: string, versionId: string): boolean {
    return this.#purgedReplicas.has(purgedName(key, versionId))
  }

  markLifecycle(marker: StoredVersion): void {
    this.#lifecycleMarkers.add(marker)
  }

  madeByLifecycle(version: StoredVersion): boolean {
    return this.#lifecycleMarkers.has(version)
  }
}

/** Ids are unique by themselves, but for `null`. */
function purgedName(key: string, versionId: string): string {
  return versionId === 'null' ? `null/${key}` : versionId
}
