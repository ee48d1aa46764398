/**
 * The canary: one key of Landfall's own in each source, written over again and again, that has to do what every other write
 * does. What lies below its prefix is in no count, no audit and no re-drive, and a lifecycle rule of its own sees to it.
 */
import type { BucketEvent } from './events/event.ts'

export const OWN_PREFIX = '_landfall/'
export const CANARY_KEY = `${OWN_PREFIX}canary`

/** Whether a key is Landfall's own. */
export function isOwnKey(key: string): boolean {
  return key.startsWith(OWN_PREFIX)
}

/** - `seen`: its event at the source was read · `landed`: that of its replica */
export type CanaryStep = 'seen' | 'landed'

export interface CanaryEvent {
  readonly pair: string
  readonly step: CanaryStep
  /** Empty where other tools make the replica, under an id of its own: then it is of the last one that was written. */
  readonly versionId: string
}

/** What an event under Landfall's own prefix says of a pair; undefined: nothing. */
export function canaryStep(
  event: BucketEvent,
  at: { readonly pair: string; readonly side: 'source' | 'destination'; readonly byVersion: boolean },
  replicated: boolean,
): CanaryEvent | undefined {
  if (event.key !== CANARY_KEY || event.kind !== 'created') return undefined
  if (at.side === 'source') return replicated ? undefined : { pair: at.pair, step: 'seen', versionId: event.versionId }
  return { pair: at.pair, step: 'landed', versionId: at.byVersion ? event.versionId : '' }
}

/** What the ledger keeps of a pair's canary; times are ms since the epoch by Redis' clock. */
export interface Canary {
  readonly versionId: string
  readonly writtenAt: number
  /** Of this version; absent: not yet. */
  readonly seenAt?: number | undefined
  readonly landedAt?: number | undefined
  /** When the oldest one was written that none has been seen, or landed, since; absent: the last one was. */
  readonly unseenSince?: number | undefined
  readonly unlandedSince?: number | undefined
}
