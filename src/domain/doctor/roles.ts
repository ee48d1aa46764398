/**
 * The roles that S3 works under, by their own policies and by those of the buckets: replication, and batch operations.
 *
 * Sources: Amazon S3 user guide, "Setting up permissions for live replication", "Replicating encrypted objects",
 * "Configuring an IAM role for S3 Batch Replication".
 */
import type { Observed, PolicyDocument, Seen, SeenRole, SeenRule } from '../setup/observed.ts'
import { accountIdOf, type CheckedEstate, type CheckedPair } from './estate.ts'
import { fail, type Finding, initApply, note, pass, say, type Subject, unknown, unsure, warn } from './finding.ts'
import { type Answer, answerOf, deniedBy } from './policies.ts'
import { rulesToward } from './replication.ts'
import type { CheckId } from './checks.ts'

export function checkRoles(estate: CheckedEstate, observed: Observed): readonly Finding[] {
  return [...replicationRoles(estate, observed), ...batchRoles(estate, observed)]
}

function replicationRoles(estate: CheckedEstate, observed: Observed): readonly Finding[] {
  return estate.pairs.flatMap((pair) => {
    const seen = observed.buckets.get(pair.source.bucket)?.replication
    if (seen?.is !== 'there' || pair.match === 'content') return []
    const [rule] = rulesToward(pair, seen.value)
    const arn = seen.value.role
    const role = observed.roles.get(arn)
    // Without a rule the role's grants are nobody's business yet.
    if (role === undefined || rule === undefined) return []
    const subject: Subject = { kind: 'role', name: arn, pairs: [pair.name] }
    if (role.is === 'unknown') return [unknown('role.exists', subject, role.fault)]
    if (role.is === 'absent')
      return [
        fail(
          'role.exists',
          subject,
          `there is no role ${arn}, which the rules of ${pair.source.bucket} name`,
          initApply(subject),
        ),
      ]
    return [
      pass('role.exists', subject, 'it is there'),
      trust(estate, pair, subject, role.value),
      ...grants({ estate, observed, pair, rule, subject, role: role.value }),
      boundary('role.boundary', subject, role.value),
    ]
  })
}

function trust(estate: CheckedEstate, pair: CheckedPair, subject: Subject, { trust: document }: SeenRole): Finding {
  const answer = answerOf([document], {
    action: 'sts:AssumeRole',
    principal: { service: 's3.amazonaws.com' },
    context: {
      'aws:sourceaccount': accountIdOf(estate, pair.source.account),
      'aws:sourcearn': `arn:aws:s3:::${pair.source.bucket}`,
    },
  })
  if (answer === 'allowed') return pass('role.trust', subject, 's3.amazonaws.com may assume it')
  const said = `its trust policy does not let s3.amazonaws.com assume it for ${pair.source.bucket}`
  if (answer === 'refused') return fail('role.trust', subject, said, initApply(subject))
  return unsure(
    'role.trust',
    subject,
    'its trust policy has a condition that is not known here',
    say('Look at it yourself.'),
  )
}

function boundary(id: CheckId, subject: Subject, { boundary: arn }: SeenRole): Finding {
  if (arn === undefined) return pass(id, subject, 'none')
  return note(id, subject, `the permissions boundary ${arn} stands over it, and is not evaluated`)
}

interface GrantNeeds {
  readonly estate: CheckedEstate
  readonly observed: Observed
  readonly pair: CheckedPair
  readonly rule: SeenRule
  readonly subject: Subject
  readonly role: SeenRole
}

/** An action, or one of several that will do. */
interface Wanted {
  readonly actions: readonly string[]
  readonly on: 'source' | 'destination'
  readonly what: 'bucket' | 'objects'
}

const READ: readonly Wanted[] = [
  { on: 'source', what: 'bucket', actions: ['s3:GetReplicationConfiguration'] },
  { on: 'source', what: 'bucket', actions: ['s3:ListBucket'] },
  { on: 'source', what: 'objects', actions: ['s3:GetObjectVersionForReplication', 's3:GetObjectVersion'] },
  { on: 'source', what: 'objects', actions: ['s3:GetObjectVersionAcl'] },
]
const REPLICATE: Wanted = { on: 'destination', what: 'objects', actions: ['s3:ReplicateObject'] }
const REPLICATE_DELETE: Wanted = { on: 'destination', what: 'objects', actions: ['s3:ReplicateDelete'] }
const OWNER: Wanted = { on: 'destination', what: 'objects', actions: ['s3:ObjectOwnerOverrideToBucketOwner'] }
const TAGS: readonly Wanted[] = [
  { on: 'source', what: 'objects', actions: ['s3:GetObjectVersionTagging'] },
  { on: 'destination', what: 'objects', actions: ['s3:ReplicateTags'] },
]
const LOCKS: readonly Wanted[] = [
  { on: 'source', what: 'objects', actions: ['s3:GetObjectRetention'] },
  { on: 'source', what: 'objects', actions: ['s3:GetObjectLegalHold'] },
]

