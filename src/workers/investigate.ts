/**
 * One version's case: asks `decide()` what to look at, looks, and asks again, until it settles.
 *
 * All I/O of a verdict is here; all judgement is in domain/replication.ts.
 */
import { isLandfallError } from '../domain/errors.ts'
import { decide } from '../domain/replication.ts'
import { type Ask, type FoundLook, type PairPolicy, type Settle, type Situation, learn } from '../domain/situation.ts'
import type { Clock, Look, ObjectStore, Random } from '../ports.ts'
import type { OpenVersion } from '../domain/version.ts'

export interface InvestigateNeeds {
  readonly objects: ObjectStore
  readonly clock: Clock
  readonly random: Random
}

export interface PairToVerify extends PairPolicy {
  readonly name: string
}

/** As many versions and markers of one key as a content match looks through. */
const KEY_LIMIT = 1000

export type Investigate = (
  pair: PairToVerify,
  version: OpenVersion,
  signal: AbortSignal,
) => Promise<Settle['settlement']>

/** Rejects with the `LandfallError` of a look that failed (throttled, unreachable); the caller keeps the version open. */
export function makeInvestigate({ objects, clock, random }: InvestigateNeeds): Investigate {
  return async (pair, version, signal) => {
    let situation: Situation = {
      version,
      now: clock.now(),
      policy: pair,
      replica: {},
      source: {},
      random: random.next(),
    }
    for (;;) {
      const decision = decide(situation)
      if (decision.kind === 'settle') return decision.settlement
      situation = learn(situation, decision, await look(pair.name, version, decision, signal))
      // The look took time, and lags are measured to the moment that it told.
      situation = { ...situation, now: clock.now() }
    }
  }

  async function look(
    pair: string,
    version: OpenVersion,
    ask: Ask,
    signal: AbortSignal,
  ): Promise<Look | readonly FoundLook[]> {
    const at = { pair, side: ask.side, key: version.key, versionId: ask.versionId, signal }
    switch (ask.how) {
      case 'head':
      case 'copy':
      case 'newer':
        return objects.head({ ...at, checksums: ask.checksums })
      case 'list':
        return objects.listVersion(at)
      case 'key':
        return objects.listKey({ ...at, limit: KEY_LIMIT }).catch(refusal)
    }
  }
}

/** A listing that is denied is a look that was refused, as a HEAD's 403 is: the grant is named, and nothing is missing. */
function refusal(error: unknown): Look {
  if (isLandfallError(error) && error.code === 'ACCESS_DENIED') {
    return { kind: 'refused', status: 403, grant: 's3:ListBucketVersions' }
  }
  throw error
}
