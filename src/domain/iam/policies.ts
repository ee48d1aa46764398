/** From the estate to the documents of all its roles, and of the buckets and queues that let them in. Pure. */
import { batchPermissions, batchTrust } from './batch-role.ts'
import { documentOf, type PolicyDocument, roleArn, sizeOf, type Statement } from './document.ts'
import type { IamEstate, IamPair } from './estate.ts'
import { fit, LIMITS, MOST_MANAGED } from './fit.ts'
import type { Activity } from './grant.ts'
import { accountIdOf, nameOf, type Naming, type Principal, principalsOf, roleNameOf } from './principals.ts'
import { REPLICATION_ROLE, replicationStatements, replicationTrust } from './replication-role.ts'
import { replicationPairOf } from './replication-pair.ts'
import { type ResourceDocument, resourceDocuments } from './resource-policies.ts'
import { statementsOf } from './statements.ts'

export type RoleKind = Activity | 'replication' | 'batch'

export interface RoleDocument {
  readonly kind: RoleKind
  readonly arn: string
  readonly name: string
  /** Twelve digits, and its name in the configuration. */
  readonly accountId: string
  readonly account: string
  readonly about: string
  readonly trust: PolicyDocument
  readonly policies: readonly {
    readonly name: string
    /** A managed policy, to be attached; else inline. */
    readonly managed: boolean
    readonly document: PolicyDocument
  }[]
  /** What a person should know before using it. */
  readonly notes: readonly string[]
}

export interface EstateDocuments {
  readonly home: string
  readonly roles: readonly RoleDocument[]
  readonly resources: readonly ResourceDocument[]
}

export interface Asked extends Naming {
  /** External ids in trust documents; else a word stands for each. */
  readonly externalIds: boolean
}

const ABOUT: Readonly<Record<Activity, string>> = {
  service: '`landfall run`',
  dump: '`landfall dump run` as a task of its own',
  drill: '`landfall drill` as a task of its own',
  operator: "a person's commands",
  prune: '`landfall dump prune`: the only role that deletes',
  setup: '`landfall init`',
  doctor: '`landfall doctor`',
}

export function documentsOf(estate: IamEstate, asked: Asked): EstateDocuments {
  const principals = principalsOf(estate, asked)
  return {
    home: asked.home,
    roles: [
      ...principals.map((principal) => roleOf(estate, principal, asked)),
      ...replicationRoles(estate),
      ...batchRoles(estate),
    ],
    resources: resourceDocuments(estate, principals),
  }
}

function roleOf(estate: IamEstate, principal: Principal, asked: Asked): RoleDocument {
  const { activity, arn, own } = principal
  const trust = own ? ownTrust(estate, principal) : assumedTrust(estate, principal, asked)
  const about = own ? ABOUT[activity] : `assumed for ${ABOUT[activity]}`
  const notes = [
    ...(own || activity === 'service' || activity === 'prune'
      ? []
      : [`give ${ABOUT[activity]} a configuration whose accounts.${principal.account}.roleArn is ${arn}`]),
    ...foreignNotes(estate, principal),
  ]
  return finished({ kind: activity, arn, about, trust, notes, account: principal.account }, statementsOf(principal.may))
}

function foreignNotes(estate: IamEstate, { accountId, may }: Principal): readonly string[] {
  const owners = new Set(may.filter((one) => one.action !== 'sts:AssumeRole').map((one) => one.ownerId))
  owners.delete(accountId)
  return [...owners].map((id) => `what it asks for in account ${nameOf(estate, id)} needs that account's policies, too`)
}