function grants(needs: GrantNeeds): readonly Finding[] {
  const { rule, subject, role, observed, pair } = needs
  if (role.policies.is === 'unknown') return [unknown('role.read', subject, role.policies.fault)]
  const own = role.policies.is === 'there' ? role.policies.value.map(({ document }) => document) : []
  const bucketOf = (side: 'source' | 'destination'): Seen<PolicyDocument> =>
    observed.buckets.get(pair[side].bucket)?.policy ?? { is: 'absent' }
  const answer = (wanted: Wanted): Answer =>
    worst(wanted.actions.map((action) => answerFor(needs, own, bucketOf(wanted.on), wanted, action)))
  const check = (id: CheckId, wanted: readonly Wanted[], level: typeof fail): Finding => {
    const answers = wanted.map((each) => ({ each, answer: answer(each) }))
    const lacks = answers
      .filter((one) => one.answer === 'refused')
      .map(({ each }) => `${each.actions[0]} on ${pair[each.on].bucket}`)
    if (lacks.length > 0) return level(id, subject, `it lacks ${lacks.join(', ')}`, mendOf(needs, lacks))
    const open = answers.filter((one) => one.answer === 'unsure').map(({ each }) => each.actions[0]!)
    if (open.length === 0) return pass(id, subject, wanted.map(({ actions }) => actions[0]).join(', '))
    return unsure(
      id,
      subject,
      `whether it may ${open.join(', ')} depends on conditions, or on policies that may not be read`,
    )
  }
  const writes = [
    REPLICATE,
    ...(rule.deleteMarkers ? [REPLICATE_DELETE] : []),
    ...(rule.owner === undefined ? [] : [OWNER]),
  ]
  return [
    check('role.read', READ, fail),
    check('role.write', writes, fail),
    check('role.tags', TAGS, warn),
    ...(observed.buckets.get(pair.source.bucket)?.objectLock.is === 'there' ? [check('role.locks', LOCKS, fail)] : []),
    ...(rule.sseKmsObjects ? [keys(needs, own)] : []),
  ]
}

function mendOf({ subject, estate, pair }: GrantNeeds, lacks: readonly string[]) {
  const across =
    pair.source.account !== pair.destination.account && lacks.some((one) => one.endsWith(pair.destination.bucket))
  const both = `The role's policy and the bucket policy of ${pair.destination.bucket} (account ${accountIdOf(estate, pair.destination.account)}) must both say so.`
  return { ...initApply(subject), ...(across ? { say: both } : {}) }
}

/** The best of several actions that will do. */
function worst(answers: readonly Answer[]): Answer {
  if (answers.includes('allowed')) return 'allowed'
  return answers.includes('unsure') ? 'unsure' : 'refused'
}

