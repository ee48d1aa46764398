import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { CreateQueueCommand, ListQueuesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Sandbox, startSandbox } from '../../../sandbox/server.ts'
import { clientsFor, controlOf, startSandboxProcess } from '../../support/sandbox.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox()
})

afterAll(() => sandbox.close())

test('health tells that it serves', async () => {
  const reply = await fetch(`${sandbox.url}/_sandbox/health`)
  expect(await reply.json()).toMatchObject({ healthy: true, seed: '1' })
})

test('an unknown control path names the known ones', async () => {
  const reply = await fetch(`${sandbox.url}/_sandbox/nothing`)
  expect(reply.status).toBe(404)
  expect(await reply.text()).toContain('PUT faults')
})

test('requests are counted by service, action, region and class of status', async () => {
  const own = await startSandbox()
  const clients = clientsFor(own.url, { region: 'eu-west-2' })
  const control = controlOf(own.url)
  await clients.sqs.send(new ListQueuesCommand({}))
  await clients.sqs.send(new ListQueuesCommand({}))
  const missing = new ReceiveMessageCommand({ QueueUrl: `${own.url}/111111111111/none` })
  await expect(clients.sqs.send(missing)).rejects.toThrow()
  await clients.sts.send(new GetCallerIdentityCommand({}))
  expect(await control.totals()).toMatchObject({
    sqs: { ListQueues: 2, ReceiveMessage: 1 },
    sts: { GetCallerIdentity: 1 },
  })
  expect(own.stats.rows()).toContainEqual({
    service: 'sqs',
    action: 'ReceiveMessage',
    region: 'eu-west-2',
    status: '4xx',
    count: 1,
  })
  await control.resetStats()
  expect((await control.totals())['sqs']).toBeUndefined()
  clients.destroy()
  await own.close()
})

test('an action that does not exist is an error of its service, not a crash', async () => {
  const reply = await fetch(sandbox.url, { method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.Nonsense' } })
  expect(reply.status).toBe(400)
  expect(await reply.json()).toMatchObject({ __type: 'com.amazonaws.sqs#InvalidAction' })
})

test('a body that is no JSON, or no object, is refused', async () => {
  for (const body of ['{', '[]', '"x"']) {
    const headers = { 'x-amz-target': 'AmazonSQS.ListQueues' }
    const reply = await fetch(sandbox.url, { method: 'POST', headers, body })
    expect(reply.status).toBe(400)
    expect(await reply.text()).toContain('SerializationException')
  }
})

test('a body that is not gzip though it says so is refused', async () => {
  const headers = { 'x-amz-target': 'GraniteServiceVersion20100801.ListMetrics', 'content-encoding': 'gzip' }
  expect((await fetch(sandbox.url, { method: 'POST', headers, body: 'plain' })).status).toBe(400)
})

test('closing ends long polls at once', async () => {
  const own = await startSandbox()
  const clients = clientsFor(own.url)
  const { QueueUrl } = await clients.sqs.send(new CreateQueueCommand({ QueueName: 'waiting' }))
  const poll = clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 })).then(
    () => 'answered',
    () => 'cut',
  )
  await expect.poll(() => own.stats.serving('sqs', 'ReceiveMessage')).toBe(1)
  await own.close()
  expect(await poll).toMatch(/answered|cut/)
  clients.destroy()
})

test('a taken port is an error, not a crash', async () => {
  await expect(startSandbox({ port: sandbox.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

describe('as a process', () => {
  const entry = join(import.meta.dirname, '..', '..', '..', 'sandbox', 'main.ts')
  const run = (...args: string[]): ChildProcess => spawn(process.execPath, [entry, ...args])

  test('one line when ready; SIGTERM ends it with 0', async () => {
    const child = run('--port', '0')
    const [line] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string]
    const url = /^sandbox ready at (\S+)\n$/.exec(line)![1]!
    expect((await fetch(`${url}/_sandbox/health`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test('it ends with the process that started it, when told to', async () => {
    const child = run('--port', '0', '--json', '--with-stdin')
    const [line] = (await once(child.stdout!.setEncoding('utf8'), 'data')) as [string]
    expect(JSON.parse(line)).toMatchObject({ ready: true, url: expect.stringContaining('http://127.0.0.1:') as string })
    child.stdin!.end()
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  test.each([['--nonsense'], ['--port', 'x'], ['--port', '99999']])('%s %s is wrong usage', async (...args) => {
    const child = run(...args)
    const complaint = text(child.stderr!)
    expect(await once(child, 'exit')).toEqual([2, null])
    expect(await complaint).toContain('Usage: sandbox')
  })

  test('the same seed makes the same ids', async () => {
    const ids = async (): Promise<unknown> => {
      const process = await startSandboxProcess({ seed: 'repeat' })
      const reply = await fetch(`${process.url}/_sandbox/health`)
      await process.stop()
      return reply.headers.get('x-amzn-requestid')
    }
    expect(await ids()).toBe(await ids())
  })
})
