/**
 * One version's case: asks `decide()` what to look at, looks, and asks again, until it settles.
 *
 * All I/O of a verdict is here; all judgement is in domain/replication.ts.
 */
import { decide } from '../domain/replication.ts'
import { type PairPolicy, type Settle, type Situation, learn } from '../domain/situation.ts'
import type { Clock, ObjectStore, Random } from '../ports.ts'
import type { OpenVersion } from '../domain/version.ts'
import { makeLook } from './look.ts'

export interface InvestigateNeeds {
  readonly objects: ObjectStore
  readonly clock: Clock
  readonly random: Random
}

export interface PairToVerify extends PairPolicy {
  readonly name: string
}

export type Investigate = (
  pair: PairToVerify,
  version: OpenVersion,
  signal: AbortSignal,
) => Promise<Settle['settlement']>

/** Rejects with the `LandfallError` of a look that failed (throttled, unreachable); the caller keeps the version open. */
export function makeInvestigate({ objects, clock, random }: InvestigateNeeds): Investigate {
  const look = makeLook(objects)
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
      situation = learn(situation, decision, await look(pair.name, version.key, decision, signal))
      // The look took time, and lags are measured to the moment that it told.
      situation = { ...situation, now: clock.now() }
    }
  }
}
