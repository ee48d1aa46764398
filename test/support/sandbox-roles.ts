/** Roles in a sandbox, and clients that act in them. */
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, type AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import { clientsFor } from './sandbox.ts'

export type Clients = ReturnType<typeof clientsFor>

export const document = (...Statement: readonly object[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement })

export function allow(
  action: string | readonly string[],
  resource: string | readonly string[] = '*',
  more: object = {},
) {
  return { Effect: 'Allow', Action: action, Resource: resource, ...more }
}

/** A trust policy: who, and under which condition. */
export function trusting(principal: object, condition?: object): string {
  return document({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: principal, Condition: condition })
}

/** Makes a role in the clients' account; its ARN. */
export async function makeRole(
  { iam }: Clients,
  RoleName: string,
  AssumeRolePolicyDocument: string,
  ...statements: readonly object[]
): Promise<string> {
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
  if (statements.length > 0) await grant({ iam }, RoleName, ...statements)
  return Role!.Arn!
}

/** What the role may, all of it. */
export async function grant({ iam }: Pick<Clients, 'iam'>, RoleName: string, ...statements: readonly object[]) {
  const PolicyDocument = document(...statements)
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'grants', PolicyDocument }))
}

/** Clients in a session of the role, in eu-west-1 unless told. */
export async function clientsIn(
  url: string,
  by: Clients,
  RoleArn: string,
  { region, ...more }: Partial<AssumeRoleCommandInput> & { readonly region?: string } = {},
): Promise<Clients> {
  const asked = new AssumeRoleCommand({ RoleArn, RoleSessionName: 'verify', ...more })
  const { Credentials: issued } = await by.sts.send(asked)
  const credentials = {
    accessKeyId: issued!.AccessKeyId!,
    secretAccessKey: issued!.SecretAccessKey!,
    sessionToken: issued!.SessionToken!,
  }
  return clientsFor(url, { region, credentials })
}
