/** What of the estate decides what stands in AWS. Pure: config/estate.ts has these members, and more. */

export interface SetupBucket {
  readonly bucket: string
  readonly region: string
  /** Key into `accounts`. */
  readonly account: string
}

export interface SetupAccount {
  readonly name: string
  /** Twelve digits. */
  readonly id: string
  readonly roleArn?: string | undefined
}

/** How replication of a pair is set up by `landfall init`; what is absent has its default in wanted.ts. */
export interface PairSetup {
  /** Replication Time Control: 15 minutes, and the events that tell of what missed them. */
  readonly timeControl?: boolean | undefined
  /** ARN of the role that S3 replicates under, in the source's account. */
  readonly replicationRole?: string | undefined
  /** Of replicas; absent: the object's own. */
  readonly storageClass?: string | undefined
  readonly kms?: { readonly sourceKeys: readonly string[]; readonly replicaKey: string } | undefined
}

export interface ServiceSetup {
  /** `key=value` with `*` and `?`: whose tag is on a resource, to him it is left. Absent: Terraform's usual ones. */
  readonly ownerTags?: readonly string[] | undefined
  /** Subscribe the intake queue to topics that take a bucket's events already. */
  readonly subscribe?: boolean | undefined
}

export interface SetupPair {
  readonly name: string
  readonly source: SetupBucket
  readonly destination: SetupBucket
  readonly deleteMarkers: boolean
  readonly excludePrefixes: readonly string[]
  readonly destinationExpiresAfterMs?: number | undefined
  readonly redrive: {
    readonly batch?: { readonly roleArn: string; readonly bucket: string; readonly prefix: string } | undefined
  }
  readonly setup?: PairSetup | undefined
}

export interface SetupQueue {
  readonly name: string
  readonly region: string
  readonly account: string
  readonly url?: string | undefined
}

export interface SetupEstate {
  readonly name: string
  readonly accounts: Readonly<Record<string, SetupAccount>>
  readonly service: {
    readonly region: string
    readonly snapshot?: (SetupBucket & { readonly prefix: string }) | undefined
    readonly intake: { readonly waitSeconds: number; readonly visibilitySeconds: number }
    readonly setup?: ServiceSetup | undefined
    readonly alarms: { readonly topics: readonly string[]; readonly estateTopics: readonly string[] }
  }
  readonly queues: readonly SetupQueue[]
  readonly pairs: readonly SetupPair[]
  readonly dumps: readonly { readonly name: string; readonly place: SetupBucket; readonly lock?: unknown }[]
  readonly shipments: readonly { readonly name: string; readonly from: SetupBucket; readonly to: SetupBucket }[]
}
