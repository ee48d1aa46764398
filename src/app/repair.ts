/** What finds failed and missing versions, and drives them again. */
import { setTimeout as sleep } from 'node:timers/promises'
import { makeBatchReplication } from '../aws/batch-replication.ts'
import type { Aws } from '../aws/clients.ts'
import { makeCopier } from '../aws/copier.ts'
import { makeSameBytes } from '../aws/same-bytes.ts'
import { makeVersionLister } from '../aws/version-pages.ts'
import type { Pair } from '../config/estate.ts'
import type { JobData } from '../domain/jobs.ts'
import { openFileSpill } from '../files/spill.ts'
import type { RedisLedger } from '../ledger/ledger.ts'
import type { Handler, ObjectStore } from '../ports.ts'
import { processName, systemPause } from '../system.ts'
import { makeAuditJob } from '../workers/audit.ts'
import { makeAudit } from '../workers/audit/engine.ts'
import { makeRedrive, type Redrive } from '../workers/redrive.ts'
import type { Base } from './base.ts'

const REDRIVE_MOST_MS = 30_000

export function makeRedriver({ estate, clock, random, log }: Base, ledger: RedisLedger, aws: Aws): Redrive {
  return makeRedrive({
    pairs: estate.pairs,
    ledger,
    batch: makeBatchReplication({ estate, aws, clock, log }),
    copier: makeCopier({ estate, aws, clock, log }),
    clock,
    random,
    log,
    holder: processName(),
    pause: async (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
  })
}

export function makeAudits(
  { estate, clock, random, log }: Base,
  { ledger, aws, objects }: { readonly ledger: RedisLedger; readonly aws: Aws; readonly objects: ObjectStore },
): Handler<JobData['audit']> {
  return makeAuditJob({
    pairs: estate.pairs,
    audit: makeAudit({
      lister: makeVersionLister({ estate, aws, clock }),
      objects,
      sameBytes: makeSameBytes({ estate, aws }),
      openSpill: openFileSpill,
      clock,
      random,
      pause: systemPause,
      known: async (pair, ids) => ledger.known(pair, ids),
      discarded: async (pair, ids) => ledger.discarded(pair, ids),
      reconcile: async (pair, bookings) => ledger.reconcile(pair, bookings),
    }),
    ledger,
    clock,
    random,
    log,
    holder: processName(),
  })
}

/** Often enough to see a job of S3's end soon, a person's order too, and each pair's own period. */
export function redriveEveryMs(pairs: readonly Pair[]): number {
  return Math.min(REDRIVE_MOST_MS, ...pairs.map(({ redrive }) => redrive.everyMs))
}
