/** Carries changes out, one after the other: the order is the plan's, and the first fault ends it. */
import type { Change, Step } from '../../domain/setup/change.ts'
import { isPending } from '../../domain/setup/change.ts'
import {
  addBucketStatements,
  addLifecycleRules,
  blockPublicAccess,
  createBucket,
  enableVersioning,
  enforceOwner,
  setEncryption,
} from './bucket.ts'
import type { SetupAws, StepOf } from './deps.ts'
import { addTarget, subscribe } from './notifications.ts'
import { addQueueStatements, createQueue, setQueue } from './queue.ts'
import { addRule, migrateRules, switchRule } from './replication.ts'
import { addRoleStatements, addTrust, createRole } from './role.ts'

const STEPS: { readonly [Name in Step['do']]: (aws: SetupAws, step: StepOf<Name>) => Promise<void> } = {
  createBucket,
  enableVersioning,
  setEncryption,
  blockPublicAccess,
  enforceOwner,
  addBucketStatements,
  addLifecycleRules,
  createRole,
  addTrust,
  addRoleStatements,
  addRule,
  switchRule,
  migrateRules,
  createQueue,
  setQueue,
  addQueueStatements,
  addTarget,
  subscribe,
}

/** Throws the first fault, as `LandfallError`; what was done until then stays, and the next plan goes on from there. */
export async function applyChanges(
  aws: SetupAws,
  changes: readonly Change[],
  onDone: (change: Change) => void = () => {},
): Promise<void> {
  for (const change of changes) {
    if (!isPending(change) || change.step === undefined) continue
    await applyStep(aws, change.step)
    onDone(change)
  }
}

export async function applyStep<Name extends Step['do']>(aws: SetupAws, step: StepOf<Name>): Promise<void> {
  // The table has a step of each name under that name; TypeScript can't follow that through a union.
  const run = STEPS[step.do] as (aws: SetupAws, step: StepOf<Name>) => Promise<void>
  await run(aws, step)
}
