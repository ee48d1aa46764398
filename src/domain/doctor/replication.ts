/**
 * The replication configuration of each source against what the pair expects of it.
 *
 * Sources: Amazon S3 user guide, "Replication configuration", "What does Amazon S3 replicate?", "Replicating encrypted
 * objects"; API reference, ReplicationRule.
 */
import type { Observed, SeenBucket, SeenReplication, SeenRule } from '../setup/observed.ts'
import type { CheckedEstate, CheckedPair } from './estate.ts'
import { fail, type Finding, initApply, judge, pass, run, say, some, type Subject, warn } from './finding.ts'

export function checkReplication(estate: CheckedEstate, { buckets }: Observed): readonly Finding[] {
  return estate.pairs.flatMap((pair) => {
    const seen = buckets.get(pair.source.bucket)
    // With `match: content` other tools make the replicas.
    if (seen === undefined || seen.stands.is !== 'there' || pair.match === 'content') return []
    const subject = pairSubject(pair)
    return judge(seen.replication, 'replication.rule', subject, (value) => [
      ...rulesOf(pair, value, seen, buckets.get(pair.destination.bucket)),
      ...locks(pair, seen, buckets.get(pair.destination.bucket)),
    ])
  })
}

export function pairSubject({ name }: CheckedPair): Subject {
  return { kind: 'pair', name, pairs: [name] }
}

/** Those of the pair's destination that replicate anything, the one that decides first. */
export function rulesToward(pair: CheckedPair, seen: SeenReplication): readonly SeenRule[] {
  return seen.rules
    .filter(({ destination, enabled }) => destination === pair.destination.bucket && enabled)
    .toSorted((one, other) => other.priority - one.priority)
}

function rulesOf(
  pair: CheckedPair,
  seen: SeenReplication | undefined,
  source: SeenBucket,
  destination: SeenBucket | undefined,
): readonly Finding[] {
  const subject = pairSubject(pair)
  const mend = initApply(subject)
  if (seen === undefined || seen.rules.length === 0)
    return [fail('replication.rule', subject, `${pair.source.bucket} has no replication configuration`, mend)]
  const toward = seen.rules.filter((rule) => rule.destination === pair.destination.bucket)
  if (toward.length === 0) {
    const others = some([...new Set(seen.rules.map((rule) => rule.destination))])
    const said = `no rule leads to ${pair.destination.bucket}; those that stand lead to ${others}`
    return [fail('replication.rule', subject, said, mend)]
  }
  const there = pass('replication.rule', subject, `by ${named(toward)}`)
  const rules = rulesToward(pair, seen)
  if (rules.length === 0) return [there, fail('replication.enabled', subject, `${named(toward)} is disabled`, mend)]
  return [
    there,
    pass('replication.enabled', subject, `${named(rules)} is enabled`),
    ...versionsOf(rules, subject),
    coverage(pair, rules, subject),
    excluded(pair, rules, subject),
    markers(pair, rules, subject),
    priority(rules, subject),
    destinations(pair, seen, subject),
    ...keys(pair, rules, source, destination, subject),
  ]
}

function named(rules: readonly SeenRule[]): string {
  return `rule ${some(rules.map(({ id }) => id))}`
}

function versionsOf(rules: readonly SeenRule[], subject: Subject): readonly Finding[] {
  const old = rules.filter(({ schema }) => schema === 1)
  const silent = rules.filter(({ schema, metrics }) => schema === 2 && !metrics)
  return [
    old.length === 0
      ? pass('replication.rule-v1', subject, 'all of version 2')
      : warn('replication.rule-v1', subject, `${named(old)} is of version 1`, {
          ...initApply(subject, '--migrate-rules'),
          say: 'It rewrites all V1 rules of the bucket, as S3 wants it; what they do to delete markers is kept.',
        }),
    // A V1 rule has none either, which is said above.
    ...(old.length > 0 ? [] : [metrics(silent, subject)]),
  ]
}

