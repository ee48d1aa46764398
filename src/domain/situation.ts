/**
 * What is known about one version when `decide()` is asked, and how an answer adds to it. Knowledge only grows: each
 * question fills a slot that was empty, so the questions about one version come to an end.
 */
import type { Arrival, Look, Side } from './look.ts'
import type { Fate } from './settlement.ts'
import type { OpenVersion, VersionId63 } from './version.ts'

/** The part of a pair's configuration that verdicts rest on; `Pair` of config/estate.ts satisfies it. */
export interface PairPolicy {
  readonly evidence: 'auto' | 'list'
  readonly match: 'version' | 'content'
  readonly deleteMarkers: boolean
  readonly excludePrefixes: readonly string[]
  readonly lateAfterMs: number
  readonly failAfterMs: number
  readonly recheckAfterMs: number
  readonly destinationExpiresAfterMs?: number | undefined
  /** Whether Landfall may copy, or copy in place at the source: then a version may be proved by another one. */
  readonly redrive?: { readonly copy: boolean; readonly retrigger: boolean } | undefined
}

export type FoundLook = Look & { readonly kind: 'object' | 'marker' }

/** What looks at one side said. `{}`: not looked. */
export interface SideFact {
  readonly head?: Look | undefined
  /** The HEAD asked for checksums, whether or not it got any. */
  readonly checksummed?: boolean | undefined
  readonly list?: Look | undefined
  /** All that is at the key, newest first: for `match: content`, and for the versions that stand for another one. */
  readonly key?: readonly FoundLook[] | undefined
  /** The key could not be listed. */
  readonly keyRefused?: boolean | undefined
  /** HEAD, with checksums, of a newer version of the key. */
  readonly newer?: Look | undefined
}

export type SourceFact = SideFact

export interface ReplicaFact extends SideFact {
  /** The destination's own event. */
  readonly arrival?: Arrival | undefined
  /** HEADs, with checksums, of versions that may be Landfall's own copies of it, by their ids. */
  readonly copies?: ReadonlyMap<string, Look> | undefined
}

export interface Situation {
  readonly version: OpenVersion
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly policy: PairPolicy
  readonly replica: ReplicaFact
  readonly source: SourceFact
  /** In [0, 1): spreads the next look. */
  readonly random: number
}

export interface Ask {
  readonly kind: 'ask'
  readonly side: Side
  /**
   * `head` and `list` look for `versionId`; `key` lists all versions of the key. `copy` and `newer` are HEADs of other
   * versions: of one that may be a copy of this, of a newer one.
   */
  readonly how: 'head' | 'list' | 'key' | 'copy' | 'newer'
  /** The version's own id; for `match: content`, `copy` and `newer` the candidate's. */
  readonly versionId: string
  /** Only for HEADs: one request either way, but on KMS objects checksums need `kms:Decrypt`. */
  readonly checksums: boolean
  readonly why: string
}

/** `settlement` lacks only the lease: `{ ...settlement, lease }`. */
export interface Settle {
  readonly kind: 'settle'
  readonly settlement: { readonly id: VersionId63 } & Fate
  /** For the debug log. */
  readonly why: string
}

export type Decision = Ask | Settle

/** The situation with the answer to one question: a `Look`, or for `key` the list of what is there. */
export function learn(situation: Situation, ask: Ask, answer: Look | readonly FoundLook[]): Situation {
  if (ask.side === 'source')
    return { ...situation, source: { ...situation.source, ...learnt(situation.source, ask, answer) } }
  const known = { ...situation.replica, ...learnt(situation.replica, ask, answer) }
  if (ask.how !== 'copy' || isList(answer)) return { ...situation, replica: known }
  return { ...situation, replica: { ...known, copies: new Map(known.copies).set(ask.versionId, answer) } }
}

function learnt(fact: SideFact, ask: Ask, answer: Look | readonly FoundLook[]): SideFact {
  if (isList(answer)) return { key: answer }
  switch (ask.how) {
    case 'head':
      return headOf(fact, ask, answer)
    case 'list':
      return { list: answer }
    case 'key':
      // What a version's own looks told is not taken back by a refused listing of the key.
      return { keyRefused: true, ...(fact.head === undefined && fact.list === undefined && { list: answer }) }
    case 'newer':
      return { newer: answer }
    case 'copy':
      return {}
  }
}

function isList(answer: Look | readonly FoundLook[]): answer is readonly FoundLook[] {
  return Array.isArray(answer)
}

function headOf(fact: SideFact, ask: Ask, look: Look): SideFact {
  const checksummed = ask.checksums || fact.checksummed === true
  // A HEAD that is refused only for its checksums takes nothing back of what the plain HEAD has told.
  const head = look.kind === 'refused' && fact.head !== undefined ? fact.head : look
  return { head, checksummed }
}

/** The best look at one side: HEAD, or the listing where HEAD is refused. Undefined before any look. */
export function bestLook(fact: SideFact): { readonly look: Look; readonly how: 'head' | 'list' } | undefined {
  const { head, list } = fact
  if (head !== undefined && head.kind !== 'refused') return { look: head, how: 'head' }
  if (list !== undefined) return { look: list, how: 'list' }
  return head === undefined ? undefined : { look: head, how: 'head' }
}

/** The next way to look at one side by version id, cheapest rights last; undefined when all ways were tried. */
export function nextWay(fact: SideFact, evidence: PairPolicy['evidence']): 'head' | 'list' | undefined {
  if (evidence === 'list') return fact.list === undefined ? 'list' : undefined
  if (fact.head === undefined) return 'head'
  return fact.head.kind === 'refused' && fact.list === undefined ? 'list' : undefined
}
