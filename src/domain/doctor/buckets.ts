/** What each bucket is for, and whether it is as that asks. */
import type { Observed, SeenBucket, SeenEncryption, SeenVersioning } from '../setup/observed.ts'
import type { CheckedEstate, Place } from './estate.ts'
import { aws, fail, type Finding, initApply, judge, note, pass, say, type Subject, unknown, warn } from './finding.ts'
import { deniedBy } from './policies.ts'

export type Use = 'source' | 'destination' | 'batch' | 'snapshot' | 'dumps' | 'shipments'

export interface UsedBucket {
  readonly place: Place
  readonly uses: ReadonlySet<Use>
  readonly pairs: readonly string[]
}

/** Every bucket of the estate, once. */
export function bucketsOf(estate: CheckedEstate): readonly UsedBucket[] {
  const listed: { readonly place: Place; readonly use: Use; readonly pair?: string }[] = []
  for (const { name: pair, source, destination, redrive } of estate.pairs) {
    listed.push({ place: source, use: 'source', pair }, { place: destination, use: 'destination', pair })
    if (redrive.batch !== undefined)
      listed.push({ place: { ...source, bucket: redrive.batch.bucket }, use: 'batch', pair })
  }
  if (estate.service.snapshot !== undefined) listed.push({ place: estate.service.snapshot, use: 'snapshot' })
  for (const { place } of estate.dumps) listed.push({ place, use: 'dumps' })
  for (const { from, to } of estate.shipments)
    listed.push({ place: from, use: 'shipments' }, { place: to, use: 'shipments' })
  return [...Map.groupBy(listed, ({ place }) => place.bucket).values()].map((same) => ({
    place: same[0]!.place,
    uses: new Set(same.map(({ use }) => use)),
    pairs: [...new Set(same.flatMap(({ pair }) => (pair === undefined ? [] : [pair])))],
  }))
}

export function bucketSubject({ place, pairs }: Pick<UsedBucket, 'place' | 'pairs'>): Subject {
  return { kind: 'bucket', name: place.bucket, pairs }
}

export function checkBuckets(estate: CheckedEstate, { buckets }: Observed): readonly Finding[] {
  return bucketsOf(estate).flatMap((used) => {
    const seen = buckets.get(used.place.bucket)
    return seen === undefined ? [] : checkBucket(estate, used, seen)
  })
}

function checkBucket(estate: CheckedEstate, used: UsedBucket, seen: SeenBucket): readonly Finding[] {
  const subject = bucketSubject(used)
  const { place, uses } = used
  const id = uses.has('batch') ? 'batch.bucket' : 'bucket.exists'
  if (seen.stands.is === 'absent')
    return [fail(id, subject, `there is no bucket ${place.bucket}`, createBucket(used, subject))]
  if (seen.stands.is === 'unknown') return [unknown(id, subject, seen.stands.fault)]
  const { region } = seen.stands.value
  if (region !== place.region) {
    const said = `it is in ${region}, and the configuration says ${place.region}`
    return [fail('bucket.region', subject, said, { say: `Write region: ${region} for it in the configuration.` })]
  }
  return [
    pass(id, subject, `it is in ${region}`),
    ...(uses.has('batch') ? [pass('bucket.exists', subject, 'it answers')] : []),
    pass('bucket.region', subject, `it is in ${region}, as the configuration says`),
    ...(replicates(uses) ? judge(seen.versioning, 'bucket.versioning', subject, (it) => versioning(used, it)) : []),
    ...judge(seen.encryption, 'bucket.encryption', subject, (it) => encryption(estate, used, it)),
    ...publicAccess(used, seen),
    ...tlsOnly(used, seen),
  ]
}

function replicates(uses: ReadonlySet<Use>): boolean {
  return uses.has('source') || uses.has('destination') || uses.has('dumps')
}

function createBucket({ place, uses }: UsedBucket, subject: Subject) {
  if (uses.has('source') || uses.has('destination')) return initApply(subject)
  const { bucket, region } = place
  const constraint = `LocationConstraint=${region}`
  return aws('s3api', 'create-bucket', { bucket, region, 'create-bucket-configuration': constraint })
}

