/** What the benchmark says to the two processes that it measures, and what they say back. */
import type { Estate } from '../../src/config/estate.ts'

/** Each order is answered by one message of the same name. */
export type Order =
  | { readonly do: 'start'; readonly with: LandfallStart | BareStart }
  | { readonly do: 'stop' }
  | { readonly do: 'usage' }

export interface LandfallStart {
  readonly side: 'landfall'
  readonly estate: Estate
}

export interface BareStart {
  readonly side: 'bare'
  readonly queueUrl: string
  readonly consumers: number
  readonly waitSeconds: number
  /** Source bucket -> where its replicas are. */
  readonly destinations: Readonly<Record<string, string>>
  /** Tells when so many messages are deleted. */
  readonly messages: number
}

export type Word =
  /** `at`: ms since the epoch, just before the first thing was done. */
  | { readonly did: 'start'; readonly at: number }
  | { readonly did: 'stop' }
  | { readonly did: 'usage'; readonly rssMb: number; readonly peakRssMb: number; readonly cpuMs: number }
  /** The bare loop alone: Landfall's end is read from its ledger. */
  | { readonly did: 'drained'; readonly at: number }
