import {
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Sandbox, startSandbox } from '../../../sandbox/server.ts'
import { findCommand, makeWorkplace } from '../../support/commands.ts'
import { clientsFor, controlOf } from '../../support/sandbox.ts'
import { allow, type Clients, clientsIn, document, makeRole, trusting } from '../../support/sandbox-roles.ts'

const PRODUCTION = '333333333333'
const MAIN = '222222222222'
const TRUST = trusting({ AWS: MAIN })

let sandbox: Sandbox
let production: Clients
let main: Clients
const opened: Clients[] = []
let made = 0
const newName = (): string => `role-${++made}`

beforeAll(async () => {
  sandbox = await startSandbox()
  production = clientsFor(sandbox.url, { account: PRODUCTION })
  main = clientsFor(sandbox.url, { account: MAIN })
})
afterEach(async () => {
  for (const clients of opened.splice(0)) clients.destroy()
  await controlOf(sandbox.url).iam({ strict: false })
})
afterAll(async () => {
  production.destroy()
  main.destroy()
  await sandbox.close()
})

async function within(role: string, more: Parameters<typeof clientsIn>[3] = {}, by = main): Promise<Clients> {
  const clients = await clientsIn(sandbox.url, by, role, more)
  opened.push(clients)
  return clients
}

describe('roles', () => {
  it('are made, read, changed and removed', async () => {
    const { iam } = production
    const RoleName = newName()
    const arn = await makeRole(production, RoleName, TRUST)
    expect(arn).toBe(`arn:aws:iam::${PRODUCTION}:role/${RoleName}`)
    const { Role } = await iam.send(new GetRoleCommand({ RoleName }))
    expect(Role).toMatchObject({ RoleName, Path: '/', MaxSessionDuration: 3600 })
    expect(Role!.RoleId).toMatch(/^AROA[A-Z0-9]{16}$/)
    expect(decodeURIComponent(Role!.AssumeRolePolicyDocument!)).toBe(TRUST)

    const other = trusting({ Service: 's3.amazonaws.com' })
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: other }))
    const changed = (await iam.send(new GetRoleCommand({ RoleName }))).Role!.AssumeRolePolicyDocument!
    expect(decodeURIComponent(changed)).toBe(other)

    await iam.send(new TagRoleCommand({ RoleName, Tags: [{ Key: 'owner', Value: 'landfall' }] }))
    expect((await iam.send(new ListRoleTagsCommand({ RoleName }))).Tags).toEqual([{ Key: 'owner', Value: 'landfall' }])

    const PolicyDocument = document(allow('s3:GetObject', 'arn:aws:s3:::a/*'))
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'read', PolicyDocument }))
    expect((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames).toEqual(['read'])
    const policy = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'read' }))
    expect(decodeURIComponent(policy.PolicyDocument!)).toBe(PolicyDocument)
    await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toMatchObject({
      name: 'DeleteConflictException',
    })
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'read' }))
    await iam.send(new DeleteRoleCommand({ RoleName }))
    await expect(iam.send(new GetRoleCommand({ RoleName }))).rejects.toMatchObject({
      name: 'NoSuchEntityException',
      message: `The role with name ${RoleName} cannot be found.`,
    })
  })

  it('are of one account, by name', async () => {
    const RoleName = newName()
    await makeRole(production, RoleName, TRUST)
    await makeRole(main, RoleName, TRUST)
    await expect(makeRole(production, RoleName, TRUST)).rejects.toMatchObject({ name: 'EntityAlreadyExistsException' })
    const names: string[] = []
    let Marker: string | undefined
    do {
      const page = await production.iam.send(new ListRolesCommand({ MaxItems: 1, Marker }))
      names.push(...page.Roles!.map((role) => role.RoleName!))
      Marker = page.Marker
    } while (Marker !== undefined)
    expect(names).toContain(RoleName)
    expect(names).toEqual([...new Set(names)].sort())
  })

  it('take no document that is none', async () => {
    const bad = makeRole(production, newName(), '{"Statement": []')
    await expect(bad).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' })
    const open = makeRole(production, newName(), TRUST, { ...allow('s3:*'), Principal: '*' })
    await expect(open).rejects.toMatchObject({ message: 'Policy document should not specify a principal.' })
  })

  it.skipIf(findCommand('aws') === undefined)('by the real `aws`', { timeout: 60_000 }, async () => {
    const work = await makeWorkplace()
    const RoleName = newName()
    const aws = (...args: string[]) => work.run(findCommand('aws')!, ['--endpoint-url', sandbox.url, ...args])
    await aws('iam', 'create-role', '--role-name', RoleName, '--assume-role-policy-document', TRUST)
    const policy = document(allow('s3:ListBucket'))
    await aws('iam', 'put-role-policy', '--role-name', RoleName, '--policy-name', 'p', '--policy-document', policy)
    const shown = JSON.parse(await aws('iam', 'get-role', '--role-name', RoleName, '--output', 'json')) as {
      Role: { AssumeRolePolicyDocument: unknown }
    }
    expect(shown.Role.AssumeRolePolicyDocument).toEqual(JSON.parse(TRUST))
    await work.remove()
  })
})

