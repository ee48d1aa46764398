import { makeAccounts } from './accounts.ts'
import { makeClock } from './clock.ts'
import { makeMetricStore, type MetricStore } from './cloudwatch/metric-store.ts'
import { makeCloudWatch } from './cloudwatch/service.ts'
import { makeFaultBox } from './faults/box.ts'
import { makeIam } from './iam/iam.ts'
import { makeIamService } from './iam/service.ts'
import { attachNotifications } from './notifications/attach.ts'
import type { Notifications } from './notifications/engine.ts'
import { makeRandom } from './random.ts'
import { attachReplication } from './replication/attach.ts'
import { makeBatchReplication } from './replication/batch.ts'
import type { Replication } from './replication/engine.ts'
import type { Services } from './router.ts'
import { makeS3 } from './s3/service.ts'
import type { S3Store } from './s3/store/store.ts'
import { makeS3Control } from './s3control/service.ts'
import { makeSns } from './sns/service.ts'
import { makeSqs } from './sqs/service.ts'
import { makeSts } from './sts/service.ts'
import type { SandboxLog, World, WorldCore } from './types.ts'

export interface MadeWorld {
  readonly world: World
  readonly store: S3Store
  readonly notifications: Notifications
  readonly replication: Replication
  readonly metrics: MetricStore
  readonly services: Omit<Services, 'control'>
  /** Cancels every timer and ends every waiting long poll. */
  close(): void
}

/** Joins the parts: the only place that knows them all. */
export function makeWorld(options: {
  readonly seed: string
  readonly log: SandboxLog
  readonly cloudWatchNow?: (() => number) | undefined
}): MadeWorld {
  const clock = makeClock()
  const random = makeRandom(options.seed)
  const core: WorldCore = {
    seed: options.seed,
    clock,
    random,
    accounts: makeAccounts({ clock, random }),
    iam: makeIam({ clock }),
    faults: makeFaultBox(),
    log: options.log,
  }
  const metrics = makeMetricStore()
  const sqs = makeSqs(core)
  const sns = makeSns({ ...core, sqs: sqs.others })
  const s3 = makeS3(core)
  const world: World = { ...core, s3: s3.others, sqs: sqs.others, sns: sns.others }
  const notifications = attachNotifications(world)
  const replication = attachReplication(world, notifications)
  const batch = makeBatchReplication({
    ...world,
    guard: core.iam.guard,
    raise: (change) => notifications.raise(change),
  })
  return {
    world,
    store: s3.store,
    notifications,
    replication,
    metrics,
    services: {
      s3: s3.service,
      s3control: makeS3Control({ ...world, store: s3.store, accesses: s3.accesses, replication: batch }),
      sqs: sqs.service,
      sns: sns.service,
      sts: makeSts(core),
      iam: makeIamService(core),
      cloudwatch: makeCloudWatch({
        ...core,
        metrics,
        clock: { now: options.cloudWatchNow ?? (() => clock.now()), after: (ms, fn) => clock.after(ms, fn) },
        sns: sns.others,
      }),
    },
    close() {
      sqs.close()
      clock.close()
    },
  }
}
