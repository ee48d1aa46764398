/** `landfall failures` as a person runs it, against a real Redis; the sandbox is not asked. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { connectLedger, type LedgerConnection } from '../../../src/ledger/connection.ts'
import { makeLedger, type RedisLedger } from '../../../src/ledger/ledger.ts'
import { estateDocument, writeEstateFile } from '../../support/estate-file.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { jsonOf, type Ran, runCommand } from '../../support/run-command.ts'
import { booking, bookings, idOf } from '../../support/versions.ts'

const DENIED = 'DstPutObjectNotPermitted'
const HOUR = 3_600_000

let folder: string
let connection: LedgerConnection
/** The commands know no prefix of keys: a pair's name of its own keeps each test apart. */
let ledger: RedisLedger

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-failures-'))
  connection = await connectLedger(inject('redisUrl'))
  ledger = makeLedger({ connection, clock: Date, durability: 'window' })
})

afterAll(async () => {
  connection.disconnect()
  await rm(folder, { recursive: true, force: true })
})

async function setup() {
  const pair = `p${randomPrefix().replaceAll(/[^\w]/g, '')}`
  const document = estateDocument({ redisUrl: inject('redisUrl') })
  const batch = { roleArn: `arn:aws:iam::123456789012:role/batch`, bucket: `${pair}-source`, prefix: 'batch/' }
  const config = await writeEstateFile(join(folder, `${pair}.yaml`), {
    ...document,
    service: { ...document.service, redis: { url: inject('redisUrl'), durability: 'window' } },
    pairs: [
      {
        ...document.pairs[0]!,
        name: pair,
        source: { ...document.pairs[0]!.source, bucket: `${pair}-source` },
        destination: { ...document.pairs[0]!.destination, bucket: `${pair}-destination` },
        redrive: { batch },
      },
    ],
  })
  const env = { LANDFALL_OPERATOR: `ann@${pair}`, LANDFALL_CONFIG: config }
  const run = async (...args: string[]): Promise<Ran> => runCommand(['failures', ...args], env)
  async function json(...args: string[]): Promise<unknown> {
    const ran = await run(...args, '--json')
    expect([ran.code, ran.stderr]).toEqual([0, ''])
    return jsonOf(ran)
  }
  async function fail(from: number, to: number, reason = DENIED): Promise<void> {
    await ledger.book(pair, bookings(from, to))
    await ledger.settle(
      pair,
      bookings(from, to).map(({ version: { id } }) => ({ id, to: 'park', state: 'failed', reason, recheckInMs: HOUR })),
    )
  }
  return { pair, run, json, fail }
}

