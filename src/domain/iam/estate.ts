/** What of the estate decides who needs which grant. */
export interface IamBucket {
  readonly bucket: string
  readonly region: string
  /** Key into `accounts`. */
  readonly account: string
}

export type IamFolder = IamBucket & { readonly prefix: string }

export interface IamAccount {
  readonly name: string
  readonly id: string
  readonly roleArn?: string | undefined
  readonly externalId?: string | undefined
}

export interface IamPair {
  readonly name: string
  readonly source: IamBucket
  readonly destination: IamBucket
  readonly evidence: 'auto' | 'list'
  readonly match: 'version' | 'content'
  readonly deleteMarkers: boolean
  readonly attributesSample: number
  readonly auditEveryMs?: number | undefined
  readonly alarms: { readonly requestsFilter?: string | undefined }
  readonly redrive: {
    readonly batch?: { readonly roleArn: string; readonly bucket: string; readonly prefix: string } | undefined
    readonly copy: boolean
    readonly retrigger: boolean
  }
}

export interface IamDump {
  readonly name: string
  readonly stage: string
  readonly database?: unknown
  readonly place: IamFolder
  readonly pair?: string | undefined
  readonly schedule?: string | undefined
  readonly lock?: unknown
  readonly drill: { readonly schedule?: string | undefined }
  readonly pruneRoleArn?: string | undefined
}

export interface IamQueue {
  readonly name: string
  readonly region: string
  readonly account: string
}

export interface IamEstate {
  readonly name: string
  readonly accounts: Readonly<Record<string, IamAccount>>
  readonly service: {
    readonly region: string
    readonly snapshot?: IamFolder | undefined
    readonly metrics: { readonly enabled: boolean; readonly namespace: string; readonly region: string }
    readonly alarms: { readonly prefix: string }
    readonly doctor: { readonly canaryEveryMs?: number | undefined }
  }
  readonly queues: readonly IamQueue[]
  readonly pairs: readonly IamPair[]
  readonly dumps: readonly IamDump[]
  readonly shipments: readonly {
    readonly name: string
    readonly from: IamFolder
    readonly to: IamFolder
    readonly dump?: string | undefined
  }[]
}
