/** The roles that S3 acts under: live replication's, and Batch Operations'. What stands is kept, what is missing added. Pure. */
import { batchPermissions, batchTrust } from '../iam/batch-role.ts'
import {
  REPLICATION_ROLE,
  replicationPermissions,
  replicationTrust,
  type ReplicationPair,
} from '../iam/replication-role.ts'
import { bucketArn, listed, type PolicyDocument as OurDocument } from '../iam/document.ts'
import type { Change, SetupOptions } from './change.ts'
import type { SetupEstate, SetupPair } from './estate.ts'
import type { Observed, PolicyDocument, PolicyStatement, SeenRole } from './observed.ts'
import { respectOwner } from './owned.ts'
import { accountIdOf, readArn, replicationRoleArn } from './places.ts'
import { missingStatements, trusts } from './policy.ts'
import { type At, blocked, change, keep, statementsOf, unseen } from './words.ts'

interface RoleWish {
  readonly arn: string
  /** Key into the estate's accounts; undefined: of none of them. */
  readonly account: string | undefined
  readonly service: string
  readonly trust: PolicyDocument
  readonly policy: { readonly name: string; readonly document: PolicyDocument }
}

/** The role that stands in the source's configuration, else the pair's: S3 has one for all rules of a bucket. */
export function roleOf(estate: SetupEstate, observed: Observed, pair: SetupPair): string {
  const seen = observed.buckets.get(pair.source.bucket)?.replication
  const standing = seen?.is === 'there' ? seen.value.role : ''
  return standing === '' ? replicationRoleArn(estate, pair) : standing
}

export function planRoles(
  estate: SetupEstate,
  observed: Observed,
  pairs: readonly SetupPair[],
  { existing }: SetupOptions,
): readonly Change[] {
  const live = Map.groupBy(pairs, (pair) => roleOf(estate, observed, pair))
  const batch = Map.groupBy(
    pairs.filter(({ redrive }) => redrive.batch !== undefined),
    ({ redrive }) => redrive.batch!.roleArn,
  )
  return [
    ...[...live].flatMap(([arn, all]) => planRole(estate, observed, replicationWish(estate, observed, arn, all))),
    ...[...batch].flatMap(([arn, all]) => planRole(estate, observed, batchWish(estate, arn, all, existing === true))),
  ]
}

function replicationWish(estate: SetupEstate, observed: Observed, arn: string, pairs: readonly SetupPair[]): RoleWish {
  return {
    arn,
    account: accountNamed(estate, arn),
    service: 's3.amazonaws.com',
    trust: documentOf(replicationTrust(readArn(arn).accountId)),
    policy: {
      name: REPLICATION_ROLE,
      document: documentOf(replicationPermissions(pairs.map((pair) => replicationPair(estate, observed, pair)))),
    },
  }
}

export function replicationPair(estate: SetupEstate, observed: Observed, pair: SetupPair): ReplicationPair {
  const { source, destination, deleteMarkers, setup } = pair
  const side = ({ bucket, region, account }: SetupPair['source']) => ({
    bucket,
    region,
    accountId: accountIdOf(estate, account),
  })
  const locked = observed.buckets.get(source.bucket)?.objectLock
  return {
    source: side(source),
    destination: side(destination),
    tags: true,
    // A grant that nothing needs is given where it can't be seen whether it is needed: without it locks stay behind in silence.
    lock: locked?.is !== 'absent',
    deleteMarkers,
    ownerOverride: source.account !== destination.account,
    kms: setup?.kms,
  }
}

function batchWish(estate: SetupEstate, arn: string, pairs: readonly SetupPair[], existing: boolean): RoleWish {
  const own = documentOf(batchPermissions(pairs.map(({ source, redrive }) => ({ source, batch: redrive.batch! }))))
  return {
    arn,
    account: accountNamed(estate, arn),
    service: 'batchoperations.s3.amazonaws.com',
    trust: documentOf(batchTrust()),
    policy: {
      name: 'landfall-batch-replication',
      document: existing ? { ...own, Statement: [...own.Statement, listsItself(pairs)] } : own,
    },
  }
}

/** S3 makes the manifest itself, by an inventory of its own (user guide, "Configuring an IAM role for S3 Batch Replication"). */
function listsItself(pairs: readonly SetupPair[]): PolicyStatement {
  return {
    Sid: 'MakeManifests',
    Effect: 'Allow',
    Action: ['s3:GetReplicationConfiguration', 's3:PutInventoryConfiguration'],
    Resource: listed(pairs.map(({ source }) => bucketArn(source.bucket))),
  }
}

function documentOf({ Version, Statement }: OurDocument): PolicyDocument {
  return { Version, Statement: statementsOf(Statement) }
}

function accountNamed(estate: SetupEstate, arn: string): string | undefined {
  const { accountId } = readArn(arn)
  return Object.values(estate.accounts).find(({ id }) => id === accountId)?.name
}

function planRole(estate: SetupEstate, observed: Observed, wish: RoleWish): readonly Change[] {
  const { arn, account, policy, trust } = wish
  const at: At = { name: arn, region: 'global', account: account ?? readArn(arn).accountId }
  if (account === undefined) {
    return [blocked(at, 'role', { reason: 'its account is none of the configuration: its owner must set it up' })]
  }
  const seen = observed.roles.get(arn) ?? { is: 'absent' as const }
  if (seen.is === 'unknown') return [unseen(at, 'role', seen.fault)]
  if (seen.is === 'absent') {
    return [
      change(at, 'role', {
        after: { trusts: wish.service, policy: policy.name, actions: actionsOf(policy.document.Statement) },
        reason: 'S3 needs a role to act under',
        step: { do: 'createRole', arn, account, trust, policy },
      }),
    ]
  }
  const role = seen.value
  return [
    keep(at, 'role', 'it stands'),
    ...respectOwner(estate, { is: 'there', value: role.tags }, [
      trustChange(at, wish, role.trust, account),
      policyChange(at, wish, role.policies, account),
    ]),
  ]
}

function trustChange(at: At, wish: RoleWish, standing: PolicyDocument, account: string): Change {
  if (trusts(standing, wish.service, readArn(wish.arn).accountId))
    return keep(at, 'role trust', `trusts ${wish.service}`)
  const statements = wish.trust.Statement
  return change(at, 'role trust', {
    before: standing.Statement.map((one) => one['Principal']),
    after: [...standing.Statement, ...statements].map((one) => one['Principal']),
    reason: `${wish.service} can't assume it`,
    step: { do: 'addTrust', arn: wish.arn, account, statements },
  })
}

function policyChange(at: At, wish: RoleWish, policies: SeenRole['policies'], account: string): Change {
  if (policies.is === 'unknown') return unseen(at, 'role policy', policies.fault)
  const standing = policies.is === 'there' ? policies.value : []
  const statements = missingStatements(
    standing.map(({ document }) => document),
    wish.policy.document.Statement,
  )
  if (statements.length === 0) return keep(at, 'role policy', 'its grants suffice')
  return change(at, 'role policy', {
    before: standing.map(({ name }) => name),
    after: actionsOf(statements),
    reason: 'grants are missing',
    step: { do: 'addRoleStatements', arn: wish.arn, account, policy: wish.policy.name, statements },
  })
}

function actionsOf(statements: readonly PolicyStatement[]): readonly string[] {
  return [...new Set(statements.flatMap((one) => [one['Action']].flat() as string[]))]
}
