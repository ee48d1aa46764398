/**
 * One bucket: made, versioned, and, unless it is a source that others made, closed: encrypted, not public, owner enforced,
 * TLS only, unfinished uploads ended. Pure.
 *
 * A source that stands is its applications' (the assets domain may serve it to the public): only its versioning is Landfall's.
 */
import type { BucketUse } from './places.ts'
import type { Change, NewLifecycleRule } from './change.ts'
import type { SetupBucket, SetupEstate } from './estate.ts'
import type { PolicyDocument, PolicyStatement, SeenBucket, SeenEncryption, SeenPublicAccess } from './observed.ts'
import { respectOwner } from './owned.ts'
import { deniesPlainHttp, isPublic, missingStatements } from './policy.ts'
import { type At, atBucket, blocked, change, keep, offer, unseen } from './words.ts'

export interface BucketWish extends SetupBucket {
  readonly uses: readonly BucketUse[]
  readonly encryption: SeenEncryption
  readonly objectLock: boolean
  readonly lifecycle: readonly NewLifecycleRule[]
}

const BLOCK_ALL: SeenPublicAccess = { blockAcls: true, ignoreAcls: true, blockPolicy: true, restrictBuckets: true }
export const TLS_SID = 'LandfallTlsOnly'

export function planBucket(estate: SetupEstate, wish: BucketWish, seen: SeenBucket): readonly Change[] {
  const at = atBucket(wish)
  const { bucket, region, account } = wish
  const place = { bucket, region, account }
  if (seen.stands.is === 'unknown') return [unseen(at, 'bucket', seen.stands.fault)]
  if (seen.stands.is === 'absent') {
    const after = wish.objectLock ? { region, objectLock: true } : { region }
    const made = change(at, 'bucket', {
      after,
      reason: `the ${wish.uses.join(', ')} bucket is missing`,
      step: { do: 'createBucket', at: place, objectLock: wish.objectLock },
    })
    return [made, ...versioning(at, place, seen), ...closed(at, place, wish, seen)]
  }
  if (seen.stands.value.region !== region) {
    return [
      blocked(at, 'bucket', {
        before: seen.stands.value.region,
        after: region,
        reason: `it stands in ${seen.stands.value.region}, and buckets do not move: mend the configuration`,
      }),
    ]
  }
  const ours = wish.uses.includes('source') ? [] : closed(at, place, wish, seen)
  return [
    keep(at, 'bucket', 'it stands', { region }),
    ...lockOf(at, wish, seen),
    ...respectOwner(estate, seen.tags, [...versioning(at, place, seen), ...ours]),
  ]
}

function versioning(at: At, place: SetupBucket, seen: SeenBucket): readonly Change[] {
  if (seen.versioning.is === 'unknown') return [unseen(at, 'versioning', seen.versioning.fault)]
  const standing = seen.versioning.is === 'there' ? seen.versioning.value : undefined
  if (standing?.status === 'Enabled') return [keep(at, 'versioning', 'it is versioned', 'Enabled')]
  const before = standing?.status
  if (standing?.mfaDelete === true) {
    const reason =
      'MFA delete is on: only the root user, with the device, may change versioning (s3api put-bucket-versioning --mfa)'
    return [blocked(at, 'versioning', { before, after: 'Enabled', reason })]
  }
  const reason = 'replication keeps versions, and asks for versioning on both sides'
  return [change(at, 'versioning', { before, after: 'Enabled', reason, step: { do: 'enableVersioning', at: place } })]
}

/** What every bucket that Landfall fills should be. */
function closed(at: At, place: SetupBucket, wish: BucketWish, seen: SeenBucket): readonly Change[] {
  return [
    ...encryption(at, place, wish, seen),
    ...publicAccess(at, place, seen),
    ...ownership(at, place, seen),
    ...policy(at, place, seen),
    ...lifecycle(at, place, wish, seen),
  ]
}

