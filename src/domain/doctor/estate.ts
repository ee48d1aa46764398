/** The part of the estate that the checks need; `Estate` of config/estate.ts satisfies it. */
export interface Place {
  readonly bucket: string
  readonly region: string
  readonly account: string
}

export interface CheckedPair {
  readonly name: string
  readonly source: Place
  readonly destination: Place
  readonly match: 'version' | 'content'
  readonly evidence: 'auto' | 'list'
  readonly deleteMarkers: boolean
  readonly excludePrefixes: readonly string[]
  readonly destinationExpiresAfterMs?: number | undefined
  readonly redrive: {
    readonly batch?: { readonly roleArn: string; readonly bucket: string; readonly prefix: string } | undefined
  }
}

export interface CheckedQueue {
  readonly name: string
  readonly region: string
  readonly account: string
}

export interface CheckedEstate {
  readonly accounts: Readonly<Record<string, { readonly id: string; readonly roleArn?: string | undefined }>>
  readonly service: {
    readonly region: string
    readonly http: { readonly host: string }
    readonly snapshot?: Place | undefined
    readonly redis: { readonly durability: 'sync' | 'window' }
    readonly intake: { readonly visibilitySeconds: number; readonly waitSeconds: number }
    readonly metrics: { readonly enabled: boolean; readonly region: string }
  }
  readonly queues: readonly CheckedQueue[]
  readonly pairs: readonly CheckedPair[]
  readonly dumps: readonly {
    readonly name: string
    readonly place: Place
    readonly database?: unknown
    readonly format: 'plain' | 'custom'
  }[]
  readonly shipments: readonly { readonly name: string; readonly from: Place; readonly to: Place }[]
}

export function accountIdOf(estate: Pick<CheckedEstate, 'accounts'>, account: string): string {
  return estate.accounts[account]?.id ?? ''
}

export function queueArnOf(estate: Pick<CheckedEstate, 'accounts'>, queue: CheckedQueue): string {
  return `arn:aws:sqs:${queue.region}:${accountIdOf(estate, queue.account)}:${queue.name}`
}