function metrics(silent: readonly SeenRule[], subject: Subject): Finding {
  if (silent.length === 0) return pass('replication.metrics', subject, 'they are on')
  return fail('replication.metrics', subject, `${named(silent)} has no metrics`, initApply(subject))
}

function coverage(pair: CheckedPair, rules: readonly SeenRule[], subject: Subject): Finding {
  const whole = rules.find(({ prefix, tags }) => prefix === '' && Object.keys(tags).length === 0)
  if (whole !== undefined) return pass('replication.coverage', subject, `${named([whole])} covers every key`)
  const filters = rules.map(({ id, prefix, tags }) => {
    const wants = Object.entries(tags).map(([name, value]) => `the tag ${name}=${value}`)
    const begins = prefix === '' ? [] : [`keys that begin with ${JSON.stringify(prefix)}`]
    return `rule ${id} covers only ${[...begins, ...wants].join(' with ')}`
  })
  const besides =
    pair.excludePrefixes.length === 0
      ? 'and the configuration excludes none'
      : `and the configuration excludes only ${some(pair.excludePrefixes.map((prefix) => JSON.stringify(prefix)))}`
  return fail('replication.coverage', subject, `${some(filters, 3)}: all other keys are left out, ${besides}`, {
    ...initApply(subject),
    say: `If those keys are not to be replicated, say so: excludePrefixes of the pair ${pair.name}.`,
  })
}

function excluded(pair: CheckedPair, rules: readonly SeenRule[], subject: Subject): Finding {
  const covered = pair.excludePrefixes.filter((prefix) => rules.some((rule) => prefix.startsWith(rule.prefix)))
  if (covered.length === 0) return pass('replication.excluded', subject, 'nothing is excluded that a rule covers')
  return warn(
    'replication.excluded',
    subject,
    `S3 replicates keys under ${some(covered.map((prefix) => JSON.stringify(prefix)))}, which excludePrefixes names`,
    say(`Take them out of excludePrefixes of the pair ${pair.name}.`),
  )
}

/** Of rules that cover the same keys the highest decides; a delete marker has no tags, so such rules never take it. */
function markers(pair: CheckedPair, rules: readonly SeenRule[], subject: Subject): Finding {
  const deciding = rules.filter(({ tags }) => Object.keys(tags).length === 0)
  const against = (deciding.length === 0 ? rules : deciding).filter(
    (rule) => (rule.deleteMarkers && deciding.length > 0) !== pair.deleteMarkers,
  )
  if (against.length === 0)
    return pass('replication.delete-markers', subject, pair.deleteMarkers ? 'they replicate' : 'they do not replicate')
  if (!pair.deleteMarkers) {
    const said = `${named(against)} replicates delete markers, and the configuration says deleteMarkers: false`
    const mend = say(`Write deleteMarkers: true for the pair ${pair.name}, or switch it off in the rule.`)
    return warn('replication.delete-markers', subject, said, mend)
  }
  const said = `${named(against)} does not replicate delete markers, and the configuration expects them`
  return fail('replication.delete-markers', subject, said, {
    ...initApply(subject),
    say: `If they are not to be replicated: deleteMarkers: false for the pair ${pair.name}.`,
  })
}

function priority(rules: readonly SeenRule[], subject: Subject): Finding {
  const [first, ...rest] = rules
  const differ = rest.filter(
    (rule) => overlap(first!, rule) && (rule.deleteMarkers !== first!.deleteMarkers || rule.metrics !== first!.metrics),
  )
  if (differ.length === 0) return pass('replication.priority', subject, 'no rules that overlap differ')
  const said = `${named(differ)} says otherwise than rule ${first!.id}, whose priority is higher: where both match, ${first!.id} decides`
  return warn('replication.priority', subject, said, say('Leave one rule for each set of keys, or make them agree.'))
}

function overlap(one: SeenRule, other: SeenRule): boolean {
  return one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)
}

