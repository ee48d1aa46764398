/** `landfall explain` as a person runs it: a sandbox of its own, since faults are ordered, and a real Redis. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteObjectCommand, PutObjectCommand, type ReplicationRule } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import type { Story } from '../../../src/domain/story.ts'
import { versionId63 } from '../../../src/domain/version.ts'
import { connectLedger, type LedgerConnection } from '../../../src/ledger/connection.ts'
import { makeLedger, type RedisLedger } from '../../../src/ledger/ledger.ts'
import { estateDocument, writeEstateFile } from '../../support/estate-file.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from '../../support/local-aws.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { jsonOf, type Ran, runCommand } from '../../support/run-command.ts'

const HOUR = 3_600_000
const NOWHERE = 'redis://127.0.0.1:1'

let aws: LocalAws
let folder: string
let connection: LedgerConnection
let ledger: RedisLedger

beforeAll(async () => {
  aws = await startLocalAws()
  pointSdkAt(aws.sandbox.url, ACCOUNT)
  folder = await mkdtemp(join(tmpdir(), 'landfall-explain-'))
  connection = await connectLedger(inject('redisUrl'))
  ledger = makeLedger({ connection, clock: Date, durability: 'window' })
})

afterAll(async () => {
  connection.disconnect()
  await aws.close()
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true, force: true })
})

async function setup(rule?: Partial<ReplicationRule>, pair: Readonly<Record<string, unknown>> = {}) {
  const name = `p${randomPrefix().replaceAll(/[^\w]/g, '')}`
  const { source, destination } = await aws.pair(name, rule)
  const document = estateDocument({ redisUrl: inject('redisUrl') })
  const write = async (redisUrl: string): Promise<string> =>
    writeEstateFile(join(folder, `${name}-${redisUrl.length}.yaml`), {
      ...document,
      service: { ...document.service, redis: { url: redisUrl, durability: 'window' } },
      pairs: [
        {
          ...document.pairs[0]!,
          name,
          source: { ...document.pairs[0]!.source, bucket: source },
          destination: { ...document.pairs[0]!.destination, bucket: destination },
          ...pair,
          redrive: { batch: { roleArn: `arn:aws:iam::${ACCOUNT}:role/batch`, bucket: source, prefix: 'batch/' } },
        },
      ],
    })
  const config = await write(inject('redisUrl'))
  const env = { AWS_ENDPOINT_URL: aws.sandbox.url, LANDFALL_CONFIG: config }
  const explain = async (object: string, ...args: string[]): Promise<Ran> =>
    runCommand(['explain', object, ...args], env)
  const story = async (key: string, ...args: string[]): Promise<Story & { code: number }> => {
    const ran = await explain(`s3://${source}/${key}`, '--json', ...args)
    return { code: ran.code, ...(jsonOf(ran) as { stories: Story[] }).stories[0]! }
  }
  async function put(key: string, more: { readonly Tagging?: string } = {}): Promise<string> {
    const { VersionId } = await aws
      .s3()
      .send(new PutObjectCommand({ Bucket: source, Key: key, Body: 'hello', ...more }))
    return VersionId!
  }
  const book = async (key: string, versionId: string): Promise<string> => {
    const id = versionId63({ key, versionId })
    const version = { id, key, versionId, kind: 'object' as const, size: 5, eventTime: Date.now() }
    await ledger.book(name, [{ version, dueInMs: HOUR }])
    return id
  }
  const park = async (id: string, reason: string): Promise<void> => {
    await ledger.settle(name, [{ id, to: 'park', state: 'failed', reason, recheckInMs: HOUR }])
  }
  /** Until the replica is there. */
  const landed = async (key: string): Promise<void> => {
    await vi.waitFor(async () => expect(await aws.head(destination, key)).toBeDefined(), { timeout: 10_000 })
  }
  const withoutRedis = async (key: string): Promise<Ran> =>
    runCommand(['explain', `s3://${source}/${key}`], { ...env, LANDFALL_CONFIG: await write(NOWHERE) })
  return { name, source, destination, explain, story, put, book, park, landed, withoutRedis }
}

