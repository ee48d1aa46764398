import { CreateQueueCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs'
import { AssumeRoleCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { randomPrefix } from '../../support/prefix.ts'
import { clientsFor } from '../../support/sandbox.ts'

const ROLE = 'arn:aws:iam::333333333333:role/landfall'

let clients: ReturnType<typeof clientsFor>

beforeAll(() => {
  clients = clientsFor(inject('sandboxUrl'), { account: '222222222222' })
})

afterAll(() => clients.destroy())

test('an access key of twelve digits is its account; any other is the default one', async () => {
  const identity = await clients.sts.send(new GetCallerIdentityCommand({}))
  expect(identity).toMatchObject({ Account: '222222222222', Arn: 'arn:aws:iam::222222222222:user/sandbox' })
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' }
  const other = clientsFor(inject('sandboxUrl'), { credentials })
  expect(await other.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({ Account: '111111111111' })
  other.destroy()
})

test("a role's credentials act in the role's account, in every service", async () => {
  const input = { RoleArn: ROLE, RoleSessionName: 'verify', ExternalId: 'landfall', DurationSeconds: 900 }
  const { Credentials: issued, AssumedRoleUser } = await clients.sts.send(new AssumeRoleCommand(input))
  expect(AssumedRoleUser!.Arn).toBe('arn:aws:sts::333333333333:assumed-role/landfall/verify')
  const lifetime = issued!.Expiration!.getTime() - Date.now()
  expect(Math.abs(lifetime - 900_000)).toBeLessThan(60_000)

  const credentials = {
    accessKeyId: issued!.AccessKeyId!,
    secretAccessKey: issued!.SecretAccessKey!,
    sessionToken: issued!.SessionToken!,
  }
  const role = clientsFor(inject('sandboxUrl'), { credentials })
  expect(await role.sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: '333333333333',
    UserId: AssumedRoleUser!.AssumedRoleId,
    Arn: AssumedRoleUser!.Arn,
  })
  const QueueName = randomPrefix()
  await role.sqs.send(new CreateQueueCommand({ QueueName }))
  const found = await clients.sqs.send(new GetQueueUrlCommand({ QueueName, QueueOwnerAWSAccountId: '333333333333' }))
  expect(found.QueueUrl).toContain(`/333333333333/${QueueName}`)

  // Role chaining is limited to an hour.
  const chained = { RoleArn: ROLE, RoleSessionName: 'chained', DurationSeconds: 7200 }
  await expect(role.sts.send(new AssumeRoleCommand(chained))).rejects.toMatchObject({ name: 'ValidationError' })
  role.destroy()
})

test('a role is one principal, whichever session it is', async () => {
  const assume = async (session: string) => {
    const command = new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: session })
    return (await clients.sts.send(command)).AssumedRoleUser!.AssumedRoleId!.split(':')
  }
  const [first, second] = [await assume('one'), await assume('two')]
  expect(first).toEqual([second[0], 'one'])
  expect(first[0]).toMatch(/^AROA[A-Z0-9]{16}$/)
})

test('what is no role is refused', async () => {
  const command = new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::1:role/x', RoleSessionName: 'verify' })
  await expect(clients.sts.send(command)).rejects.toMatchObject({ name: 'ValidationError' })
})
