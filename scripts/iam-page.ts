import { GRANTS } from '../src/domain/iam/grants.ts'
import { LIMITS, MOST_MANAGED } from '../src/domain/iam/fit.ts'

const number = (value: number): string => value.toLocaleString('en-GB')

/** docs/iam.md, its table from GRANTS. */
export function iamPage(): string {
  const rows = GRANTS.map(({ actions, by, on, when, why }) => {
    const named = actions.map((action) => `\`${action}\``).join(', ')
    return `| ${named} | ${by.join(', ')} | ${on} | ${when} | ${why} |`
  })
  return `# Who may what

\`landfall iam policies\` prints, for each role that Landfall has to do with, the trust policy and the permissions, and what
policies of buckets and queues must say: made from your configuration, and granting only what it asks for. It asks nothing
of AWS and changes nothing there.

This page is made by \`node scripts/docs.ts\`; the table below is the one in \`src/domain/iam/grants.ts\`, of which the
policies are made, too. A test runs Landfall under these very policies in a sandbox that evaluates them, and fails when the
code calls what they lack, or they grant what nobody calls.

\`\`\`sh
landfall iam policies                                    # all of it, to read
landfall iam policies --role service                     # one kind of role, or one by its name
landfall iam policies --out policies --external-ids      # files: policies/<account>/<role>.trust.json, .policy.json
landfall iam policies --json                             # for a program
\`\`\`

## The roles

| role | who acts in it | where |
|---|---|---|
| \`landfall-service\` | \`landfall run\`, and the dumps and drills that it starts on schedule | the account that Landfall runs in (\`home\`) |
| \`accounts.*.roleArn\` | the service, in every other account | that account |
| \`landfall-dump\`, \`landfall-drill\` | \`landfall dump run\`, \`landfall drill\` as tasks of their own | home, and the accounts of their buckets |
| \`landfall-operator\` | a person's commands: \`audit\`, \`explain\`, \`dead-letters\`, \`alarms\`, \`dashboards\`, \`dump\` ... | home, and every other account |
| \`landfall-doctor\` | \`landfall doctor\`; the service looks at the same under its own roles | home, and every other account |
| \`dumps.*.pruneRoleArn\` | \`landfall dump prune\`: **the only role that can delete anything** | the dumps' account |
| \`landfall-replication\` | S3, as it replicates; trusts \`s3.amazonaws.com\` for buckets of its own account | each account with sources |
| \`redrive.batch.roleArn\` | S3 Batch Operations; trusts \`batchoperations.s3.amazonaws.com\` | each account with sources |

- **Home** is the account whose credentials Landfall runs with: the one account without \`roleArn\` that something is in.
  Where that is not one, say \`--home ACCOUNT\`.
- The service's roles need none of the others. A task or a person with a narrower role uses a configuration of its own, in
  which \`accounts.*.roleArn\` names that role: one configuration knows one role an account.
- Names that the configuration does not give (\`landfall-service\` ...) are only names: rename them in all documents alike.
- \`landfall-service\`, \`landfall-dump\` and \`landfall-drill\` are trusted by ECS tasks of the home account (in
  \`service.region\`); \`landfall-operator\` by people of the home account who signed in with MFA. Where yours run or sign in
  otherwise, change the trust policy.
- **External ids** are secrets of the configuration: \`EXTERNAL-ID-OF-<account>\` stands for each, unless \`--external-ids\`
  asks for them.

## Both sides

What is asked across accounts needs **both**: the role's own policy, and the policy of the bucket or queue. Where a role of
one account has grants on what another owns, the statements for that bucket's or queue's policy are printed as well, under
the account that must add them: for replicas in another account, for accounts without \`roleArn\` that are not home, and for
S3, which sends events to queues. What stands in such a policy already stays: add the statements to it.

## What nobody has

No role but \`pruneRoleArn\` has a grant that deletes: no \`s3:DeleteObject\`, no \`s3:DeleteObjectVersion\`, no bucket
configuration, no \`s3:BypassGovernanceRetention\`. \`redrive.copy\` and \`shipments\` write, always on a condition that refuses to
write over what was not seen. \`test/unit/iam-simulate.test.ts\` asks a simulator that others wrote.

- \`s3:GetObjectVersion\` is the right to **read** files: S3 has no narrower one for HEAD. \`evidence: list\` does without, and
  then neither sees tags, locks and checksums.
- \`redrive.copy: false\` (the default) grants no write at a destination, \`redrive.retrigger: false\` none at a source.

## Limits

IAM takes ${number(LIMITS.inline)} characters of inline policies a role, ${number(LIMITS.managed)} a managed policy, ${number(LIMITS.trust)} a trust policy. What is allowed on
the same resources is one statement, with the exact names of all. What is still too long for an inline policy is printed
as several managed ones, all to be attached (a role takes ${MOST_MANAGED} unless AWS was asked for more). No name is ever shortened
to a pattern.

## What it does not know

- **KMS**: the configuration names no keys. Buckets under a key of your own need \`kms:Decrypt\` for who reads, and
  \`kms:GenerateDataKey\` for who writes (dumps: both), in the role's policy and in the key's; the replication role needs
  \`kms:Decrypt\` on the sources' keys and \`kms:Encrypt\` on the replicas'.
- **Dead-letter queues** are taken to be \`<queue>-dead-letters\`, as Landfall makes them. Change the names where yours differ.
- **S3 Inventory and Athena** ([audit-inventory.md](audit-inventory.md)) read places that only the command line names: add
  \`s3:GetObject\` on what the inventories delivered; for Athena \`athena:StartQueryExecution\`, \`GetQueryExecution\`,
  \`GetQueryResults\` and \`StopQueryExecution\` on the work group, and what Athena itself then needs (Glue, the output's bucket).
- **SNS topics** that already take a bucket's events: their subscription needs \`sns.amazonaws.com\` in the queue's policy.
- **Partitions** other than \`aws\` (China, GovCloud): the ARNs are of \`aws\`.
- Setting replication up (\`landfall init\`): it is run as who sets accounts up, [init.md](init.md). The canaries of \`landfall doctor\` write
  \`_landfall/\` at the source: add \`s3:PutObject\` there where \`service.doctor\` asks for them.
- Whether S3 Batch Operations gives \`aws:SourceAccount\` when it assumes its role: no page says so, so its trust policy has no such
  condition. Who may hand the role on is what \`iam:PassRole\` says: the service alone.
- That \`If-Match\` on a write takes \`s3:GetObject\`, beside \`s3:PutObject\`, is granted and unconfirmed: the sandbox does not ask for it.

## The table

| action | who | on | where configured | why |
|---|---|---|---|---|
${rows.join('\n')}

The roles of S3 itself:

| action | who | on | where configured | why |
|---|---|---|---|---|
| \`s3:GetReplicationConfiguration\`, \`s3:ListBucket\` | replication | source buckets | | reads its rule |
| \`s3:GetObjectVersionForReplication\`, \`s3:GetObjectVersionAcl\` | replication | source objects | | reads what it replicates |
| \`s3:GetObjectVersionTagging\`, \`s3:ReplicateTags\` | replication | source objects; destination objects | | without them tags stay behind, in silence |
| \`s3:GetObjectRetention\`, \`s3:GetObjectLegalHold\` | replication | source objects | | locks follow |
| \`s3:ReplicateObject\` | replication | destination objects | | writes replicas |
| \`s3:ReplicateDelete\` | replication | destination objects | \`deleteMarkers\` | delete markers follow |
| \`s3:ObjectOwnerOverrideToBucketOwner\` | replication | destination objects | pairs between accounts | replicas belong to their bucket's account |
| \`s3:InitiateReplication\` | batch | source objects | \`redrive.batch\` | begins replications again |
| \`s3:GetObject\`, \`s3:GetObjectVersion\`, \`s3:PutObject\` | batch | the folder of \`redrive.batch\` | \`redrive.batch\` | reads manifests, writes reports |
`
}