function versioning(used: UsedBucket, seen: SeenVersioning | undefined): readonly Finding[] {
  const subject = bucketSubject(used)
  const { status, mfaDelete } = seen ?? { status: 'Off', mfaDelete: false }
  const mend = mfaDelete
    ? { say: 'MFA delete is on: only the root user, with a code, can change versioning there.' }
    : initApply(subject)
  return [
    status === 'Enabled'
      ? pass('bucket.versioning', subject, 'versioning is on')
      : fail('bucket.versioning', subject, `versioning is ${status === 'Off' ? 'off' : 'suspended'}`, mend),
    mfaDelete
      ? note(
          'bucket.mfa-delete',
          subject,
          'MFA delete is on: no version can be deleted, and versioning not be changed, by API without a code',
          {
            say: 'Leave it on. `landfall dump prune` can remove nothing there, and what has to be changed in its versioning needs a person with the code.',
          },
        )
      : pass('bucket.mfa-delete', subject, 'MFA delete is off'),
  ]
}

function encryption(
  { pairs }: CheckedEstate,
  { place, uses, pairs: names }: UsedBucket,
  seen: SeenEncryption | undefined,
): readonly Finding[] {
  const subject = bucketSubject({ place, pairs: names })
  const said = seen === undefined ? 'no default is set: S3 uses its own keys' : `the default is ${seen.algorithm}`
  const across = pairs.some(
    ({ source, destination }) => destination.bucket === place.bucket && source.account !== destination.account,
  )
  const foreign = across && seen !== undefined && seen.algorithm !== 'AES256' && seen.kmsKey === undefined
  return [
    foreign
      ? fail(
          'bucket.encryption',
          subject,
          `${said} under AWS' own key, which the source's account cannot use`,
          say('Give its default encryption a key of this account whose policy lets the replication role use it.'),
        )
      : pass('bucket.encryption', subject, said),
    ...(uses.has('source') ? [sseC(subject, seen)] : []),
  ]
}

function sseC(subject: Subject, seen: SeenEncryption | undefined): Finding {
  const said = seen?.blocksCustomerKeys === true ? 'they are refused' : 'they are not refused'
  return pass('bucket.sse-c', subject, said)
}

function publicAccess(used: UsedBucket, seen: SeenBucket): readonly Finding[] {
  const subject = bucketSubject(used)
  const { bucket, region } = used.place
  const all = 'BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true'
  const command = aws('s3api', 'put-public-access-block', { bucket, region, 'public-access-block-configuration': all })
  return judge(seen.publicAccess, 'bucket.public-access', subject, (value) => {
    const open = value === undefined ? ['all four'] : Object.entries(value).flatMap(([name, on]) => (on ? [] : [name]))
    if (open.length === 0) return [pass('bucket.public-access', subject, 'all four switches are on')]
    const said = `public access is not blocked whole (off: ${open.join(', ')})`
    // What is served to the public is so on purpose; a copy, a list of what is at risk and a dump never are.
    if (used.uses.size === 1 && used.uses.has('source'))
      return [warn('bucket.public-access', subject, `${said}. Is this bucket meant to serve the public?`, command)]
    return [fail('bucket.public-access', subject, said, used.uses.has('destination') ? initApply(subject) : command)]
  })
}

function tlsOnly(used: UsedBucket, seen: SeenBucket): readonly Finding[] {
  const subject = bucketSubject(used)
  const { bucket } = used.place
  const actions = ['s3:GetObject', 's3:PutObject']
  return judge(seen.policy, 'bucket.tls-only', subject, (policy) => {
    const answers = actions.map((action) =>
      deniedBy(policy === undefined ? [] : [policy], {
        action,
        resource: `arn:aws:s3:::${bucket}/any`,
        principal: { arn: 'arn:aws:iam::000000000000:role/any' },
        context: { 'aws:securetransport': 'false' },
      }),
    )
    if (answers.every((denied) => denied === true))
      return [pass('bucket.tls-only', subject, 'requests without TLS are refused')]
    const said =
      policy === undefined ? 'there is no bucket policy' : 'its policy does not refuse all requests without TLS'
    return [warn('bucket.tls-only', subject, said, tlsMend(used, policy !== undefined, subject))]
  })
}

/** put-bucket-policy replaces the whole: pasted over a policy that stands it would take grants away. */
function tlsMend({ place, uses }: UsedBucket, stands: boolean, subject: Subject) {
  if (uses.has('destination')) return initApply(subject)
  const statement = {
    Sid: 'TlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: [`arn:aws:s3:::${place.bucket}`, `arn:aws:s3:::${place.bucket}/*`],
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  }
  if (stands) return { say: `Add this statement to its policy: ${JSON.stringify(statement)}` }
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  return aws('s3api', 'put-bucket-policy', { bucket: place.bucket, region: place.region, policy })
}
