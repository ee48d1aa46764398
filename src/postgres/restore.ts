/** Restores a dump's SQL into a scratch database by psql, as a plain role. */
import { createInterface } from 'node:readline'
import { randomBytes } from 'node:crypto'
import { scratchFull, SQLSTATE_DISK_FULL } from '../domain/disk-full.ts'
import { inertExcerpt } from '../domain/inert.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Restored, Scratch } from '../ports.ts'
import { howEnded, startChild } from './child.ts'
import { feed } from './feed.ts'
import { type Extension, fenced } from './fence.ts'
import type { Tool } from './tools.ts'

const ARGS = [
  '--no-psqlrc',
  '--quiet',
  '--no-align',
  '--tuples-only',
  '--no-password',
  '--set=VERBOSITY=verbose',
  '--set=SHOW_CONTEXT=never',
  '--file=-',
]
const ERROR = /^(?:psql:<stdin>:\d+: )?(?:ERROR|FATAL|PANIC|error): +(?:(?<state>[0-9A-Z]{5}): )?(?<said>.*)$/
/** A dump holds no roles: its owners and grants are what a restorer does without. */
const NO_SUCH_ROLE = /^role ".*" does not exist$/
const SAID = 400

/** Throws DISK_FULL, RESTORE_FAILED at the first error that is not about a role, and what `source` throws. */
export async function restoreSql(
  source: AsyncIterable<Uint8Array>,
  needs: {
    readonly scratch: Pick<Scratch, 'roleEnv'> & { createExtension(extension: Extension): Promise<void> }
    readonly psql: Pick<Tool, 'file'>
    readonly signal: AbortSignal
  },
): Promise<Restored> {
  const { scratch, psql, signal } = needs
  const child = startChild(psql.file, ARGS, { env: { ...scratch.roleEnv }, signal })
  const marks = new Map<string, () => void>()
  const extensions: string[] = []
  let withoutRole = 0
  let fault: unknown

  function fail(error: unknown): void {
    fault ??= error
    child.kill()
    for (const resolve of marks.values()) resolve()
  }

  createInterface({ input: child.process.stdout }).on('line', (line) => marks.get(line)?.())
  createInterface({ input: child.process.stderr }).on('line', (line) => {
    const found = ERROR.exec(line)?.groups
    if (found === undefined) return
    if (found['state'] === '42704' && NO_SUCH_ROLE.test(found['said']!)) withoutRole += 1
    else if (found['state'] === SQLSTATE_DISK_FULL) fail(scratchFull(inertExcerpt(found['said']!, SAID)))
    else fail(new LandfallError('RESTORE_FAILED', `psql: ${inertExcerpt(found['said']!, SAID)}`))
  })
  void child.ended.then(() => {
    for (const resolve of marks.values()) resolve()
  })

  const sql = fenced(source, {
    key: randomBytes(24).toString('hex'),
    settle() {
      const mark = `landfall-${randomBytes(12).toString('hex')}`
      const done = new Promise<void>((resolve) => void marks.set(mark, resolve))
      return { sql: `SELECT '${mark}';\n`, done }
    },
    async onExtension(extension) {
      if (fault !== undefined) return
      await scratch.createExtension(extension)
      extensions.push(extension.name)
    },
  })
  const feeding = feed(sql, child.process.stdin).catch(fail)
  const ended = await child.ended
  await feeding
  signal.throwIfAborted()
  if (fault !== undefined) throw fault
  if (ended.code !== 0) {
    throw new LandfallError('RESTORE_FAILED', `psql ${howEnded(ended)}: ${inertExcerpt(ended.said, SAID)}`)
  }
  return { extensions, withoutRole }
}
