/** The part of the Estate about database dumps. */
import type { Compression, DumpFormat } from '../domain/dump/name.ts'
import type { BucketPlace } from './estate.ts'

/** Where a secret is: it is read when it is used, and never kept in the Estate. */
export type SecretPlace = { readonly env: string } | { readonly file: string }

export interface Dump {
  readonly name: string
  readonly stage: string
  /** Absent: somebody else makes the dump, Landfall verifies and drills it. */
  readonly database?: SecretPlace | undefined
  readonly place: BucketPlace & { readonly prefix: string }
  /** Name of the pair that replicates the bucket. */
  readonly pair?: string | undefined
  readonly format: DumpFormat
  readonly compression: Compression
  readonly encryption?:
    | { readonly kind: 'age'; readonly recipients: readonly string[] }
    | { readonly kind: 'openpgp'; readonly keyFiles: readonly string[] }
    | undefined
  /** The private key; for drills and restores only. */
  readonly identity?: SecretPlace | undefined
  /** Five fields of cron, UTC. */
  readonly schedule?: string | undefined
  readonly rows: 'stream' | 'query' | 'none'
  readonly expectedBytes: number
  readonly lock?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly days: number } | undefined
  /** Shares of the last verified dump's size and rows. */
  readonly bounds: { readonly smallest: number; readonly largest: number }
  readonly freshMs: number
  readonly drill: {
    readonly schedule?: string | undefined
    readonly everyMs: number
    readonly postgres?: SecretPlace | undefined
    readonly checks: readonly { readonly name: string; readonly sql: string }[]
  }
  readonly retention?: Retention | undefined
  readonly pruneRoleArn?: string | undefined
}

/** How many dumps are kept: of the newest, and one a day, week, month and year. */
export interface Retention {
  readonly last: number
  readonly daily: number
  readonly weekly: number
  readonly monthly: number
  readonly yearly: number
}

export interface Shipment {
  readonly name: string
  readonly from: BucketPlace & { readonly prefix: string }
  readonly to: BucketPlace & { readonly prefix: string }
  /** Name of the dump whose catalog they join. */
  readonly dump?: string | undefined
}
