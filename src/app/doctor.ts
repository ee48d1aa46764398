/** What the service looks at by itself, and its canaries (docs/doctor.md). */
import { makeCanaryWriter } from '../aws/canary.ts'
import type { Aws } from '../aws/clients.ts'
import { observeClocks } from '../aws/observe/clock.ts'
import { hereBy } from '../aws/observe/here.ts'
import { observe } from '../aws/observe/index.ts'
import type { placeHints } from '../config/environment.ts'
import { warningsOf } from '../config/warnings.ts'
import type { RedisLedger } from '../ledger/ledger.ts'
import type { Handler, ObjectStore } from '../ports.ts'
import { makeCanaryJob } from '../workers/canary.ts'
import { makeDoctor, seeing } from '../workers/doctor.ts'
import { type DoctorJob, makeDoctorJob } from '../workers/doctor-job.ts'
import type { Base } from './base.ts'

/** It has time, and the looks of verification go first. */
const LOOKS = 4
const PATIENCE_MS = 120_000

export type PlaceHints = ReturnType<typeof placeHints>

export function makeServiceDoctor(
  { estate, clock, log }: Base,
  needs: { readonly ledger: RedisLedger; readonly aws: Aws; readonly place: PlaceHints },
): DoctorJob {
  const { ledger, aws, place } = needs
  const doctor = makeDoctor({
    estate,
    observe: async () => observe({ estate, aws, concurrency: LOOKS }),
    looks: {
      warnings: async () => warningsOf(estate),
      clocks: async () => observeClocks(aws, estate, clock),
      place: async () => hereBy(place),
      redis: async () => seeing(async () => ledger.facts()),
    },
    patienceMs: PATIENCE_MS,
  })
  return makeDoctorJob({ estate: estate.name, doctor, ledger, clock, log })
}

export function makeCanaries(
  { estate, log }: Base,
  needs: { readonly ledger: RedisLedger; readonly aws: Aws; readonly objects: ObjectStore },
): Handler<object> {
  const { ledger, aws, objects } = needs
  return makeCanaryJob({ pairs: estate.pairs, write: makeCanaryWriter({ estate, aws }), ledger, objects, log })
}
