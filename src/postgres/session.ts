/**
 * A session with a server by `psql`: one transaction that may be held open, as an exported snapshot wants it.
 *
 * By psql, and not by a driver of its own: the dump is made by libpq, so what libpq makes of a URL, a certificate or a
 * server's SSL settings is what has to work, and only it.
 */
import { createInterface } from 'node:readline'
import type { ErrorCode } from '../domain/errors.ts'
import { startChild, howEnded } from './child.ts'
import { databaseError } from './errors.ts'
import type { Tool } from './tools.ts'

export interface Session {
  /** The one JSON document that the statement gives, as its one row and column. Statements run one after the other. */
  json(sql: string): Promise<unknown>
  /** A statement without an answer. */
  run(sql: string): Promise<void>
  /** At once, whatever it is at. */
  close(): Promise<void>
}

const MARK = 'landfall-answer-ends'

/** Nothing is connected before the first statement. Statements throw DATABASE_UNREACHABLE, DATABASE_REFUSED, else `fault`. */
export function openSession(needs: {
  readonly psql: Pick<Tool, 'file'>
  readonly env: Record<string, string>
  readonly signal?: AbortSignal | undefined
  /** What a statement that fails is; DUMP_FAILED where it is not said. */
  readonly fault?: ErrorCode | undefined
}): Session {
  const args = ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--no-password', '--set', 'ON_ERROR_STOP=1']
  const child = startChild(needs.psql.file, args, needs)
  const lines = createInterface({ input: child.process.stdout, crlfDelay: Infinity })[Symbol.asyncIterator]()
  let last: Promise<unknown> = Promise.resolve()

  /** What it printed until the mark. */
  async function ask(sql: string): Promise<string> {
    child.process.stdin.write(`${sql};\n\\echo ${MARK}\n`)
    const answer: string[] = []
    for (;;) {
      const { done, value } = await lines.next()
      if (done === true) break
      if (value === MARK) return answer.join('\n')
      answer.push(value)
    }
    const ended = await child.ended
    throw databaseError(`psql ${howEnded(ended)}`, ended.said, needs.fault ?? 'DUMP_FAILED')
  }

  async function inTurn(sql: string): Promise<string> {
    const turn = last.then(async () => ask(sql))
    last = turn.catch(() => {})
    return turn
  }

  return {
    json: async (sql) => JSON.parse((await inTurn(sql)) || 'null') as unknown,
    run: async (sql) => void (await inTurn(sql)),
    async close() {
      // It only reads: a count under way is no reason to wait.
      child.kill()
      await child.ended
    },
  }
}
