/** What stands of one role. Source: IAM API reference, GetRole, ListRolePolicies, GetRolePolicy, ListAttachedRolePolicies, GetPolicyVersion. */
import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
} from '@aws-sdk/client-iam'
import type { PolicyDocument, Seen, SeenRole } from '../../domain/setup/observed.ts'
import type { Aws, Place } from '../clients.ts'
import { look, policyOf, there } from './look.ts'

type Policies = SeenRole['policies'] extends Seen<infer T> ? T : never

export async function observeRole(
  aws: Pick<Aws, 'iam'>,
  { arn, place }: { readonly arn: string; readonly place: Place },
): Promise<Seen<SeenRole>> {
  const iam = aws.iam(place)
  // The path is part of the ARN, and not of the name.
  const RoleName = arn.slice(arn.lastIndexOf('/') + 1)
  const seen = await look({
    action: 'iam:GetRole',
    resource: arn,
    none: ['NoSuchEntity', 'NoSuchEntityException'],
    ask: async () => (await iam.send(new GetRoleCommand({ RoleName }))).Role,
  })
  if (seen.is !== 'there') return seen
  const { Arn, AssumeRolePolicyDocument, Tags, MaxSessionDuration, PermissionsBoundary } = seen.value
  return there({
    arn: Arn ?? arn,
    trust: documentOf(AssumeRolePolicyDocument),
    policies: await look({
      action: 'iam:ListRolePolicies',
      resource: arn,
      none: [],
      ask: async () => [...(await inline(iam, RoleName)), ...(await attached(iam, RoleName))],
    }),
    tags: Object.fromEntries((Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    maxSessionSeconds: MaxSessionDuration ?? 3600,
    boundary: PermissionsBoundary?.PermissionsBoundaryArn,
  })
}

async function inline(client: IAMClient, RoleName: string): Promise<Policies> {
  const policies: Policies[number][] = []
  for await (const { PolicyNames } of paginateListRolePolicies({ client }, { RoleName })) {
    for (const name of PolicyNames ?? []) {
      const found = await client.send(new GetRolePolicyCommand({ RoleName, PolicyName: name }))
      policies.push({ name, inline: true, document: documentOf(found.PolicyDocument) })
    }
  }
  return policies
}

async function attached(client: IAMClient, RoleName: string): Promise<Policies> {
  const policies: Policies[number][] = []
  for await (const { AttachedPolicies } of paginateListAttachedRolePolicies({ client }, { RoleName })) {
    for (const { PolicyArn, PolicyName } of AttachedPolicies ?? []) {
      const { Policy } = await client.send(new GetPolicyCommand({ PolicyArn }))
      const current = { PolicyArn, VersionId: Policy?.DefaultVersionId }
      const { PolicyVersion } = await client.send(new GetPolicyVersionCommand(current))
      policies.push({ name: PolicyName ?? '', inline: false, document: documentOf(PolicyVersion?.Document) })
    }
  }
  return policies
}

/** IAM answers documents URL-encoded (RFC 3986). */
function documentOf(text: string | undefined): PolicyDocument {
  return text === undefined ? { Statement: [] } : policyOf(decodeURIComponent(text))
}
