/** AWS as a pure function: what is observed after a step, by what the step's calls are documented to do. */
import type { Change, Step } from '../../src/domain/setup/change.ts'
import { isPending } from '../../src/domain/setup/change.ts'
import type {
  Observed,
  PolicyStatement,
  Seen,
  SeenBucket,
  SeenLifecycleRule,
  SeenQueue,
  SeenRole,
  SeenRule,
} from '../../src/domain/setup/observed.ts'
import { migrated, RTC_MINUTES } from '../../src/domain/setup/plan-replication.ts'

export const there = <T>(value: T): Seen<T> => ({ is: 'there', value })
const ABSENT = { is: 'absent' } as const

export function valueOf<T>(seen: Seen<T> | undefined): T | undefined {
  return seen?.is === 'there' ? seen.value : undefined
}

export function applied(observed: Observed, changes: readonly Change[]): Observed {
  return changes
    .filter(isPending)
    .reduce((world, { step }) => (step === undefined ? world : after(world, step)), observed)
}

function after(world: Observed, step: Step): Observed {
  switch (step.do) {
    case 'createBucket':
      return bucket(world, step.at.bucket, () => ({
        stands: there({ region: step.at.region }),
        versioning: there({ status: 'Off', mfaDelete: false }),
        encryption: there({ algorithm: 'AES256', bucketKey: false, blocksCustomerKeys: false }),
        notifications: there({ targets: [], eventBridge: false }),
        objectLock: step.objectLock ? there({}) : ABSENT,
      }))
    case 'enableVersioning':
      return bucket(world, step.at.bucket, () => ({ versioning: there({ status: 'Enabled', mfaDelete: false }) }))
    case 'setEncryption':
      return bucket(world, step.at.bucket, () => ({ encryption: there(step.encryption) }))
    case 'blockPublicAccess':
      return bucket(world, step.at.bucket, () => ({ publicAccess: there(step.block) }))
    case 'enforceOwner':
      return bucket(world, step.at.bucket, () => ({ ownership: there('BucketOwnerEnforced') }))
    case 'addBucketStatements':
      return bucket(world, step.at.bucket, ({ policy }) => ({ policy: more(policy, step.statements) }))
    case 'addLifecycleRules':
      return bucket(world, step.at.bucket, ({ lifecycle }) => ({
        lifecycle: there([
          ...(valueOf(lifecycle) ?? []),
          ...step.rules.map((rule): SeenLifecycleRule => ({
            ...rule,
            enabled: true,
            prefix: '',
            narrowed: false,
            expiredMarkers: false,
            transitions: [],
          })),
        ]),
      }))
    case 'createRole':
      return role(world, step.arn, () => ({
        arn: step.arn,
        trust: step.trust,
        policies: there([{ ...step.policy, inline: true }]),
        tags: {},
        maxSessionSeconds: 3600,
      }))
    case 'addTrust':
      return role(world, step.arn, (old) => ({
        ...old!,
        trust: { Statement: [...old!.trust.Statement, ...step.statements] },
      }))
    case 'addRoleStatements':
      return role(world, step.arn, (old) => ({
        ...old!,
        policies: there([
          ...(valueOf(old!.policies) ?? []),
          { name: step.policy, inline: true, document: { Statement: step.statements } },
        ]),
      }))
    case 'addRule':
      return bucket(world, step.at.bucket, ({ replication }) => ({
        replication: there({
          role: valueOf(replication)?.role ?? step.role,
          rules: [
            ...(valueOf(replication)?.rules ?? []),
            { ...step.rule, enabled: true, tags: {}, replicaModifications: false, existingObjects: false },
          ],
        }),
      }))
    case 'switchRule':
      return rules(world, step.at.bucket, (rule) =>
        rule.id === step.rule
          ? {
              ...rule,
              enabled: rule.enabled || step.switches.enabled === true,
              prefix: step.switches.whole === true ? '' : rule.prefix,
              tags: step.switches.whole === true ? {} : rule.tags,
              deleteMarkers: rule.deleteMarkers || step.switches.deleteMarkers === true,
              metrics: rule.metrics || step.switches.metrics === true || step.switches.timeControl === true,
              timeControlMinutes: step.switches.timeControl === true ? RTC_MINUTES : rule.timeControlMinutes,
            }
          : rule,
      )
    case 'migrateRules':
      return rules(world, step.at.bucket, migrated)
    case 'createQueue':
      return queue(world, step.at.arn, () => ({
        ...step.at,
        url: `https://${step.at.name}`,
        visibilitySeconds: step.settings.visibilitySeconds ?? 30,
        retentionSeconds: step.settings.retentionSeconds ?? 345_600,
        waitSeconds: step.settings.waitSeconds ?? 0,
        policy: ABSENT,
        redrive: step.settings.redrive,
        tags: there({}),
      }))
    case 'setQueue':
      return queue(world, step.at.arn, (old) => ({
        ...old!,
        retentionSeconds: step.settings.retentionSeconds ?? old!.retentionSeconds,
        redrive: step.settings.redrive ?? old!.redrive,
      }))
    case 'addQueueStatements': {
      const names = new Set(step.statements.map(({ Sid }) => Sid))
      return queue(world, step.at.arn, (old) => {
        const kept = (valueOf(old!.policy)?.Statement ?? []).filter(({ Sid }) => !names.has(Sid))
        return { ...old!, policy: there({ Statement: [...kept, ...step.statements] }) }
      })
    }
    case 'addTarget':
      return bucket(world, step.at.bucket, ({ notifications }) => {
        const old = valueOf(notifications) ?? { targets: [], eventBridge: false }
        const others = old.targets.filter(({ kind, id }) => kind !== 'queue' || id !== step.target.id)
        return { notifications: there({ ...old, targets: [...others, step.target] }) }
      })
    case 'subscribe': {
      const topic = valueOf(world.topics.get(step.topic))!
      const one = { protocol: 'sqs', endpoint: step.at.arn, raw: false, filtered: false, pending: false }
      const subscriptions = there([...(valueOf(topic.subscriptions) ?? []), one])
      return { ...world, topics: new Map([...world.topics, [step.topic, there({ ...topic, subscriptions })]]) }
    }
  }
}

function more(policy: SeenBucket['policy'], statements: readonly PolicyStatement[]): SeenBucket['policy'] {
  return there({ Statement: [...(valueOf(policy)?.Statement ?? []), ...statements] })
}

function bucket(world: Observed, name: string, change: (old: SeenBucket) => Partial<SeenBucket>): Observed {
  const old = world.buckets.get(name)!
  return { ...world, buckets: new Map([...world.buckets, [name, { ...old, ...change(old) }]]) }
}

function rules(world: Observed, name: string, change: (rule: SeenRule, index: number) => SeenRule): Observed {
  return bucket(world, name, ({ replication }) => {
    const old = valueOf(replication)!
    return { replication: there({ ...old, rules: old.rules.map(change) }) }
  })
}

function role(world: Observed, arn: string, change: (old: SeenRole | undefined) => SeenRole): Observed {
  return { ...world, roles: new Map([...world.roles, [arn, there(change(valueOf(world.roles.get(arn))))]]) }
}

function queue(world: Observed, arn: string, change: (old: SeenQueue | undefined) => SeenQueue): Observed {
  return { ...world, queues: new Map([...world.queues, [arn, there(change(valueOf(world.queues.get(arn))))]]) }
}
