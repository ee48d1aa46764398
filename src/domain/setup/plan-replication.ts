/**
 * The rule of each pair. Rules that stand are kept: only switched on, or, where asked, rewritten from version 1 to 2. Pure.
 *
 * Source: S3 user guide, "Replication configuration file elements", "Backward compatibility considerations for replication
 * configurations": a configuration holds rules of one version only, and in version 1 of one destination only.
 */
import type { Change, NewRule, RuleSwitches, SetupOptions } from './change.ts'
import type { SetupEstate, SetupPair } from './estate.ts'
import type { Observed, SeenReplication, SeenRule } from './observed.ts'
import { respectOwner } from './owned.ts'
import { accountIdOf } from './places.ts'
import { roleOf } from './plan-role.ts'
import { atBucket, blocked, change, keep, offer, unseen } from './words.ts'

/** Replication Time Control knows no other number. */
export const RTC_MINUTES = 15
const PREFIX = 'landfall-'

/** All pairs of one source. */
export function planReplication(
  estate: SetupEstate,
  observed: Observed,
  pairs: readonly SetupPair[],
  options: SetupOptions,
): readonly Change[] {
  const [first] = pairs
  const seen = first === undefined ? undefined : observed.buckets.get(first.source.bucket)
  if (first === undefined || seen === undefined) return []
  const at = atBucket(first.source)
  if (seen.stands.is === 'unknown' || !isUsable(observed, first.source.bucket)) {
    return [blocked(at, 'replication', { reason: 'first its bucket must stand, versioned' })]
  }
  const { replication } = seen
  if (replication.is === 'unknown') return [unseen(at, 'replication', replication.fault)]
  const standing = replication.is === 'there' ? replication.value : undefined
  const tags = seen.tags
  const old = standing?.rules.filter(({ schema }) => schema === 1) ?? []
  const made: Change[] = []
  const migrates = old.length > 0 && options.migrateRules === true
  if (old.length > 0) made.push(migration(at, pairs, old, migrates))
  let rules = migrates ? standing!.rules.map(migrated) : (standing?.rules ?? [])
  for (const pair of pairs) {
    const next = planRule({ estate, observed, pair, options }, { role: roleOf(estate, observed, pair), rules })
    made.push(...next.changes)
    if (next.rule !== undefined) rules = [...rules, next.rule]
  }
  return respectOwner(estate, tags, made)
}

/** Nothing in the way that `apply` does not take out of it. */
function isUsable(observed: Observed, bucket: string): boolean {
  const seen = observed.buckets.get(bucket)
  if (seen === undefined || seen.stands.is === 'unknown') return false
  if (seen.stands.is === 'absent') return true
  if (seen.stands.value.region !== seen.region || seen.versioning.is === 'unknown') return false
  const { status, mfaDelete } = seen.versioning.is === 'there' ? seen.versioning.value : NEVER
  return status === 'Enabled' || !mfaDelete
}

const NEVER = { status: 'Off', mfaDelete: false } as const

function migration(
  at: ReturnType<typeof atBucket>,
  pairs: readonly SetupPair[],
  old: readonly SeenRule[],
  asked: boolean,
): Change {
  const before = old.map(({ id }) => ({ id, version: 1, metrics: false, deleteMarkers: true }))
  const after = old.map(({ id }) => ({ id, version: 2, metrics: true, deleteMarkers: true }))
  const timeControl = pairs.every(({ setup }) => setup?.timeControl !== false)
  const step = { do: 'migrateRules', at: bucketOf(pairs), timeControl } as const
  const why = 'rules of version 1 have no metrics, so no failure event is ever sent'
  if (!asked) {
    return offer(at, 'replication', {
      before,
      after,
      step,
      reason: `${why}: \`--migrate-rules\` rewrites them, and keeps all else`,
    })
  }
  return change(at, 'replication', { before, after, step, reason: why })
}

const bucketOf = (pairs: readonly SetupPair[]) => {
  const { bucket, region, account } = pairs[0]!.source
  return { bucket, region, account }
}

/** Version 1 replicates the markers that users make, so its successor does. */
export function migrated(rule: SeenRule, index = 0): SeenRule {
  return rule.schema === 2
    ? rule
    : { ...rule, schema: 2, priority: index + 1, metrics: true, deleteMarkers: true, timeControlMinutes: RTC_MINUTES }
}

interface Asked {
  readonly estate: SetupEstate
  readonly observed: Observed
  readonly pair: SetupPair
  readonly options: SetupOptions
}