describe('landfall failures', () => {
  it('list: one line a cause, with what to do and the next command', async () => {
    const { pair, run, fail } = await setup()
    expect(await run('list')).toMatchObject({ code: 0, stdout: 'Nothing that failed is selected.\n' })
    await fail(1, 4)
    await ledger.saveIncident(pair, { reason: DENIED, since: Date.now() - 60_000, probes: 2, nextProbeAt: 0 })
    const { stdout } = await run('list')
    expect(stdout).toContain(DENIED)
    expect(stdout).toContain('  3 held by the incident\n')
    expect(stdout).toContain('  Grant the replication role s3:ReplicateObject on the destination bucket')
    expect(stdout).toContain(
      `  next: mend the cause, then: landfall failures redrive --pair ${pair} --reason ${DENIED} --probe\n`,
    )
    expect(stdout).toContain(`${pair}: ${DENIED} is an incident since 60 s: 2 probes so far, the next is due`)
  })

  it('list --versions: the oldest first, keys and reasons inert', async () => {
    const { pair, run, json, fail } = await setup()
    await fail(5, 8, 'new\u001B[2Jreason')
    const { version } = booking(1, { key: 'a\u001B]0;owned\u0007\nb' })
    await ledger.book(pair, [{ version, dueInMs: 0 }])
    await ledger.settle(pair, [{ id: version.id, to: 'park', state: 'failed', reason: 'x', recheckInMs: HOUR }])
    const { stdout, stderr } = await run('list', '--versions', '--limit', '2')
    expect(stdout).toContain('"a\\u001b]0;owned\\u0007\\nb"')
    expect(stdout).toContain('"new\\u001b[2Jreason"')
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000B-\u001F]/)
    expect(stderr).toBe('2 more; --limit 4 lists them\n')
    expect(await json('list', '--versions', '--limit', '2')).toMatchObject({
      total: 4,
      versions: [{ version: { key: 'a\u001B]0;owned\u0007\nb' } }, {}],
    })
  })

  it('redrive: says what it costs, and orders only with --yes', async () => {
    const { pair, run, json, fail } = await setup()
    await fail(1, 4, 'DstVersionNotFound')
    await fail(10, 11, 'PendingTooLong')
    expect(await run('redrive')).toMatchObject({ code: 2, stderr: expect.stringContaining('--all') })
    expect(await run('redrive', '--pair', pair, '--yes', '--dry-run')).toMatchObject({ code: 2 })
    const dry = await run('redrive', '--pair', pair)
    expect(dry.stdout).toContain('would be driven: 3 versions, 6 B, about $0.25\n')
    expect(dry.stdout).toContain('left alone: 1 version. S3 has it as PENDING')
    expect(dry.stdout).toContain('--yes orders it.')
    expect((await ledger.wanted(pair, { limit: 10 })).versions).toEqual([])
    const done = await run('redrive', `s3://${pair}-source/documents/1.pdf`, '--yes')
    expect(done.stdout).toContain(`1 version ordered by ann@${pair}: in the next re-drive.\n`)
    const { versions } = await ledger.wanted(pair, { limit: 10 })
    expect(versions.map(({ version, wanted }) => [version.key, wanted!.by])).toEqual([
      ['documents/1.pdf', `ann@${pair}`],
    ])
    expect(await json('redrive', '--all', '--yes')).toMatchObject({ dryRun: false, ordered: 3 })
  })

  it('redrive --probe: the incident probes now', async () => {
    const { pair, run, fail } = await setup()
    await fail(1, 4)
    const incident = { reason: DENIED, since: Date.now(), probes: 0, nextProbeAt: Date.now() + HOUR }
    await ledger.saveIncident(pair, incident)
    expect((await run('redrive', '--reason', DENIED, '--probe')).stdout).toContain('--yes lets the probe go now.')
    expect(await ledger.incidents(pair)).toEqual([incident])
    // The service has the pair just now, for as long as one copy may take.
    await ledger.lease(`redrive:${pair}`, 'the service', HOUR)
    const busy = await run('redrive', '--reason', DENIED, '--probe', '--yes', '--json')
    expect([busy.code, jsonOf(busy)]).toMatchObject([4, { probed: [], busy: [pair] }])
    await ledger.lease(`redrive:${pair}`, 'the service', 1)
    const { code, stdout } = await run('redrive', '--reason', DENIED, '--probe', '--yes')
    expect(code).toBe(0)
    expect(stdout).toContain('1 probe ordered')
    expect((await ledger.incidents(pair))[0]!.nextProbeAt).toBeLessThanOrEqual(Date.now())
    expect((await ledger.wanted(pair, { limit: 10 })).versions).toEqual([])
  })

  it('discard: needs a reason, keeps it, and is in the log with who did it', async () => {
    const { pair, run, json, fail } = await setup()
    await fail(1, 4)
    expect(await run('discard', '--pair', pair, '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('discard needs a reason'),
    })
    expect((await run('discard', '--pair', pair)).stdout).toContain('3 versions would be given up.')
    expect(await ledger.snapshot(pair)).toMatchObject({ open: { failed: 3 } })
    const done = await run('discard', '--pair', pair, '--prefix', 'documents/', '--because', 'test\u001B[2J', '--yes')
    expect(done.stdout).toContain(`3 versions discarded by ann@${pair}: "test\\u001b[2J"`)
    expect(await ledger.snapshot(pair)).toMatchObject({ open: { failed: 0 }, closed: { discarded: 3 }, bytesAtRisk: 0 })
    expect(await ledger.discarded(pair, [idOf(2)])).toMatchObject([{ reason: 'test\u001B[2J', failure: DENIED }])
    const { acts } = (await json('log', '--limit', '10000')) as { acts: { who: string }[] }
    expect(acts.filter(({ who }) => who === `ann@${pair}`)).toMatchObject([
      { what: 'discard', pair, count: 3, reason: 'test\u001B[2J', selection: { prefix: 'documents/' } },
    ])
    const { stdout } = await run('log', '--limit', '10000')
    expect(stdout).toContain('"test\\u001b[2J"')
  })

  it('show: why, what was tried, what comes next', async () => {
    const { pair, run, json, fail } = await setup()
    await fail(1, 3, 'DstVersionNotFound')
    await ledger.claim(pair, { token: 't', strategy: 'batch', ids: [idOf(1)] })
    await ledger.unclaim(pair, 't', [{ id: idOf(1), outcome: 'AccessDenied\u0007' }])
    const { stdout } = await run('show', `s3://${pair}-destination/documents/1.pdf`)
    expect(stdout).toContain('documents/1.pdf v1\n')
    expect(stdout).toContain('state    failed: DstVersionNotFound, after 0 looks')
    expect(stdout).toMatch(/tried {4}1 attempt; the last by batch at \S+; came to: "AccessDenied\\u0007"/)
    expect(stdout).toContain('next     A look at it is due')
    expect(await json('show', `s3://${pair}-source/documents/2.pdf`, '--version-id', 'v2')).toMatchObject({
      versions: [{ pair, assessment: { kind: 'drive', strategy: 'batch' }, version: { key: 'documents/2.pdf' } }],
    })
    expect((await run('show', `s3://${pair}-source/nothing`)).stdout).toContain(
      `landfall explain s3://${pair}-source/nothing`,
    )
  })

  it('says what it does not know: a bucket, a pair, an object without its form', async () => {
    const { pair, run } = await setup()
    expect(await run('list', 's3://elsewhere/x')).toMatchObject({ code: 6 })
    expect(await run('list', `s3://${pair}-sourc/x`)).toMatchObject({
      stderr: expect.stringContaining(`Did you mean ${pair}-source?`),
    })
    expect(await run('list', '--pair', `${pair}x`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`(did you mean ${pair}?)`),
    })
    expect(await run('list', 'documents/1.pdf')).toMatchObject({ code: 2 })
    expect(await run('list', '--older-than', '5')).toMatchObject({ code: 2 })
  })

  it('a hundred thousand failures are listed, ordered and given up page by page', { timeout: 120_000 }, async () => {
    const { pair, json, fail } = await setup()
    const all = 100_000
    for (let n = 0; n < all; n += 10_000) await fail(n, n + 10_000, 'DstVersionNotFound')
    const groups = [{ versions: all, bytes: (all * (all - 1)) / 2 }]
    expect(await json('list', '--pair', pair)).toMatchObject({ groups })
    expect(await json('redrive', '--pair', pair, '--yes')).toMatchObject({ ordered: all })
    expect(await json('discard', '--pair', pair, '--because', 'a test', '--yes')).toMatchObject({ discarded: all })
    expect(await ledger.snapshot(pair)).toMatchObject({ open: { failed: 0 }, closed: { discarded: all } })
  })
})
