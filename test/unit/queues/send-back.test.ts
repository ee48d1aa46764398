/** A walk and a send-back on a queue in memory that forgets, doubles and refuses. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type DeadLetter, letterKey } from '../../../src/domain/dead-letters.ts'
import { LandfallError } from '../../../src/domain/errors.ts'
import { type DeadLetterQueue, type HeldLetter, holdFor, walk } from '../../../src/queues/dead-letter-queue.ts'
import { openJournal } from '../../../src/queues/journal.ts'
import { sendBack, type SendBackNeeds } from '../../../src/queues/send-back.ts'
import { batches, type Refused, type SendTarget } from '../../../src/queues/send-target.ts'

const ARN = 'arn:aws:sqs:eu-west-1:111111111111:dead'
const signal = new AbortController().signal
const letterOf = (id: string, body = id): DeadLetter => ({ id, body, receives: 1, attributes: {} })

/** Letters are handed out in order; `deleteFails` names those whose delete does not succeed. */
function fakeDead(ids: readonly string[], deleteFails: ReadonlySet<string> = new Set()) {
  const stored = new Map(ids.map((id) => [id, letterOf(id)]))
  const hidden = new Set<string>()
  let receipts = 0
  const queue: DeadLetterQueue = {
    name: 'dead',
    arn: ARN,
    async receive() {
      const some = [...stored.values()].filter(({ id }) => !hidden.has(id)).slice(0, 10)
      for (const { id } of some) hidden.add(id)
      return some.map((letter): HeldLetter => ({ ...letter, receipt: `${letter.id}#${(receipts += 1)}` }))
    },
    async delete(list) {
      const failed = list.filter((receipt) => deleteFails.has(receipt.split('#')[0]!))
      for (const receipt of list) if (!failed.includes(receipt)) stored.delete(receipt.split('#')[0]!)
      return failed.map((receipt) => ({ receipt, gone: false }))
    },
    async hide(list) {
      for (const receipt of list) hidden.delete(receipt.split('#')[0]!)
      return []
    },
  }
  return { queue, stored, hidden, surface: () => hidden.clear() }
}

function fakeTarget(refuse: ReadonlySet<string> = new Set()) {
  const sent: string[] = []
  const target: SendTarget = {
    name: 'intake',
    arn: 'arn:intake',
    async send(letters) {
      sent.push(...letters.filter(({ id }) => !refuse.has(id)).map(({ id }) => id))
      return letters.filter(({ id }) => refuse.has(id)).map(({ id }): Refused => ({ id, why: 'too long' }))
    },
  }
  return { target, sent }
}

async function journalFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'landfall-journal-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'deep', 'journal.jsonl')
}