function planRule(
  asked: Asked,
  { role, rules }: Pick<SeenReplication, 'role' | 'rules'>,
): { readonly changes: readonly Change[]; readonly rule?: SeenRule } {
  const { pair, options, observed } = asked
  const at = atBucket(pair.source)
  const leading = rules.filter(({ destination }) => destination === pair.destination.bucket)
  if (leading.length > 0) return { changes: [standingRule(asked, leading)] }
  const rule = newRule(asked, rules)
  const reason = `nothing replicates ${pair.name}`
  const step = { do: 'addRule', at: bucketOf([pair]), role, rule } as const
  const after = { role, ...rule }
  if (!isUsable(observed, pair.destination.bucket)) {
    return {
      changes: [
        blocked(at, 'replication', { after, step, reason: `${reason}: first its destination must stand, versioned` }),
      ],
    }
  }
  if (rules.some(({ schema }) => schema === 1)) {
    const why = `${reason}, and beside rules of version 1 S3 takes no other destination: \`--migrate-rules\` rewrites them first`
    return { changes: [blocked(at, 'replication', { after, step, reason: why })] }
  }
  if (options.rule === 1 && rules.length > 0) {
    return {
      changes: [blocked(at, 'replication', { after, step, reason: `${reason}; rules of version 2 stand already` })],
    }
  }
  const changes = [
    change(at, 'replication', {
      before: rules.length === 0 ? undefined : rules.map(({ id }) => id),
      after,
      reason,
      step,
    }),
  ]
  return { changes, rule: { ...EMPTY, ...rule } }
}

const EMPTY = { enabled: true, tags: {}, replicaModifications: false, existingObjects: false } as const

function newRule({ estate, pair, options }: Asked, rules: readonly SeenRule[]): NewRule {
  const { source, destination, setup } = pair
  const schema = options.rule ?? 2
  return {
    id: freeId(`${PREFIX}${pair.name}`, rules),
    schema,
    priority: schema === 1 ? 0 : 1 + Math.max(0, ...rules.map(({ priority }) => priority)),
    prefix: '',
    destination: destination.bucket,
    deleteMarkers: schema === 1 || pair.deleteMarkers,
    metrics: schema === 2,
    timeControlMinutes: schema === 1 || setup?.timeControl === false ? undefined : RTC_MINUTES,
    storageClass: setup?.storageClass,
    // Across accounts the replica belongs to the destination's, or its own account could not read it.
    owner: source.account === destination.account ? undefined : accountIdOf(estate, destination.account),
    replicaKmsKey: setup?.kms?.replicaKey,
    sseKmsObjects: setup?.kms !== undefined,
  }
}

/** A rule of that name may lead elsewhere, and ids are unique. */
function freeId(name: string, rules: readonly SeenRule[]): string {
  let id = name
  for (let i = 2; rules.some((rule) => rule.id === id); i += 1) id = `${name}-${i}`
  return id
}

/** The widest one counts; of others only what is on is known to matter to someone. */
function standingRule({ pair }: Asked, leading: readonly SeenRule[]): Change {
  const at = atBucket(pair.source)
  const whole = (rule: SeenRule): boolean => rule.prefix === '' && Object.keys(rule.tags).length === 0
  const rule = leading.find((one) => one.enabled && whole(one)) ?? leading.find(whole) ?? leading[0]!
  const mine = rule.id.startsWith(PREFIX)
  if (!whole(rule) && !(mine && rule.schema === 2)) {
    const before = leading.map(({ id, prefix, tags }) => ({ id, prefix, tags }))
    const reason = 'its rules cover a part of the keys only: widen them, or name the rest under `excludePrefixes`'
    return offer(at, 'replication', { before, after: { prefix: '' }, reason, step: undefined })
  }
  const v2 = rule.schema === 2
  const switches: RuleSwitches = {
    ...(rule.enabled ? {} : { enabled: true }),
    // Landfall's own never were narrower: somebody narrowed it.
    ...(whole(rule) ? {} : { whole: true }),
    ...(v2 && !rule.metrics ? { metrics: true } : {}),
    // It costs by the GB: on rules of others only where they chose it.
    ...(v2 && mine && pair.setup?.timeControl !== false && rule.timeControlMinutes === undefined
      ? { timeControl: true }
      : {}),
    ...(v2 && pair.deleteMarkers && !rule.deleteMarkers ? { deleteMarkers: true } : {}),
  }
  if (Object.keys(switches).length === 0) {
    const note = rule.deleteMarkers && !pair.deleteMarkers ? ' (it replicates delete markers too, which is kept)' : ''
    return keep(at, 'replication', `rule ${rule.id} leads to ${rule.destination}${note}`, { rule: rule.id })
  }
  return change(at, 'replication', {
    before: Object.fromEntries(Object.keys(switches).map((name) => [name, false])),
    after: switches,
    reason: `rule ${rule.id} leads to ${rule.destination}, and lacks this`,
    step: { do: 'switchRule', at: bucketOf([pair]), rule: rule.id, switches },
  })
}