function encryption(at: At, place: SetupBucket, wish: BucketWish, seen: SeenBucket): readonly Change[] {
  const { encryption: standing } = seen
  if (standing.is === 'unknown') return [unseen(at, 'encryption', standing.fault)]
  if (standing.is === 'there') {
    const { algorithm, kmsKey } = standing.value
    if (wish.encryption.algorithm !== 'aws:kms' || kmsKey === wish.encryption.kmsKey) {
      return [keep(at, 'encryption', 'it is encrypted', algorithm)]
    }
    if (algorithm !== 'AES256') {
      const reason = 'it is encrypted under another key; replicas go under the key that the rule names'
      return [keep(at, 'encryption', reason, kmsKey ?? algorithm)]
    }
  }
  return [
    change(at, 'encryption', {
      before: standing.is === 'there' ? standing.value.algorithm : undefined,
      after: wish.encryption.kmsKey ?? wish.encryption.algorithm,
      reason: 'what lies there is encrypted',
      step: { do: 'setEncryption', at: place, encryption: wish.encryption },
    }),
  ]
}

function publicAccess(at: At, place: SetupBucket, seen: SeenBucket): readonly Change[] {
  const { publicAccess: standing, policy: said } = seen
  if (standing.is === 'unknown') return [unseen(at, 'public access', standing.fault)]
  const before = standing.is === 'there' ? standing.value : undefined
  if (before !== undefined && Object.values(before).every(Boolean)) {
    return [keep(at, 'public access', 'it is blocked', 'blocked')]
  }
  const what = { before, after: BLOCK_ALL, step: { do: 'blockPublicAccess', at: place, block: BLOCK_ALL } } as const
  if (said.is === 'unknown') return [unseen(at, 'public access', said.fault)]
  if (said.is === 'there' && isPublic(said.value)) {
    const reason = 'its policy lets anyone in: whether that is meant is for a person to say'
    return [offer(at, 'public access', { ...what, reason })]
  }
  return [change(at, 'public access', { ...what, reason: 'nobody reads replicas or backups in public' })]
}

function ownership(at: At, place: SetupBucket, seen: SeenBucket): readonly Change[] {
  const { ownership: standing } = seen
  if (standing.is === 'unknown') return [unseen(at, 'ownership', standing.fault)]
  const after = 'BucketOwnerEnforced'
  if (standing.is === 'there' && standing.value === after) return [keep(at, 'ownership', 'no ACLs count', after)]
  const step = { do: 'enforceOwner', at: place } as const
  if (seen.stands.is === 'there') {
    const before = standing.is === 'there' ? standing.value : 'ObjectWriter'
    const reason = 'ACLs count here: with owner enforced those of its objects would end'
    return [offer(at, 'ownership', { before, after, reason, step })]
  }
  return [change(at, 'ownership', { after, reason: 'ACLs end: policies alone say who may', step })]
}

export function tlsOnly(bucket: string): PolicyStatement {
  return {
    Sid: TLS_SID,
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  }
}

function policy(at: At, place: SetupBucket, seen: SeenBucket): readonly Change[] {
  const { policy: standing } = seen
  if (standing.is === 'unknown') return [unseen(at, 'bucket policy', standing.fault)]
  const there = standing.is === 'there' ? standing.value : undefined
  if (there !== undefined && deniesPlainHttp(there)) {
    return [keep(at, 'bucket policy', 'TLS only', sids(there.Statement))]
  }
  return [addStatements(at, place, there, [tlsOnly(place.bucket)], 'requests without TLS are refused')]
}

function addStatements(
  at: At,
  place: SetupBucket,
  standing: PolicyDocument | undefined,
  statements: readonly PolicyStatement[],
  reason: string,
): Change {
  return change(at, 'bucket policy', {
    before: standing === undefined ? undefined : sids(standing.Statement),
    after: [...sids(standing?.Statement), ...sids(statements)],
    reason,
    step: { do: 'addBucketStatements', at: place, statements },
  })
}

/**
 * What lets a replication role of another account write. After the roles, since S3 refuses a policy that names a role which is
 * not there.
 */