async function run(file: string, needs: Pick<SendBackNeeds, 'dead' | 'targetOf'> & Partial<SendBackNeeds>) {
  const journal = await openJournal(file)
  try {
    return await sendBack({
      selects: () => true,
      holdSeconds: 60,
      clock: { now: () => Date.now() },
      signal,
      journal,
      ...needs,
    })
  } finally {
    await journal.close()
  }
}

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n}`)

describe('a send-back', () => {
  test('sends each letter once, deletes it after, and gives back what is not selected', async () => {
    const dead = fakeDead(ids(35))
    const { target, sent } = fakeTarget()
    const selects = ({ id }: DeadLetter): boolean => !id.endsWith('5')
    const so = await run(await journalFile(), { dead: dead.queue, targetOf: () => target, selects })
    expect(so).toMatchObject({ looked: 35, sent: 32, left: 3, undeleted: 0, refused: [], end: 'empty' })
    expect(sent).toEqual(ids(35).filter((id) => !id.endsWith('5')))
    expect([...dead.stored.keys()]).toEqual(['m5', 'm15', 'm25'])
    expect(dead.hidden.size).toBe(sent.length)
  })

  test('what SQS refuses is neither deleted now nor by a later run', async () => {
    const dead = fakeDead(ids(12))
    const refusing = fakeTarget(new Set(['m3']))
    const file = await journalFile()
    const first = await run(file, { dead: dead.queue, targetOf: () => refusing.target })
    expect(first).toMatchObject({ sent: 11, refused: [{ id: 'm3', why: 'too long' }] })
    expect([...dead.stored.keys()]).toEqual(['m3'])
    const again = await run(file, { dead: dead.queue, targetOf: () => refusing.target })
    expect(again).toMatchObject({ sent: 0, sentBefore: 0 })
    expect([...dead.stored.keys()]).toEqual(['m3'])
    const { target, sent } = fakeTarget()
    await run(file, { dead: dead.queue, targetOf: () => target })
    expect(sent).toEqual(['m3'])
    expect(dead.stored.size).toBe(0)
  })

  test('a delete that fails leaves the letter to the next run, which deletes and does not send it', async () => {
    const fails = new Set(['m1'])
    const dead = fakeDead(ids(3), fails)
    const { target, sent } = fakeTarget()
    const file = await journalFile()
    expect(await run(file, { dead: dead.queue, targetOf: () => target })).toMatchObject({ sent: 3, undeleted: 1 })
    fails.clear()
    dead.surface()
    // Whatever is selected now: it is through.
    const second = await run(file, { dead: dead.queue, targetOf: () => target, selects: () => false })
    expect(second).toMatchObject({ sent: 0, sentBefore: 1 })
    expect(sent).toEqual(ids(3))
    expect(dead.stored.size).toBe(0)
  })

  test('a send without an answer is made again, and said', async () => {
    const dead = fakeDead(ids(2))
    const file = await journalFile()
    const lost: SendTarget = {
      ...fakeTarget().target,
      send: () => Promise.reject(new LandfallError('AWS_UNREACHABLE', 'reset')),
    }
    const failed = await run(file, { dead: dead.queue, targetOf: () => lost })
    expect(failed).toMatchObject({ sent: 0, end: 'failed', error: { code: 'AWS_UNREACHABLE' } })
    expect(dead.stored.size).toBe(2)
    expect(dead.hidden.size).toBe(0)
    const { target } = fakeTarget()
    const so = await run(file, { dead: dead.queue, targetOf: () => target })
    expect(so).toMatchObject({ sent: 2, maybeTwice: 2 })
  })

  test('a letter of a queue that is not ours is left; a limit ends the walk', async () => {
    const dead = fakeDead(ids(30))
    const { target, sent } = fakeTarget()
    const targetOf = ({ id }: DeadLetter): SendTarget | undefined => (id === 'm0' ? undefined : target)
    const so = await run(await journalFile(), { dead: dead.queue, targetOf, limit: 12 })
    expect(so).toMatchObject({ sent: 12, end: 'stopped' })
    expect(sent).toHaveLength(12)
    expect(dead.stored.size).toBe(18)
    expect([...dead.hidden].filter((id) => dead.stored.has(id))).toEqual([])
  })
})

describe('a journal', () => {
  test('survives half a line, and begins anew when nothing is pending', async () => {
    const file = await journalFile()
    const first = await openJournal(file)
    await first.write('begun', ['a', 'b'])
    await first.write('sent', ['a'])
    await first.close()
    await writeFile(file, `${await readFile(file, 'utf8')}{"key":"b","st`)
    const second = await openJournal(file)
    expect([second.stepOf('a'), second.stepOf('b'), second.pending()]).toEqual(['sent', 'begun', ['a', 'b']])
    await second.write('done', ['a'])
    await second.write('dropped', ['b'])
    await second.close()
    const third = await openJournal(file)
    expect([third.pending(), third.stepOf('a')]).toEqual([[], undefined])
    await third.close()
    expect(await readFile(file, 'utf8')).toBe('')
  })

  test('a place that cannot be written to: FILE_UNWRITABLE', async () => {
    await expect(openJournal('/dev/null/journal')).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
  })
})

describe('a walk', () => {
  test('that comes round ends, and gives back by the newest receipts', async () => {
    const dead = fakeDead(ids(15))
    const given: string[] = []
    const queue = {
      async receive() {
        const letters = await dead.queue.receive(1)
        if (letters.length < 10) dead.surface()
        return letters
      },
      async hide(receipts: readonly string[]) {
        given.push(...receipts)
        return []
      },
    }
    const seen: string[] = []
    const end = await walk({ queue, holdSeconds: 1, signal }, async (letters) => {
      seen.push(...letters.map(({ id }) => id))
      return 'on'
    })
    expect(end).toBe('round')
    expect(seen).toEqual(ids(15))
    expect(new Set(given.map((receipt) => receipt.split('#')[0]))).toEqual(new Set(ids(15)))
    expect(given).toHaveLength(15)
  })

  test("ends at SQS' limit of messages in flight", async () => {
    const queue = {
      receive: () => Promise.reject(new LandfallError('AWS_THROTTLED', 'full', { details: { awsCode: 'OverLimit' } })),
      hide: async () => [],
    }
    expect(await walk({ queue, holdSeconds: 1, signal }, async () => 'on')).toBe('full')
  })

  test('holds longer where there is more', () => {
    expect([holdFor(0), holdFor(50_000), holdFor(10_000_000)]).toEqual([60, 1060, 43_200])
    expect(holdFor(500, 5)).toBe(170)
  })
})

test('a batch stays within ten messages and a megabyte, in order', () => {
  const big = 'x'.repeat(400_000)
  const letters = [letterOf('a', big), letterOf('b', big), letterOf('c', big), ...ids(25).map((id) => letterOf(id))]
  const split = batches(letters)
  expect(split.flat()).toEqual(letters)
  expect(split.map((some) => some.length)).toEqual([2, 10, 10, 6])
  expect(letterKey(ARN, letters[0]!)).not.toBe(letterKey(ARN, letters[1]!))
})
