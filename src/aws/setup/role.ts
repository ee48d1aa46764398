/** Roles: made, trusted, granted; inline policies of others are never written. Source: IAM API reference, CreateRole, PutRolePolicy, UpdateAssumeRolePolicy. */
import {
  CreateRoleCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { attempt } from '../../domain/aws-errors.ts'
import type { PolicyDocument, PolicyStatement } from '../../domain/setup/observed.ts'
import { policyOf } from '../observe/look.ts'
import { reading } from './bucket.ts'
import type { SetupAws, StepOf } from './deps.ts'

/** Any region of the partition: IAM is of none. */
const REGION = 'us-east-1'

export async function createRole({ iam }: SetupAws, step: StepOf<'createRole'>): Promise<void> {
  const { arn, account, trust, policy } = step
  const client = iam({ account, region: REGION })
  const { Path, RoleName } = nameOf(arn)
  const command = new CreateRoleCommand({
    RoleName,
    Path,
    AssumeRolePolicyDocument: JSON.stringify(trust),
    Description: 'Made by `landfall init`.',
  })
  await attempt({ action: 'iam:CreateRole', resource: arn }, () => client.send(command))
  await put(client, arn, policy.name, policy.document)
}

export async function addTrust({ iam }: SetupAws, { arn, account, statements }: StepOf<'addTrust'>): Promise<void> {
  const client = iam({ account, region: REGION })
  const { RoleName } = nameOf(arn)
  const { Role } = await attempt({ action: 'iam:GetRole', resource: arn }, () =>
    client.send(new GetRoleCommand({ RoleName })),
  )
  const standing = policyOf(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '%7B%7D'))
  const PolicyDocument = JSON.stringify(withStatements(standing, statements))
  await attempt({ action: 'iam:UpdateAssumeRolePolicy', resource: arn }, () =>
    client.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument })),
  )
}

/** Into the inline policy of that name, beside what it says. */
export async function addRoleStatements({ iam }: SetupAws, step: StepOf<'addRoleStatements'>): Promise<void> {
  const { arn, account, policy, statements } = step
  const client = iam({ account, region: REGION })
  const during = { action: 'iam:GetRolePolicy', resource: arn }
  const standing = await reading(during, 'NoSuchEntityException', async () => {
    const command = new GetRolePolicyCommand({ RoleName: nameOf(arn).RoleName, PolicyName: policy })
    return policyOf(decodeURIComponent((await client.send(command)).PolicyDocument ?? '%7B%7D'))
  })
  await put(client, arn, policy, withStatements(standing ?? { Statement: [] }, statements))
}

async function put(client: IAMClient, arn: string, PolicyName: string, document: PolicyDocument): Promise<void> {
  const { RoleName } = nameOf(arn)
  await attempt({ action: 'iam:PutRolePolicy', resource: arn }, () =>
    client.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: JSON.stringify(document) })),
  )
}

/** Sids of one document differ. */
function withStatements(standing: PolicyDocument, more: readonly PolicyStatement[]): PolicyDocument {
  const taken = new Set(standing.Statement.map(({ Sid }) => Sid))
  const added = more.map((one) => {
    let { Sid } = one
    for (let i = 2; Sid !== undefined && taken.has(Sid); i += 1) Sid = `${one.Sid}x${i}`
    taken.add(Sid)
    return { ...one, ...(Sid !== undefined && { Sid }) }
  })
  return { Version: '2012-10-17', Statement: [...standing.Statement, ...added] }
}

/** `arn:aws:iam::333333333333:role/service/landfall`: the path is `/service/`. */
function nameOf(arn: string): { readonly Path: string; readonly RoleName: string } {
  const rest = arn.slice(arn.indexOf(':role/') + ':role'.length)
  const cut = rest.lastIndexOf('/') + 1
  return { Path: rest.slice(0, cut), RoleName: rest.slice(cut) }
}