function finished(
  role: Omit<RoleDocument, 'name' | 'accountId' | 'policies'>,
  statements: readonly Statement[],
): RoleDocument {
  const { inline, documents } = fit(statements)
  const name = roleNameOf(role.arn)
  const several = documents.length > 1
  const notes = [
    ...role.notes,
    ...(inline ? [] : [`more than ${LIMITS.inline} characters: ${documents.length} managed policies, attach all`]),
    ...(documents.length > MOST_MANAGED
      ? [`a role takes ${MOST_MANAGED} managed policies unless AWS is asked for more`]
      : []),
    ...(sizeOf(role.trust) > LIMITS.trust
      ? [`its trust policy has more than ${LIMITS.trust} characters: ask AWS for 4,096`]
      : []),
  ]
  return {
    ...role,
    name,
    accountId: accountIdOf(role.arn),
    notes,
    policies: documents.map((document, i) => ({
      name: several ? `${name}-${i + 1}` : name,
      managed: !inline,
      document,
    })),
  }
}

/** A container's task role, or people of the account with MFA (ECS developer guide, "Amazon ECS task IAM role"). */
function ownTrust({ service }: IamEstate, { activity, accountId }: Principal): PolicyDocument {
  const isTask = activity === 'service' || activity === 'dump' || activity === 'drill'
  if (isTask) {
    return documentOf([
      {
        Sid: 'EcsTasks',
        Effect: 'Allow',
        Principal: { Service: 'ecs-tasks.amazonaws.com' },
        Action: 'sts:AssumeRole',
        Condition: {
          StringEquals: { 'aws:SourceAccount': accountId },
          ArnLike: { 'aws:SourceArn': `arn:aws:ecs:${service.region}:${accountId}:*` },
        },
      },
    ])
  }
  return documentOf([
    {
      Sid: 'PeopleWithMfa',
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${accountId}:root` },
      Action: 'sts:AssumeRole',
      Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    },
  ])
}

/** The one role that assumes it, with the account's external id where it has one. */
function assumedTrust(estate: IamEstate, { activity, account }: Principal, asked: Asked): PolicyDocument {
  const by = activity === 'prune' ? 'operator' : activity
  const { externalId } = estate.accounts[account] ?? {}
  const said = asked.externalIds ? externalId : `EXTERNAL-ID-OF-${account}`
  return documentOf([
    {
      Sid: 'Landfall',
      Effect: 'Allow',
      Principal: { AWS: roleArn(estate.accounts[asked.home]!.id, `landfall-${by}`) },
      Action: 'sts:AssumeRole',
      ...(externalId === undefined || said === undefined
        ? {}
        : { Condition: { StringEquals: { 'sts:ExternalId': said } } }),
    },
  ])
}

/** One for each account that has sources. Which pairs lock objects or use KMS, the configuration does not say. */
function replicationRoles(estate: IamEstate): readonly RoleDocument[] {
  return [...bySource(estate, () => true)].map(([account, pairs]) => {
    const { id } = estate.accounts[account]!
    const replicated = pairs.map((pair) => replicationPairOf(estate, pair))
    const about = 'S3, as it replicates'
    const notes = ['the grants of tags and locks are in it; add the KMS keys of rules that replicate such objects']
    const role = { kind: 'replication', arn: roleArn(id, REPLICATION_ROLE), about, notes, account } as const
    return finished({ ...role, trust: replicationTrust(id) }, replicationStatements(replicated))
  })
}

function batchRoles(estate: IamEstate): readonly RoleDocument[] {
  const withBatch = estate.pairs.flatMap(({ source, redrive: { batch } }) =>
    batch === undefined ? [] : [{ source, batch }],
  )
  const byRole = Map.groupBy(withBatch, ({ batch }) => batch.roleArn)
  return [...byRole].map(([arn, pairs]) =>
    finished(
      {
        kind: 'batch',
        arn,
        about: 'S3 Batch Operations, as it re-drives',
        notes: [],
        account: nameOf(estate, accountIdOf(arn)),
        trust: batchTrust(),
      },
      batchPermissions(pairs).Statement,
    ),
  )
}

function bySource({ pairs }: IamEstate, which: (pair: IamPair) => boolean): ReadonlyMap<string, readonly IamPair[]> {
  return Map.groupBy(pairs.filter(which), ({ source }) => source.account)
}