describe('AssumeRole', () => {
  it('asks the trust policy of a role that was created', async () => {
    const role = await makeRole(production, newName(), trusting({ AWS: '444444444444' }))
    await expect(within(role)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: arn:aws:iam::${MAIN}:user/sandbox is not authorized to perform: sts:AssumeRole on resource: ${role}`,
    })
    await within(role, {}, await openFor('444444444444'))
  })

  it('and its conditions: an external id, MFA', async () => {
    const role = await makeRole(
      production,
      newName(),
      trusting({ AWS: MAIN }, { StringEquals: { 'sts:ExternalId': 'landfall' } }),
    )
    await expect(within(role)).rejects.toMatchObject({ name: 'AccessDenied' })
    await expect(within(role, { ExternalId: 'other' })).rejects.toMatchObject({ name: 'AccessDenied' })
    await within(role, { ExternalId: 'landfall' })

    const careful = await makeRole(
      production,
      newName(),
      trusting({ AWS: MAIN }, { Bool: { 'aws:MultiFactorAuthPresent': 'true' } }),
    )
    await expect(within(careful)).rejects.toMatchObject({ name: 'AccessDenied' })
    const mfa = { SerialNumber: `arn:aws:iam::${MAIN}:mfa/me`, TokenCode: '123456' }
    await within(careful, mfa)
    await expect(within(careful, { ...mfa, TokenCode: 'no' })).rejects.toThrow('MultiFactorAuthentication failed')
  })

  it("inside an account needs the caller's own policy, too, and says so", async () => {
    const target = await makeRole(production, newName(), trusting({ AWS: PRODUCTION }))
    const first = newName()
    const source = await makeRole(production, first, TRUST, allow('s3:*'))
    await expect(within(target, {}, await within(source))).rejects.toThrow(
      `assumed-role/${first}/verify is not authorized to perform: sts:AssumeRole on resource: ${target} because no identity-based policy allows the sts:AssumeRole action`,
    )
  })

  it('takes no role that is not there in a strict account, and any role in another', async () => {
    const nobody = `arn:aws:iam::${PRODUCTION}:role/nobody`
    await within(nobody)
    await controlOf(sandbox.url).iam({ strict: [PRODUCTION] })
    await expect(within(nobody)).rejects.toMatchObject({ name: 'AccessDenied' })
    await within('arn:aws:iam::555555555555:role/nobody')
  })

  it("a session lasts as long as the role's may, and an hour where it was chained", async () => {
    const role = await makeRole(production, newName(), trusting({ AWS: [MAIN, PRODUCTION] }), allow('sts:AssumeRole'))
    await expect(within(role, { DurationSeconds: 7200 })).rejects.toThrow('MaxSessionDuration')
    const session = await within(role)
    await expect(within(role, { DurationSeconds: 3601 }, session)).rejects.toThrow('role chaining')
  })
})

async function openFor(account: string): Promise<Clients> {
  const clients = clientsFor(sandbox.url, { account })
  opened.push(clients)
  return clients
}