function destinations(pair: CheckedPair, seen: SeenReplication, subject: Subject): Finding {
  const all = new Set(seen.rules.filter(({ enabled }) => enabled).map(({ destination }) => destination))
  const others = [...all].filter((bucket) => bucket !== pair.destination.bucket)
  if (others.length === 0) return pass('replication.destinations', subject, 'to one')
  return warn(
    'replication.destinations',
    subject,
    `the source also replicates to ${some(others)}`,
    say(
      'Nothing to mend: Landfall looks at its own destination. Read COMPLETED and FAILED as being about all of them.',
    ),
  )
}

/** `init` gives keys to rules that it makes, and changes those of no rule that stands: its replicas are readable as they are. */
const KEYS = say(
  "Name both keys under the pair's `setup.kms`, and have the rule name them: SourceSelectionCriteria.SseKmsEncryptedObjects " +
    'and Destination.EncryptionConfiguration.ReplicaKmsKeyID, by `aws s3api put-bucket-replication`. The role needs both keys.',
)

function keys(
  pair: CheckedPair,
  rules: readonly SeenRule[],
  source: SeenBucket,
  destination: SeenBucket | undefined,
  subject: Subject,
): readonly Finding[] {
  const encrypted = source.encryption.is === 'there' && source.encryption.value.algorithm !== 'AES256'
  const without = rules.filter(({ sseKmsObjects }) => !sseKmsObjects)
  if (encrypted && without.length > 0) {
    const said = `the source encrypts by KMS, and ${named(without)} leaves such objects out`
    return [fail('replication.kms', subject, said, KEYS)]
  }
  const own = destination?.encryption.is === 'there' ? destination.encryption.value.kmsKey : undefined
  return rules
    .filter(({ sseKmsObjects }) => sseKmsObjects)
    .map((rule) => {
      const key = rule.replicaKmsKey
      if (key === undefined) return fail('replication.kms', subject, `${named([rule])} names no key`, KEYS)
      const region = /^arn:[^:]*:kms:([^:]+):/.exec(key)?.[1]
      if (region !== undefined && region !== pair.destination.region) {
        const said = `${named([rule])} encrypts replicas with a key of ${region} (${key}), and the destination is in ${pair.destination.region}`
        return fail('replication.kms', subject, said, KEYS)
      }
      if (own !== undefined && !sameKey(own, key)) {
        const said = `${named([rule])} encrypts replicas with ${key}, and the destination's own key is ${own}`
        const mend = say(
          'If that is not meant, give the rule the key of the destination: whoever reads there may not use another.',
        )
        return warn('replication.kms', subject, said, mend)
      }
      return pass('replication.kms', subject, `replicas are encrypted with ${key}`)
    })
}

/** An id, or an ARN that ends in it; an alias may be any key. */
function sameKey(one: string, other: string): boolean {
  if (one.includes('alias/') || other.includes('alias/')) return true
  return one.split('/').at(-1) === other.split('/').at(-1)
}

function locks(pair: CheckedPair, source: SeenBucket, destination: SeenBucket | undefined): readonly Finding[] {
  if (destination?.stands.is !== 'there') return []
  const subject = pairSubject(pair)
  return judge(source.objectLock, 'object-lock.sides', subject, (here) =>
    judge(destination.objectLock, 'object-lock.sides', subject, (there) => {
      if (here === undefined || there !== undefined) {
        const both =
          there === undefined ? 'on neither side' : here === undefined ? 'at the destination' : 'on both sides'
        return [pass('object-lock.sides', subject, both)]
      }
      const { bucket, region } = pair.destination
      const command = ['aws', 's3api', 'put-object-lock-configuration', '--bucket', bucket, '--region', region]
      const said = `${pair.source.bucket} has Object Lock, and ${bucket} has not: S3 fails what is locked`
      return [
        fail('object-lock.sides', subject, said, {
          ...run(...command, '--object-lock-configuration', 'ObjectLockEnabled=Enabled'),
          say: 'It cannot be switched off again.',
        }),
      ]
    }),
  )
}