/** In one account either policy may grant; across accounts both must. A `Deny` of either ends it. */
function answerFor(
  { estate, pair, rule, role }: GrantNeeds,
  own: readonly PolicyDocument[],
  bucketPolicy: Seen<PolicyDocument>,
  { on, what }: Wanted,
  action: string,
): Answer {
  const { bucket, account } = pair[on]
  const resource = what === 'bucket' ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${rule.prefix}any`
  const ask = { action, resource, principal: { arn: role.arn }, context: { 'aws:securetransport': 'true' } }
  // An identity policy names no principal.
  const mine = answerOf(own, { ...ask, principal: undefined })
  if (mine === 'refused' && deniedBy(own, { ...ask, principal: undefined }) === true) return 'refused'
  const across = role.arn.split(':')[4] !== accountIdOf(estate, account)
  if (bucketPolicy.is === 'unknown') return across || mine !== 'allowed' ? weaker(mine, 'unsure') : mine
  const documents = bucketPolicy.is === 'there' ? [bucketPolicy.value] : []
  const denied = deniedBy(documents, ask)
  if (denied === true) return 'refused'
  const theirs = answerOf(documents, ask)
  if (across) return weaker(mine, theirs)
  const either = mine === 'allowed' || theirs === 'allowed' ? 'allowed' : mine === 'unsure' ? 'unsure' : theirs
  return denied === undefined ? weaker(either, 'unsure') : either
}

function weaker(one: Answer, other: Answer): Answer {
  if (one === 'refused' || other === 'refused') return 'refused'
  return one === 'unsure' || other === 'unsure' ? 'unsure' : 'allowed'
}

function keys({ observed, pair, rule, subject }: GrantNeeds, own: readonly PolicyDocument[]): Finding {
  const source = observed.buckets.get(pair.source.bucket)?.encryption
  const sourceKey = source?.is === 'there' ? source.value.kmsKey : undefined
  const wanted = [
    { action: 'kms:Decrypt', key: sourceKey, side: pair.source },
    { action: 'kms:Encrypt', key: rule.replicaKmsKey, side: pair.destination },
  ]
  const lacks = wanted.flatMap(({ action, key, side }) => {
    // An id or an alias is no resource of a policy; without a key the source's objects may be under any.
    if (key === undefined || !/:key\//.test(key)) return []
    const context = {
      'aws:securetransport': 'true',
      'kms:viaservice': `s3.${side.region}.amazonaws.com`,
      'kms:encryptioncontext:aws:s3:arn': `arn:aws:s3:::${side.bucket}/any`,
    }
    return answerOf(own, { action, resource: key, context }) === 'refused' ? [`${action} on ${key}`] : []
  })
  if (lacks.length > 0) return fail('role.kms', subject, `it lacks ${lacks.join(', ')}`, initApply(subject))
  return pass('role.kms', subject, 'by its own policies; the key policies must let it, too')
}

function batchRoles(estate: CheckedEstate, { roles }: Observed): readonly Finding[] {
  const byRole = Map.groupBy(
    estate.pairs.filter(({ redrive }) => redrive.batch !== undefined),
    ({ redrive }) => redrive.batch!.roleArn,
  )
  return [...byRole].flatMap(([arn, pairs]) => {
    const role = roles.get(arn)
    if (role === undefined) return []
    const subject: Subject = { kind: 'role', name: arn, pairs: pairs.map(({ name }) => name) }
    const mend = { ...initApply(subject), say: 'docs/redrive.md has its trust policy and its grants.' }
    if (role.is === 'unknown') return [unknown('batch.role', subject, role.fault)]
    if (role.is === 'absent')
      return [fail('batch.role', subject, `there is no role ${arn}, which redrive.batch names`, mend)]
    const { policies, trust: document } = role.value
    const context = { 'aws:sourceaccount': arn.split(':')[4] ?? '' }
    const trusted = answerOf([document], {
      action: 'sts:AssumeRole',
      principal: { service: 'batchoperations.s3.amazonaws.com' },
      context,
    })
    if (trusted === 'refused')
      return [
        fail('batch.role', subject, 'its trust policy does not let batchoperations.s3.amazonaws.com assume it', mend),
      ]
    if (policies.is === 'unknown') return [unknown('batch.role', subject, policies.fault)]
    const own = policies.is === 'there' ? policies.value.map((each) => each.document) : []
    const lacks = pairs.flatMap((pair) => batchGrants(pair, own))
    if (lacks.length > 0) return [fail('batch.role', subject, `it lacks ${[...new Set(lacks)].join(', ')}`, mend)]
    return [pass('batch.role', subject, 'it is there, trusted, and has its grants')]
  })
}

function batchGrants({ source, redrive }: CheckedPair, own: readonly PolicyDocument[]): readonly string[] {
  const { bucket, prefix } = redrive.batch!
  const manifests = `arn:aws:s3:::${bucket}/${prefix}any`
  const wanted = [
    { actions: ['s3:InitiateReplication'], resource: `arn:aws:s3:::${source.bucket}/any` },
    { actions: ['s3:GetObject', 's3:GetObjectVersion'], resource: manifests },
    { actions: ['s3:PutObject'], resource: manifests },
  ]
  return wanted.flatMap(({ actions, resource }) => {
    const context = { 'aws:securetransport': 'true' }
    const answers = actions.map((action) => answerOf(own, { action, resource, context }))
    return worst(answers) === 'refused' ? [`${actions[0]} on ${resource.replace(/any$/, '*')}`] : []
  })
}
