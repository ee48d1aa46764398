/** `landfall dead-letters` as an operator types it, on a sandbox of its own: some of the tests order faults. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { COPY_OF, type ExportedLetter } from '../../src/domain/dead-letters.ts'
import { EXIT } from '../../src/domain/errors.ts'
import { connectLedger } from '../../src/ledger/connection.ts'
import { makeLedger } from '../../src/ledger/ledger.ts'
import { eventBody, type Graveyard, makeGraveyard, send } from '../support/graveyard.ts'
import { controlOf, type SandboxProcess, startSandboxProcess } from '../support/sandbox.ts'

let sandbox: SandboxProcess
beforeAll(async () => {
  sandbox = await startSandboxProcess()
})
afterAll(() => sandbox.stop())

const graveyard = (): Promise<Graveyard> => makeGraveyard({ sandboxUrl: sandbox.url, redisUrl: inject('redisUrl') })
const goods = (count: number): string[] => Array.from({ length: count }, (_, n) => eventBody(`good/${n}.pdf`))
const bads = (count: number): string[] => Array.from({ length: count }, (_, n) => `{"bad": ${n}`)

/** Tests of one file run one after the other: nobody else meets the fault. */
async function denying<T>(action: string, run: () => Promise<T>): Promise<T> {
  const control = controlOf(sandbox.url)
  await control.setFaults({
    requests: [{ service: 'sqs', action, throttle: 1, status: 403, code: 'AccessDenied' }],
  })
  try {
    return await run()
  } finally {
    await control.clearFaults()
  }
}

interface Letters {
  readonly queues: readonly {
    readonly visible: number
    readonly looked: number
    readonly wholeSeen: boolean
    readonly letters: readonly {
      readonly id: string
      readonly parses: boolean
      readonly reason: string
      readonly pairs: string[]
      readonly events: number
      readonly receives: number
    }[]
  }[]
}

interface Redriven {
  readonly queues: readonly Record<string, unknown>[]
}

describe('list and show', () => {
  test('say what is there and why, and hide nothing when they are through', async () => {
    const it = await graveyard()
    await it.park([...goods(3), ...bads(22)])
    const { queues } = await it.json<Letters>('list')
    expect(queues).toHaveLength(1)
    expect(queues[0]).toMatchObject({ visible: 25, looked: 25, wholeSeen: true })
    const parsing = queues[0]!.letters.filter(({ parses }) => parses)
    expect(parsing).toHaveLength(3)
    expect(parsing[0]).toMatchObject({ pairs: ['documents'], events: 1 })
    expect(queues[0]!.letters.find(({ parses }) => !parses)?.reason).toBe('the body is not JSON')
    expect(await it.depth(it.dead.url)).toEqual({ visible: 25, inFlight: 0 })

    const status = await it.status()
    expect(status.stdout, status.stderr).toContain(`${it.intake.name}: 25 messages in its dead-letter queue`)

    const text = await it.run('list', '--parses')
    expect(text.stdout).toContain(`landfall dead-letters redrive --queue ${it.dead.name} --parses --yes`)
    expect(text.code).toBe(0)
    expect(await it.depth(it.dead.url)).toEqual({ visible: 25, inFlight: 0 })

    const shown = await it.run('show', parsing[0]!.id)
    expect(shown.stdout).toContain(`letter ${parsing[0]!.id}`)
    expect(shown.stdout).toContain('good/')
    expect((await it.run('show', 'no-such-id')).code).toBe(EXIT.missing)
  })

  test('a hostile body steers no terminal', async () => {
    const it = await graveyard()
    const evil = '\u009b2J\u202e gnp.exe \u2028 \u200b'
    await it.park([
      eventBody(evil, 'v-evil'),
      `${evil} is no JSON`,
      JSON.stringify({ Records: [{ eventName: evil }, 7] }),
    ])
    for (const args of [['list'], ['show'], ['show', '--whole'], ['list', '--json'], ['show', '--json']]) {
      const { stdout, stderr, code } = await it.run(...args)
      expect(code, stderr).toBe(0)
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    }
    const { letters } = await it.json<{ letters: { body: string }[] }>('show')
    expect(letters.map(({ body }) => body)).toContain(`${evil} is no JSON`)
  })

  test('what another reader holds is said', async () => {
    const it = await graveyard()
    await it.park(goods(3))
    await it.take(it.dead.url)
    const { stderr, stdout } = await it.run('list')
    expect(stderr).toContain('about 3 more are in flight elsewhere')
    expect(stdout).toContain('0 messages')
  })
})