export function planReplicaAccess(
  estate: SetupEstate,
  { bucket, region, account }: SetupBucket,
  seen: SeenBucket,
  wanted: readonly PolicyStatement[],
): readonly Change[] {
  const at = atBucket({ bucket, region, account })
  if (wanted.length === 0 || seen.stands.is === 'unknown') return []
  if (seen.policy.is === 'unknown') return [unseen(at, 'bucket policy', seen.policy.fault)]
  const standing = seen.policy.is === 'there' ? seen.policy.value : undefined
  const statements = wanted.filter((one) => !allows(standing, one))
  if (statements.length === 0) {
    return [keep(at, 'bucket policy', "the other account's replication role may write", sids(standing?.Statement))]
  }
  const reason = 'the replication role of the other account may not write'
  const made = addStatements(at, { bucket, region, account }, standing, statements, reason)
  return respectOwner(estate, seen.tags, [made])
}

/** By anyone's statement that names the role alone, under no condition. */
function allows(standing: PolicyDocument | undefined, wanted: PolicyStatement): boolean {
  const role = JSON.stringify(wanted['Principal'])
  const same = (standing?.Statement ?? []).filter((one) => JSON.stringify(one['Principal']) === role)
  return missingStatements([{ Statement: same }], [wanted]).length === 0
}

function sids(statements: readonly PolicyStatement[] = []): readonly string[] {
  return statements.map(({ Sid, Effect }) => Sid ?? `(${Effect})`)
}

function lifecycle(at: At, place: SetupBucket, wish: BucketWish, seen: SeenBucket): readonly Change[] {
  const { lifecycle: standing } = seen
  if (standing.is === 'unknown') return [unseen(at, 'lifecycle', standing.fault)]
  const rules = standing.is === 'there' ? standing.value : []
  if (seen.versioning.is === 'there' && seen.versioning.value.mfaDelete) {
    return [
      keep(
        at,
        'lifecycle',
        'MFA delete is on: S3 takes no lifecycle rules beside it',
        rules.map(({ id }) => id),
      ),
    ]
  }
  const whole = rules.filter(({ enabled, prefix, narrowed }) => enabled && prefix === '' && !narrowed)
  const lacking = wish.lifecycle.filter(
    ({ id, abortUploadsDays, noncurrentDays }) =>
      !rules.some((rule) => rule.id === id) &&
      ((abortUploadsDays !== undefined && whole.every((rule) => rule.abortUploadsDays === undefined)) ||
        (noncurrentDays !== undefined && whole.every((rule) => rule.noncurrentDays === undefined))),
  )
  const before = standing.is === 'there' ? rules.map(({ id }) => id) : undefined
  const add = (some: readonly NewLifecycleRule[], reason: string) => ({
    before,
    after: [...rules.map(({ id }) => id), ...some],
    reason,
    step: { do: 'addLifecycleRules', at: place, rules: some } as const,
  })
  // On a bucket that stands, a rule that removes versions may remove what someone counts on.
  const removing = seen.stands.is === 'there' ? lacking.filter((rule) => rule.noncurrentDays !== undefined) : []
  const adding = lacking.filter((rule) => !removing.includes(rule))
  return [
    ...(adding.length === 0
      ? [keep(at, 'lifecycle', 'unfinished uploads end', before)]
      : [change(at, 'lifecycle', add(adding, 'unfinished uploads are billed until a rule ends them'))]),
    ...(removing.length === 0
      ? []
      : [
          offer(
            at,
            'lifecycle',
            add(removing, '`destinationExpires` says so, and no rule does: it removes versions for good'),
          ),
        ]),
  ]
}

function lockOf(at: At, wish: BucketWish, seen: SeenBucket): readonly Change[] {
  if (!wish.objectLock) return []
  if (seen.objectLock.is === 'unknown') return [unseen(at, 'object lock', seen.objectLock.fault)]
  if (seen.objectLock.is === 'there') return [keep(at, 'object lock', 'it is on', 'Enabled')]
  const reason =
    'what is locked needs Object Lock here too; it can never be switched off again, so a person switches it on'
  return [blocked(at, 'object lock', { before: 'Off', after: 'Enabled', reason })]
}