describe('landfall explain', () => {
  it('of what landed: by the source or the destination bucket, exit code 0', async () => {
    const { name, source, destination, explain, story, put, book, landed } = await setup()
    const versionId = await put('a/b.txt')
    await landed('a/b.txt')
    const id = await book('a/b.txt', versionId)
    expect(await story('a/b.txt')).toMatchObject({
      code: 0,
      pair: name,
      versionId,
      id,
      state: 'landed',
      rule: { kind: 'covered', rule: { id: 'v1' } },
      source: { count: 1, look: { kind: 'object', size: 5, replication: 'COMPLETED' } },
      destination: { count: 1, look: { kind: 'object', replication: 'REPLICA' } },
      ledger: { kind: 'open' },
      verdict: { to: 'close', verdict: 'landed', evidence: 'head' },
      next: 'Nothing: the next look closes it.',
    })
    await ledger.settle(name, [{ id, to: 'close', verdict: 'landed', evidence: 'head' }])
    const { code, stdout, stderr } = await explain(`s3://${destination}/a/b.txt`)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`a/b.txt version ${versionId}: landed\n`)
    expect(stdout).toContain(`  pair    ${name}: ${source} (eu-west-1) to ${destination} (eu-west-2)\n`)
    expect(stdout).toContain('  rule    v1 (V1, all keys) covers it\n')
    expect(stdout).toContain('  ledger  closed: it was booked')
    expect(stdout).toContain('  verdict landed, by head\n')
    expect(stdout).toContain('  next    Nothing.\n')
  })

  it('of a null version that is waited for: by the newest event of its key', async () => {
    const { name, story } = await setup()
    const written = Date.now() - 60_000
    for (const [n, sequencer] of ['0a', '0c', '0b'].entries()) {
      const id = versionId63({ key: 'n', versionId: 'null', sequencer })
      const eventTime = written + (n === 1 ? 1000 : 0)
      const version = { id, key: 'n', versionId: 'null', sequencer, kind: 'object' as const, size: 5, eventTime }
      await ledger.book(name, [{ version, dueInMs: HOUR }])
      if (n === 2)
        await ledger.settle(name, [{ id, to: 'park', state: 'failed', reason: 'ReplicationFailed', recheckInMs: HOUR }])
    }
    expect(await story('n', '--version-id', 'null')).toMatchObject({
      ledger: { kind: 'open', parked: { version: { sequencer: '0c', state: 'waiting' } } },
    })
  })

  it('of what failed: why, what was tried, what comes next; exit code 3', async () => {
    const { name, source, explain, story, put, book, park } = await setup()
    await aws.faults({ replication: { fail: [{ share: 1, reasons: ['DstPutObjectNotPermitted'], bucket: source }] } })
    const versionId = await put('f')
    await vi.waitFor(async () => expect((await aws.head(source, 'f'))!.ReplicationStatus).toBe('FAILED'), {
      timeout: 10_000,
    })
    const unbooked = await story('f')
    expect(unbooked).toMatchObject({ code: 3, state: 'at risk', ledger: { kind: 'unknown' } })
    expect(unbooked.next).toContain(`landfall audit --repair --pair ${name}`)
    const id = await book('f', versionId)
    await park(id, 'DstPutObjectNotPermitted')
    await ledger.claim(name, { token: 't1', strategy: 'batch', ids: [id] })
    await ledger.saveIncident(name, {
      reason: 'DstPutObjectNotPermitted',
      since: Date.now(),
      probes: 1,
      nextProbeAt: Date.now() + HOUR,
    })
    expect((await explain(`s3://${source}/f`)).stdout).toContain('A re-drive has it in hand.')
    await ledger.unclaim(name, 't1', [{ id, outcome: 'AccessDenied\u001B[2J' }])
    await park(id, 'DstPutObjectNotPermitted')
    const { code, stdout } = await explain(`s3://${source}/f`)
    expect(code).toBe(3)
    expect(stdout).toContain('  source  an object of 5 B')
    expect(stdout).toContain('replication status FAILED')
    expect(stdout).toContain('  replica not there\n')
    expect(stdout).toContain('  ledger  open, failed: DstPutObjectNotPermitted\n')
    expect(stdout).toContain('re-drives: 1 attempt; the last by batch at')
    expect(stdout).not.toContain('\u001B')
    expect(stdout).toContain('  verdict failed: ')
    expect(stdout).toContain(
      `Then: landfall failures redrive --pair ${name} --reason DstPutObjectNotPermitted --probe --yes\n`,
    )
  })

  it('of what a person gave up: who, when and why; exit code 0', async () => {
    const { name, destination, explain, source, put, book, park, landed } = await setup()
    const versionId = await put('g')
    await landed('g')
    await aws.s3('eu-west-2').send(new DeleteObjectCommand({ Bucket: destination, Key: 'g', VersionId: versionId }))
    const id = await book('g', versionId)
    await park(id, 'ReplicationFailed')
    const given = { id, key: 'g', versionId, who: 'ann@host', reason: 'a test\u0007' }
    await ledger.discard(name, [given])
    const { code, stdout } = await explain(`s3://${source}/g`)
    expect([code, stdout]).toEqual([0, expect.stringMatching(/discarded by ann@host at \S+: a test\\u0007/)])
  })

  it('of what no rule covers: each rule says why', async () => {
    const { source, explain, story, put } = await setup({ ID: 'only', Filter: { Prefix: 'in/' } })
    await put('out/x')
    expect(await story('out/x')).toMatchObject({
      code: 0,
      state: 'closed',
      rule: { kind: 'uncovered' },
      verdict: { to: 'close', verdict: 'excluded' },
    })
    const { stdout } = await explain(`s3://${source}/out/x`)
    expect(stdout).toContain('rule    none covers it as the rules are now:\n')
    expect(stdout).toContain('- rule only covers keys that begin with "in/"\n')
    expect(stdout).toContain('no replication status: S3 does not replicate it')
  })

  it('of what a rule covers by its tags; where they may not be read it says so', async () => {
    const { source, story, explain, put } = await setup({ Filter: { Tag: { Key: 'keep', Value: 'yes' } } })
    await put('with', { Tagging: 'keep=yes' })
    await put('without')
    expect((await story('with')).rule).toMatchObject({ kind: 'covered' })
    expect((await story('without')).rule).toEqual({ kind: 'uncovered', why: ['rule v2 wants the tag keep=yes'] })
    await aws.faults({ access: [{ bucket: source, deny: ['s3:GetObjectVersionTagging'] }] })
    expect((await explain(`s3://${source}/with`)).stdout).toContain('covers it if it has the tags keep=yes')
    await aws.faults({ access: [] })
    const both = await setup({ Filter: { And: { Prefix: 'in/', Tags: [{ Key: 'keep', Value: 'yes' }] } } })
    await both.put('in/with', { Tagging: 'keep=yes' })
    await both.put('out/with', { Tagging: 'keep=yes' })
    expect((await both.story('in/with')).rule).toMatchObject({ kind: 'covered' })
    expect((await both.story('out/with')).rule).toMatchObject({ kind: 'uncovered' })
  })

  it('of a chosen version, and of a delete marker', async () => {
    const { source, destination, story, put, landed } = await setup()
    const first = await put('v')
    await put('v')
    await landed('v')
    const marked = await aws.s3().send(new DeleteObjectCommand({ Bucket: source, Key: 'v' }))
    await vi.waitFor(async () => expect(await aws.head(destination, 'v')).toBeUndefined(), { timeout: 10_000 })
    expect(await story('v', '--version-id', first)).toMatchObject({ versionId: first, state: 'landed' })
    expect(await story('v')).toMatchObject({
      versionId: marked.VersionId,
      source: { count: 3, look: { kind: 'marker' } },
      destination: { look: { kind: 'marker' } },
      state: 'landed',
    })
  })

  it('of what another tool copies: by its content', async () => {
    const { source, destination, story, explain, put } = await setup(
      { Filter: { Prefix: 'never' } },
      { match: 'content' },
    )
    await put('c')
    expect(await story('c')).toMatchObject({ code: 3, rule: { kind: 'another tool' }, state: 'at risk' })
    await aws.s3('eu-west-2').send(new PutObjectCommand({ Bucket: destination, Key: 'c', Body: 'hello' }))
    expect(await story('c')).toMatchObject({ code: 0, state: 'landed', destination: { count: 1 } })
    expect((await explain(`s3://${source}/c`)).stdout).toContain(
      '  replica known by its content: the verdict has looked for it\n',
    )
  })

  it("tells of a destination's event that came before its source's", async () => {
    const { name, source, explain, put, landed } = await setup()
    const versionId = await put('e')
    await landed('e')
    await ledger.arrive(name, [{ id: versionId63({ key: 'e', versionId }), kind: 'object', time: Date.now(), size: 5 }])
    expect((await explain(`s3://${source}/e`)).stdout).toMatch(/the destination's event of \S+ waits for the source's/)
  })

  it('without Redis: says so, and looks all the same', async () => {
    const { put, landed, withoutRedis } = await setup()
    await put('r')
    await landed('r')
    const { code, stdout } = await withoutRedis('r')
    expect(code).toBe(0)
    expect(stdout).toContain('  ledger  could not be asked: ')
    expect(stdout).toContain('  verdict landed, by head\n')
    expect(stdout).toContain('  next    Nothing, as far as the looks tell.\n')
  })

  it('with looks refused: names the grants, and takes nothing for missing', async () => {
    const { source, destination, explain, story, put, landed } = await setup()
    const versionId = await put('d')
    await landed('d')
    await aws.faults({
      access: [
        { bucket: destination, deny: ['s3:GetObjectVersion', 's3:ListBucketVersions'] },
        { bucket: source, deny: ['s3:GetReplicationConfiguration'] },
      ],
    })
    const { code, stdout } = await explain(`s3://${source}/d`)
    expect(code).toBe(3)
    expect(stdout).toContain('s3:GetReplicationConfiguration is denied')
    expect(stdout).toContain('s3:ListBucketVersions is denied')
    expect(stdout).toContain("Grant Landfall's role s3:GetObjectVersion there.")
    expect(stdout).not.toContain('not there\n')
    await aws.faults({ access: [source, destination].map((bucket) => ({ bucket, deny: ['s3:ListBucketVersions'] })) })
    expect(await explain(`s3://${source}/d`)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('--version-id'),
    })
    expect(await story('d', '--version-id', versionId)).toMatchObject({ code: 0, state: 'landed' })
    await aws.faults({ access: [] })
  })

  it('no such object, no such bucket: exit code 6', async () => {
    const { source, explain, put } = await setup()
    await put('k')
    expect(await explain(`s3://${source}/other`)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('OBJECT_MISSING'),
    })
    expect(await explain(`s3://${source}/k`, '--version-id', 'nope')).toMatchObject({ code: 6 })
    expect(await explain(`s3://${source}x/k`)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('BUCKET_MISSING'),
    })
    expect(await explain('k')).toMatchObject({ code: 2 })
  })

  it('keys are inert, and the command that is named can be pasted', async () => {
    const { source, explain, put, book, park } = await setup({ Filter: { Prefix: 'never' } })
    const key = `a'b\u001B]0;x\u0007\u202Etxt`
    const versionId = await put(key)
    await park(await book(key, versionId), 'DstVersionNotFound')
    const { stdout } = await explain(`s3://${source}/${key}`)
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u202E]/)
  })
})