describe('redrive', () => {
  test('without --yes nothing moves', async () => {
    const it = await graveyard()
    await it.park(goods(2))
    expect((await it.run('redrive')).stdout).toContain('2 messages would go back')
    expect((await it.run('redrive', '--parses')).stdout).toContain('2 messages would go back')
    expect(await it.depth(it.dead.url)).toEqual({ visible: 2, inFlight: 0 })
    expect(await it.depth(it.intake.url)).toEqual({ visible: 0, inFlight: 0 })
  })

  test('a whole queue goes by a move task, at a rate', async () => {
    const it = await graveyard()
    await it.park(goods(30))
    const { queues } = await it.json<Redriven>('redrive', '--yes', '--rate', '20')
    expect(queues).toEqual([
      expect.objectContaining({ how: 'move task', status: 'COMPLETED', moved: 30, toMove: 30, joined: false }),
    ])
    expect(await it.depth(it.dead.url)).toEqual({ visible: 0, inFlight: 0 })
    expect((await it.depth(it.intake.url)).visible).toBe(30)
  })

  test('a task that runs is joined; a selection waits for it; --cancel ends it', async () => {
    const it = await graveyard()
    await it.park(goods(40))
    const first = it.spawn(['redrive', '--yes', '--rate', '1'])
    while ((await it.depth(it.intake.url)).visible === 0) await new Promise((resolve) => setTimeout(resolve, 50))
    const beside = await it.run('redrive', '--parses', '--yes')
    expect(beside.code).toBe(EXIT.usage)
    const joining = it.spawn(['redrive', '--yes', '--json'])
    await expect.poll(() => joining.stderr, { timeout: 15_000 }).toContain('joining it')
    const cancelled = await it.json<Redriven>('redrive', '--cancel')
    expect(cancelled.queues).toEqual([expect.objectContaining({ how: 'cancelled', ran: true })])
    const ended = await joining.ended
    expect(JSON.parse(ended.stdout)).toMatchObject({ queues: [{ status: 'CANCELLED', joined: true }] })
    await first.ended
    const [here, there] = [await it.depth(it.dead.url), await it.depth(it.intake.url)]
    expect(here.visible + there.visible).toBe(40)
    expect(here.visible).toBeGreaterThan(0)
  })

  test('Ctrl-C leaves the task to SQS, and says how to end it', async () => {
    const it = await graveyard()
    await it.park(goods(20))
    const running = it.spawn(['redrive', '--yes', '--rate', '5'])
    while ((await it.depth(it.intake.url)).visible === 0) await new Promise((resolve) => setTimeout(resolve, 50))
    running.kill('SIGINT')
    const { code, stderr } = await running.ended
    expect(code).toBe(EXIT.interrupted)
    expect(stderr).toContain('redrive --cancel')
    expect((await it.json<Redriven>('redrive', '--yes')).queues[0]).toMatchObject({ status: 'COMPLETED', moved: 20 })
  })

  test('a selection goes one by one, with its attributes and the mark of a copy; the rest stays', async () => {
    const it = await graveyard()
    const attributes = {
      tenant: { DataType: 'String', StringValue: 'a' },
      blob: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 255, 7) },
    }
    await it.park(goods(12), attributes)
    await it.park(bads(5))
    const { queues } = await it.json<Redriven>('redrive', '--parses', '--yes')
    expect(queues[0]).toMatchObject({ how: 'one by one', sent: 12, left: 5, looked: 17, refused: [], undeleted: 0 })
    expect(await it.depth(it.dead.url)).toEqual({ visible: 5, inFlight: 0 })
    const copies = await it.take(it.intake.url)
    expect(copies).toHaveLength(12)
    expect(copies.map(({ Body }) => Body!).sort()).toEqual(goods(12).sort())
    for (const { MessageAttributes } of copies) {
      expect(MessageAttributes).toMatchObject({
        tenant: { StringValue: 'a' },
        [COPY_OF]: { StringValue: expect.any(String) },
      })
      expect([...MessageAttributes!['blob']!.BinaryValue!]).toEqual([0, 255, 7])
    }
  })

  test('by pair, by reason, by limit', async () => {
    const it = await graveyard()
    await it.park([...goods(4), ...bads(3)])
    const none = await it.json<Redriven>('redrive', '--pair', 'communications', '--yes')
    expect(none.queues[0]).toMatchObject({ sent: 0, left: 7 })
    const two = await it.json<Redriven>('redrive', '--pair', 'documents', '--limit', '2', '--yes')
    expect(two.queues[0]).toMatchObject({ sent: 2 })
    const bad = await it.json<Redriven>('redrive', '--reason', 'NOT JSON', '--yes')
    expect(bad.queues[0]).toMatchObject({ sent: 3, left: 2 })
    expect((await it.run('redrive', '--pair', 'nobody')).code).toBe(EXIT.usage)
    expect((await it.run('redrive', '--parses', '--broken')).code).toBe(EXIT.usage)
    expect((await it.run('list', '--queue', 'nobody')).code).toBe(EXIT.usage)
  })

  test('where SQS refuses to move, or fails on a message that nobody parked, they go one by one', async () => {
    const it = await graveyard()
    await it.park(goods(3))
    const refused = await denying('StartMessageMoveTask', () => it.json<Redriven>('redrive', '--yes'))
    expect(refused.queues[0]).toMatchObject({ how: 'one by one', sent: 3 })

    await send(it.sqs, it.dead.url, [eventBody('by-hand.pdf')])
    const failed = await it.json<Redriven>('redrive', '--yes')
    expect(failed.queues[0]).toMatchObject({ how: 'one by one', sent: 1 })
    expect((await it.depth(it.intake.url)).visible).toBe(4)
    expect(await it.depth(it.dead.url)).toEqual({ visible: 0, inFlight: 0 })
  })

  test('a journal that waits for letters which are gone waits once', async () => {
    const it = await graveyard()
    await it.park(goods(1))
    const journal = join(it.folder, 'journal.jsonl')
    await writeFile(journal, `${JSON.stringify({ key: 'of a letter that has expired', step: 'begun' })}\n`)
    const args = ['redrive', '--parses', '--yes', '--hold', '1', '--journal', journal] as const
    const first = await it.json<Redriven>(...args)
    expect(first.queues[0]).toMatchObject({ sent: 1, maybeTwice: 0, hidden: 0 })
    const again = await it.run(...args)
    expect(again.stderr).not.toContain('killed run')
    expect(await readFile(journal, 'utf8')).toBe('')
  })

  test('a send that is refused deletes nothing; Redis away is said, and stops nothing', async () => {
    const it = await makeGraveyard({ sandboxUrl: sandbox.url, redisUrl: 'redis://127.0.0.1:1' })
    await it.park(goods(3))
    const denied = await denying('SendMessageBatch', () => it.run('redrive', '--parses', '--yes'))
    expect(denied.code).toBe(EXIT.refused)
    expect(await it.depth(it.dead.url)).toEqual({ visible: 3, inFlight: 0 })
    expect(await it.depth(it.intake.url)).toEqual({ visible: 0, inFlight: 0 })

    const { code, stdout, stderr } = await it.run('redrive', '--parses', '--yes')
    expect(code, stderr).toBe(0)
    expect(stdout).toContain('3 sent back')
    expect(stderr).toContain('not recorded in the ledger')
  })
})

