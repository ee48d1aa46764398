/** The whole story of one version: what is known of it on each side, in the ledger and by the rules; and what comes next. */
import type { LandfallError } from './errors.ts'
import { failureOf } from './failures.ts'
import type { Arrival, Look, Side } from './look.ts'
import { type assess, REST } from './redrive.ts'
import type { Discarded, Incident, Parked } from './repair/words.ts'
import type { RuleMatch } from './rules.ts'
import type { Fate } from './settlement.ts'
import type { VersionId63 } from './version.ts'

/** Something that could not be learned, and what a person does about it. */
export type Unlearned = Pick<LandfallError, 'code' | 'message' | 'hint'>

export interface SideStory {
  readonly side: Side
  readonly bucket: string
  readonly region: string
  /** How many versions and markers the key has there; undefined: the listing was refused. */
  readonly count?: number | undefined
  /** There are at least that many. */
  readonly more: boolean
  /**
   * By HEAD, or by the listing where HEAD is refused; undefined when neither told anything, and at a destination whose
   * versions have ids of their own (`match: content`).
   */
  readonly look?: Look | undefined
  /** Of the listing, and of the look. */
  readonly unlearned: readonly Unlearned[]
}

export type LedgerStory =
  | { readonly kind: 'away'; readonly unlearned: Unlearned }
  | {
      readonly kind: 'open'
      readonly parked: Parked
      readonly incident?: Incident | undefined
      /** What a re-drive does with it; only for what failed. */
      readonly assessment?: ReturnType<typeof assess> | undefined
    }
  /** Booked within the memory of `seen`, and open no more. */
  | { readonly kind: 'closed'; readonly discarded?: Discarded | undefined }
  /** `early`: the destination's own event came, and the source's did not, yet. */
  | { readonly kind: 'unknown'; readonly discarded?: Discarded | undefined; readonly early?: Arrival | undefined }

export interface Story {
  readonly pair: string
  readonly key: string
  readonly versionId: string
  readonly id: VersionId63
  /** By which logs and spans name it. */
  readonly trace: string
  /** `another tool`: the pair's replicas are not S3 replication's (`match: content`). */
  readonly rule:
    | RuleMatch
    | { readonly kind: 'another tool' }
    | { readonly kind: 'unlearned'; readonly unlearned: Unlearned }
  readonly source: SideStory
  readonly destination: SideStory
  readonly ledger: LedgerStory
  /** What `decide()` says of it now, by looks of its own. */
  readonly verdict: Fate | { readonly to: 'unlearned'; readonly unlearned: Unlearned }
  readonly state: StoryState
  /** What a person does next, or that there is nothing to do. */
  readonly next: string
}

/**
 * - `landed`, `closed`: proved by the looks of this moment, or by the ledger where they could not tell
 * - `at risk`: an outage of the source might lose it
 */
export type StoryState = 'landed' | 'closed' | 'at risk'

export type Told = Omit<Story, 'state' | 'next'>

export function stateOf({ verdict, ledger }: Told): StoryState {
  if (ledger.kind !== 'away' && ledger.kind !== 'open' && ledger.discarded !== undefined) return 'closed'
  if (verdict.to === 'close') return verdict.verdict === 'landed' ? 'landed' : 'closed'
  // No look told a thing: the ledger's word stands. One that was refused is no look that found nothing.
  if (isBlind(verdict) && ledger.kind === 'closed') return 'closed'
  return 'at risk'
}

/** `decide()` parks what it may not see, or a person may not: that proves nothing against what was proved before. */
function isBlind(verdict: Told['verdict']): boolean {
  return verdict.to === 'unlearned' || (verdict.to !== 'close' && verdict.reason?.startsWith('LookRefused') === true)
}

/** Commands are named with words that `quote` made for the shell; `object` names the version, quoted already. */
export function nextOfStory(told: Told, object: string, quote: (text: string) => string): string {
  const { ledger, verdict, rule } = told
  const state = stateOf(told)
  if (state !== 'at risk') {
    if (ledger.kind === 'away') return 'Nothing, as far as the looks tell.'
    if (verdict.to === 'close' && verdict.verdict === 'excluded' && rule.kind === 'uncovered') {
      return 'Nothing, if it is not meant to replicate. Else mend the rule, and copy what exists by S3 Batch Replication.'
    }
    return ledger.kind === 'open' ? 'Nothing: the next look closes it.' : 'Nothing.'
  }
  if (ledger.kind === 'away')
    return `${ledger.unlearned.hint} Then ask again: what was tried stands in the ledger only.`
  if (verdict.to === 'unlearned') return verdict.unlearned.hint
  if (ledger.kind === 'closed' || ledger.kind === 'unknown') {
    return `landfall audit --repair --pair ${quote(told.pair)} books it once it is older than the pair's \`late\`: then it counts as at risk, and is driven where the pair lets it.`
  }
  const { assessment, parked } = ledger
  if (assessment === undefined) return 'Nothing: it is looked at again by itself.'
  switch (assessment.kind) {
    case 'drive':
      return `Nothing: the next re-drive takes it (${assessment.strategy}).`
    case 'look':
      return 'Nothing: it is looked at again.'
    case 'hold':
      return `${failureOf(assessment.cause).hint} Then: landfall failures redrive --pair ${quote(told.pair)} --reason ${quote(assessment.cause)} --probe --yes`
    case 'rest':
      return parked.version.state === 'mismatched'
        ? `${REST.mismatched} landfall failures discard ${object} --because "..." --yes gives it up.`
        : restText(assessment.because, parked, object)
  }
}

const ORDERS: ReadonlySet<string> = new Set(['by hand', 'attempts', 'unknown reason', 'stopped'])

function restText(because: keyof typeof REST, { version }: Parked, object: string): string {
  const order = ORDERS.has(because) ? ` landfall failures redrive ${object} --yes orders it.` : ''
  const mend = version.reason === undefined || !ORDERS.has(because) ? '' : ` ${failureOf(version.reason).hint}`
  return `${REST[because]}${mend}${order}`
}
