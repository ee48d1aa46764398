/** What `doctor` looks at besides AWS' resources: the machine that it runs on, the ledger, the databases. Plain data. */
import type { PgVersion } from '../dump/fit.ts'
import type { Seen } from '../setup/observed.ts'

/** Of one primary, read from INFO alone: managed Redis forbids CONFIG. */
export interface RedisFacts {
  /** Of Valkey: the Redis version that it stands for. */
  readonly version: string
  /** `valkey 8.0.1`, as it names itself. */
  readonly product: string
  readonly role: string
  readonly replicas: number
  readonly appendOnly: boolean
  /** The last writes to the append-only file went well. */
  readonly appendOnlyWell: boolean
  readonly eviction: string
  /** Bytes; 0: no limit. */
  readonly maxMemory: number
  readonly usedMemory: number
  readonly evictedKeys: number
}

export interface CanaryRun {
  readonly versionId: string
  /** Milliseconds from the write until its event was read from the queue; absent: it was not. */
  readonly seenAfterMs?: number | undefined
  /** Milliseconds from the write until the replica's event, or a look that found it. */
  readonly landedAfterMs?: number | undefined
  /** How long it was waited for, ms. */
  readonly waitedMs: number
}

/** What is undefined was not looked at, and is not judged. */
export interface Surroundings {
  /** What the configuration probably does not mean (config/warnings.ts). */
  readonly warnings?: readonly string[] | undefined
  /** The page's token: whether there is one. */
  readonly token?: boolean | undefined
  /** By region: AWS' time less ours, ms. */
  readonly clocks?: ReadonlyMap<string, Seen<number>> | undefined
  /** Where this process runs. */
  readonly place?: { readonly region: string; readonly by: string } | undefined
  /** Each primary. */
  readonly redis?: Seen<readonly RedisFacts[]> | undefined
  readonly tools?:
    | {
        readonly pgDump?: PgVersion | undefined
        readonly psql?: PgVersion | undefined
        readonly pgRestore?: PgVersion | undefined
      }
    | undefined
  /** By dump that Landfall makes: the server. */
  readonly databases?: ReadonlyMap<string, Seen<PgVersion>> | undefined
  /** Names of the alarms that the configuration asks for and the account has not. */
  readonly alarms?: Seen<{ readonly wanted: number; readonly missing: readonly string[] }> | undefined
  /** Whether there is one to be read. */
  readonly snapshot?: Seen<{ readonly written: boolean }> | undefined
  /** By pair. */
  readonly canaries?: ReadonlyMap<string, Seen<CanaryRun>> | undefined
}
