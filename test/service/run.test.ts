/** `landfall run` with something wrong at its start: one clear message, and the exit code that docs/cli.md promises. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { freePort, startPrivateRedis } from '../../src/demo/redis-server.ts'
import { ERRORS, type ErrorCode } from '../../src/domain/errors.ts'
import { estateDocument, PAIRS, QUEUES, SNAPSHOT_BUCKET, writeEstateFile } from '../support/estate-file.ts'
import { type Ended, landfall, spawnLandfall } from '../support/landfall-process.ts'
import { ACCOUNT } from '../support/local-aws.ts'
import { controlOf, startSandboxProcess, type SandboxProcess } from '../support/sandbox.ts'

const service = { redis: { url: inject('redisUrl'), durability: 'window' }, http: { port: 0 } } as const
let folder: string
let sandbox: SandboxProcess

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-run-'))
  // Its own: it has none of the estate's buckets and queues, and one test orders a fault.
  sandbox = await startSandboxProcess()
})
afterAll(async () => {
  await sandbox.stop()
  await rm(folder, { recursive: true, force: true })
})

let files = 0
async function run(document: unknown, more: readonly string[] = []): Promise<Ended> {
  files += 1
  const configFile = await writeEstateFile(join(folder, `${files}.yaml`), document)
  return landfall({ args: ['run', '--config', configFile, ...more], env: environment() })
}

function environment(): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

/** One message: what is wrong, its code, what to do next; and no stack trace. */
function expectOneMessage({ code, stderr }: Ended, expected: ErrorCode, ...words: readonly string[]): void {
  expect(stderr.match(/^landfall: /gm), stderr).toHaveLength(1)
  expect(stderr).toContain(`\n  code: ${expected}\n`)
  expect(stderr).toMatch(/\n {2}next: \S.{20,}\n$/)
  expect(stderr).not.toMatch(/^\s+at /m)
  for (const word of words) expect(stderr).toContain(word)
  expect(code).toBe(ERRORS[expected].exit)
}

describe('a broken configuration', () => {
  test('2, and every fault at once', async () => {
    const document = estateDocument({ redisUrl: 'http://nowhere', service: { metrics: { every: '1 fortnight' } } })
    const ended = await run({ ...document, queues: [{ ...document.queues[0], region: 'eu-west-9' }], owner: 'me' })
    expectOneMessage(ended, 'CONFIG_INVALID', 'service.redis.url', 'service.metrics.every', 'eu-west-9', 'owner')
    expect(ended.stdout).toBe('')
  })

  test('a file that is not there: 2', async () => {
    const args = ['run', '--config', join(folder, 'nowhere.yaml')]
    expectOneMessage(await landfall({ args, env: environment() }), 'CONFIG_MISSING', 'nowhere.yaml')
  })
})

describe('Redis', () => {
  test('is not there: waits, says so in one line, and ends with 4', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`
    const ended = await run(estateDocument({ redisUrl: url }), ['--redis-wait', '2'])
    expectOneMessage(ended, 'REDIS_UNREACHABLE', 'ECONNREFUSED')
    expect(ended.ms).toBeGreaterThan(2_000)
    const lines = ended.stdout.trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'warn', msg: 'Redis does not answer; waiting for it' })
  })

  test('comes while it is waited for: goes on', async () => {
    const port = await freePort()
    const document = estateDocument({ redisUrl: `redis://127.0.0.1:${port}` })
    const configFile = await writeEstateFile(join(folder, 'late-redis.yaml'), document)
    const waiting = spawnLandfall({ args: ['run', '--config', configFile], env: environment() })
    await waiting.said('Redis does not answer; waiting for it')
    const redis = await startPrivateRedis({ port, args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
    onTestFinished(() => redis.stop())
    // On to AWS, where nothing of the estate is.
    expectOneMessage(await waiting.ended, 'BUCKET_MISSING')
  })

  test('refuses the password: 5 at once, and the password is nowhere', async () => {
    const redis = await startPrivateRedis({ args: ['--requirepass', 'right'] })
    onTestFinished(() => redis.stop())
    const ended = await run(estateDocument({ redisUrl: redis.url.replace('//', '//:wr0ng-secret@') }))
    expectOneMessage(ended, 'REDIS_REFUSED')
    expect(ended.stdout + ended.stderr).not.toContain('wr0ng-secret')
  })

  test('has no append-only file: 2, since the configuration asks for it', async () => {
    expectOneMessage(await run(estateDocument({ redisUrl: service.redis.url })), 'REDIS_NOT_DURABLE')
  })
})

describe('AWS', () => {
  test('lacks queues and buckets: 6, and all that is missing by name', async () => {
    const ended = await run(estateDocument({ redisUrl: service.redis.url, service }))
    expectOneMessage(
      ended,
      'BUCKET_MISSING',
      ...QUEUES,
      SNAPSHOT_BUCKET,
      ...PAIRS.map((name) => `faults-${name}-source`),
    )
  })

  test('refuses the credentials: 5', async () => {
    const own = await startSandboxProcess()
    onTestFinished(() => own.stop())
    const refuse = { service: 'sts', throttle: 1, status: 403, code: 'InvalidClientTokenId' } as const
    await controlOf(own.url).setFaults({ requests: [refuse] })
    const document = estateDocument({ redisUrl: service.redis.url, service })
    const configFile = await writeEstateFile(join(folder, 'refused.yaml'), document)
    const env = { ...environment(), AWS_ENDPOINT_URL: own.url }
    expectOneMessage(await landfall({ args: ['run', '--config', configFile], env }), 'AWS_REFUSED')
  })
})

test('status --json fails in JSON on stdout, and in words on stderr', async () => {
  const document = estateDocument({ redisUrl: service.redis.url, service })
  const configFile = await writeEstateFile(join(folder, 'status.yaml'), document)
  const args = ['status', '--from-snapshot', '--json', '--config', configFile]
  const ended = await landfall({ args, env: environment() })
  expectOneMessage(ended, 'BUCKET_MISSING', SNAPSHOT_BUCKET)
  expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: 'BUCKET_MISSING', exit: 6 } })
})