describe('export and purge', () => {
  test('only what the file holds is deleted', async () => {
    const it = await graveyard()
    await it.park([...goods(2), ...bads(11)])
    const file = join(it.folder, 'dead.jsonl')
    expect(await it.json('export', '--out', file, '--broken')).toMatchObject({ messages: 11 })
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    const letters = lines.map((line) => JSON.parse(line) as ExportedLetter)
    expect(letters.map(({ body }) => body).sort()).toEqual(bads(11).sort())
    expect(letters[0]).not.toHaveProperty('receipt')
    expect(await it.depth(it.dead.url)).toEqual({ visible: 13, inFlight: 0 })

    expect((await it.run('export', '--out', file)).code).toBe(EXIT.usage)
    expect((await readFile(file, 'utf8')).trimEnd().split('\n')).toHaveLength(11)

    const dry = await it.json<{ dryRun: boolean; queues: object[] }>('purge', '--exported', file)
    expect(dry).toMatchObject({ dryRun: true, queues: [{ messages: 11, notExported: 2 }] })
    expect((await it.depth(it.dead.url)).visible).toBe(13)

    expect(await it.json('purge', '--exported', file, '--yes')).toMatchObject({
      dryRun: false,
      queues: [{ messages: 11, notExported: 2, undeleted: 0 }],
    })
    expect(await it.depth(it.dead.url)).toEqual({ visible: 2, inFlight: 0 })
  })

  test('what was deleted before something broke off is on record', async () => {
    const it = await graveyard()
    await it.park(bads(60))
    const file = join(it.folder, 'dead.jsonl')
    await it.run('export', '--out', file)
    const connection = await connectLedger(inject('redisUrl'))
    const ledger = makeLedger({ connection, clock: Date, durability: 'window' })
    const control = controlOf(sandbox.url)
    await control.setFaults({
      requests: [{ service: 'sqs', action: 'DeleteMessageBatch', throttle: 0.5, status: 403, code: 'AccessDenied' }],
    })
    try {
      let left = 60
      // Of six requests some are done before one is refused, in one run or another.
      for (let n = 0; n < 30 && left === 60; n += 1) {
        await it.run('purge', '--exported', file, '--yes')
        left = (await it.depth(it.dead.url)).visible
      }
      expect(left).toBeLessThan(60)
      const acts = await ledger.acts(100)
      expect(acts.filter(({ selection }) => selection?.['exported'] === file)).toMatchObject([
        { what: 'dead-letters purge', count: 60 - left },
      ])
    } finally {
      await control.clearFaults()
      connection.disconnect()
    }
  })

  test('a file that is not whole, or of another queue, deletes nothing', async () => {
    const it = await graveyard()
    await it.park(bads(2))
    const file = join(it.folder, 'dead.jsonl')
    await it.run('export', '--out', file)
    const text = await readFile(file, 'utf8')
    const half = join(it.folder, 'half.jsonl')
    await writeFile(half, text.slice(0, -20))
    const ended = await it.run('purge', '--exported', half, '--yes')
    expect(ended.stderr).toContain('EXPORT_UNREADABLE')
    expect(ended.code).toBe(EXIT.usage)
    const other = join(it.folder, 'other.jsonl')
    await writeFile(other, text.replaceAll(it.dead.arn, 'arn:aws:sqs:eu-west-1:111111111111:other'))
    expect(await it.json('purge', '--exported', other, '--yes')).toMatchObject({
      queues: [{ messages: 0, notExported: 2 }],
    })
    expect(await it.depth(it.dead.url)).toEqual({ visible: 2, inFlight: 0 })
    const nowhere = await it.run('export', '--out', join(it.folder, 'nowhere', 'dead.jsonl'))
    expect(nowhere.stderr).toContain('FILE_UNWRITABLE')
  })
})
