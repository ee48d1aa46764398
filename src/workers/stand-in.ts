/**
 * For whoever compares buckets without the ledger (an audit): whether another version stands for one whose own replica is
 * absent or wrong. By the same rules as a verdict: docs/verdicts.md, "Versions that stand for another one".
 */
import { learn, type PairPolicy, type Situation } from '../domain/situation.ts'
import { viewSubstitute } from '../domain/substitute-view.ts'
import type { ObjectStore } from '../ports.ts'
import { makeLook } from './look.ts'

/** An object at the source, as a listing tells it. */
export interface Original {
  readonly key: string
  readonly versionId: string
  readonly size?: number | undefined
  readonly etag?: string | undefined
  /** ms */
  readonly lastModified?: number | undefined
}

/** `copied`: it is proved to be at the destination, under another id. `superseded`: a newer version landed in its place. */
export type StandIn = (
  pair: PairPolicy & { readonly name: string },
  original: Original,
  own: 'absent' | 'differs',
  signal: AbortSignal,
) => Promise<'copied' | 'superseded' | undefined>

/** Costs nothing but for objects of pairs that Landfall drives; then up to eight requests, most often two. */
export function makeStandIn({ objects }: { readonly objects: ObjectStore }): StandIn {
  const look = makeLook(objects)
  return async (pair, original, own, signal) => {
    const { key, versionId, size, etag, lastModified = 0 } = original
    let situation: Situation = {
      // Asked of versions that nothing else accounts for: those count as failed.
      version: {
        id: '0',
        key,
        versionId,
        kind: 'object',
        size,
        etag,
        eventTime: lastModified,
        state: 'failed',
        looks: 0,
      },
      now: lastModified,
      policy: pair,
      replica: {},
      source: {},
      random: 0,
    }
    for (;;) {
      const view = viewSubstitute(situation, own)
      if (view.kind === 'none') return undefined
      if (view.kind !== 'unknown') return view.kind
      const ask = { kind: 'ask', ...view.next, versionId: view.next.versionId ?? versionId } as const
      situation = learn(situation, ask, await look(pair.name, key, ask, signal))
    }
  }
}
