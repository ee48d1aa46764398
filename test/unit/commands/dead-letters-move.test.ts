/** A move task and a person's Ctrl-C: once leaves it to SQS, twice cancels it. */
import { expect, test, vi } from 'vitest'
import { moveAll } from '../../../src/commands/dead-letters-move.ts'
import type { Session } from '../../../src/commands/dead-letters-shared.ts'
import { LandfallError } from '../../../src/domain/errors.ts'
import type { MoveState, Mover } from '../../../src/queues/move-task.ts'

const RUNNING: MoveState = { status: 'RUNNING', moved: 3, toMove: 10, startedAt: 1, handle: 'h' }

function setUp(options: {
  readonly interrupted: boolean
  readonly again?: boolean
  readonly states: readonly MoveState[]
}) {
  const said: string[] = []
  const states = [...options.states]
  const watch = vi.fn(async () => states.shift()!)
  const cancel = vi.fn(async () => true)
  const mover: Mover = { start: async () => ({ joined: false, watch }), running: async () => RUNNING, cancel }
  const session = {
    interrupt: {
      signal: options.interrupted ? AbortSignal.abort() : new AbortController().signal,
      again: async () => options.again === true,
      close: () => {},
    },
    progress: { say: (text: string) => void said.push(text), update: () => {}, done: () => {} },
  } as unknown as Session
  return { session, mover, cancel, said }
}

test('Ctrl-C once: the task goes on', async () => {
  const { session, mover, cancel, said } = setUp({ interrupted: true, states: [RUNNING] })
  const moved = await moveAll(session, { queue: 'dead', mover, tty: true })
  expect(moved).toMatchObject({ status: 'RUNNING', moved: 3 })
  expect(cancel).not.toHaveBeenCalled()
  expect(said.join('\n')).toContain('Ctrl-C again')
})

test('twice: it is cancelled, and watched until it is', async () => {
  const states: MoveState[] = [RUNNING, { ...RUNNING, status: 'CANCELLED', moved: 4 }]
  const { session, mover, cancel } = setUp({ interrupted: true, again: true, states })
  expect(await moveAll(session, { queue: 'dead', mover, tty: true })).toMatchObject({ status: 'CANCELLED', moved: 4 })
  expect(cancel).toHaveBeenCalledTimes(1)
})

test('without a terminal nobody is asked', async () => {
  const { session, mover, cancel, said } = setUp({ interrupted: true, again: true, states: [RUNNING] })
  await moveAll(session, { queue: 'dead', mover, tty: false })
  expect(cancel).not.toHaveBeenCalled()
  expect(said.join('\n')).not.toContain('Ctrl-C')
})

test('a refusal is told apart from an outage', async () => {
  const { session, mover } = setUp({ interrupted: false, states: [] })
  const failing = (reason: LandfallError): Mover => ({
    ...mover,
    async start() {
      throw reason
    },
  })
  const denied = failing(new LandfallError('ACCESS_DENIED', 'no grant'))
  expect(await moveAll(session, { queue: 'dead', mover: denied, tty: false })).toBe('refused')
  const down = failing(new LandfallError('AWS_UNREACHABLE', 'down'))
  await expect(moveAll(session, { queue: 'dead', mover: down, tty: false })).rejects.toThrow('down')
})
