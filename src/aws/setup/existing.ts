/**
 * Objects from before the rule: live replication never looks at them. One job of S3 Batch Operations for a pair, by a manifest
 * that S3 makes itself.
 *
 * Source: Amazon S3 API reference, CreateJob, "S3JobManifestGenerator"; user guide, "Replicating existing objects with Batch
 * Replication".
 */
import { CreateJobCommand } from '@aws-sdk/client-s3-control'
import type { Estate, Pair } from '../../config/estate.ts'
import { attempt } from '../../domain/aws-errors.ts'
import { LandfallError } from '../../domain/errors.ts'
import type { VersionLister } from '../../ports.ts'
import { accountOf, type Aws } from '../clients.ts'

/** Other jobs of the account that a person gives more go first. */
const PRIORITY = 10

export interface Existing {
  readonly versions: number
  readonly bytes: number
}

/** All versions of the source, markers left out: at most so many are still to be replicated. */
export async function countExisting(
  lister: Pick<VersionLister, 'page'>,
  pair: string,
  onPage: (sofar: Existing) => void = () => {},
): Promise<Existing> {
  let sum: Existing = { versions: 0, bytes: 0 }
  let after: Awaited<ReturnType<VersionLister['page']>>['next']
  do {
    const { versions, next } = await lister.page({ pair, side: 'source', after })
    const objects = versions.filter(({ kind }) => kind === 'object')
    sum = {
      versions: sum.versions + objects.length,
      bytes: sum.bytes + objects.reduce((bytes, one) => bytes + ('size' in one ? (one.size ?? 0) : 0), 0),
    }
    onPage(sum)
    after = next
  } while (after !== undefined)
  return sum
}

/** The id of the job. The same token gives the same job. Throws CONFIG_INVALID where the pair has no `redrive.batch`. */
export async function replicateExisting(
  { estate, aws }: { readonly estate: Estate; readonly aws: Pick<Aws, 's3Control'> },
  pair: Pair,
  token: string,
): Promise<string> {
  const { batch } = pair.redrive
  if (batch === undefined) {
    throw new LandfallError('CONFIG_INVALID', `${pair.name} has no redrive.batch`, {
      hint: 'Name a role and a bucket under redrive.batch of the pair: S3 writes its report there.',
    })
  }
  const account = accountOf(estate, pair.source.account).id
  const command = new CreateJobCommand({
    AccountId: account,
    ClientRequestToken: token,
    ConfirmationRequired: false,
    Description: `Landfall: objects of ${pair.name} from before its rule`,
    Priority: PRIORITY,
    RoleArn: batch.roleArn,
    Operation: { S3ReplicateObject: {} },
    ManifestGenerator: {
      S3JobManifestGenerator: {
        ExpectedBucketOwner: account,
        SourceBucket: `arn:aws:s3:::${pair.source.bucket}`,
        EnableManifestOutput: false,
        Filter: { EligibleForReplication: true, ObjectReplicationStatuses: ['NONE'] },
      },
    },
    Report: {
      Enabled: true,
      Bucket: `arn:aws:s3:::${batch.bucket}`,
      Prefix: `${batch.prefix}${pair.name}/existing`,
      Format: 'Report_CSV_20180820',
      ReportScope: 'AllTasks',
    },
  })
  const resource = `account ${account} (or iam:PassRole on ${batch.roleArn})`
  const { JobId } = await attempt({ action: 's3:CreateJob', resource, region: pair.source.region }, () =>
    aws.s3Control(pair.source).send(command),
  )
  return JobId ?? ''
}
