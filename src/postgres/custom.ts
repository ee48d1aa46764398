/** A dump in custom format as the SQL that pg_restore makes of it: read to its last byte, from a stream. */
import type { Environment } from '../config/environment.ts'
import { inertExcerpt } from '../domain/inert.ts'
import { LandfallError } from '../domain/errors.ts'
import { howEnded, startChild } from './child.ts'
import { toolEnvironment } from './environment.ts'
import { feed } from './feed.ts'
import { newestTool } from './tools.ts'

const SAID = 400
/** Owners and grants name roles that no dump holds. */
const ARGS = ['--file=-', '--no-owner', '--no-acl']

/** Throws PG_CLIENT_ABSENT, DUMP_NEWER, DUMP_TRUNCATED, DUMP_CORRUPT. */
export async function* customAsSql(
  source: AsyncIterable<Uint8Array>,
  needs: { readonly env: Environment; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  const tool = await newestTool('pg_restore', needs.env['PATH'] ?? '')
  const child = startChild(tool.file, ARGS, { env: toolEnvironment(needs.env), signal: needs.signal })
  let fault: unknown
  const feeding = feed(source, child.process.stdin).catch((error: unknown) => {
    fault = error
    child.kill()
  })
  try {
    yield* child.process.stdout as AsyncIterable<Uint8Array>
    const ended = await child.ended
    await feeding
    if (fault !== undefined) throw fault
    needs.signal?.throwIfAborted()
    if (ended.code !== 0) throw restoreFault(`pg_restore ${tool.versionText} ${howEnded(ended)}`, ended.said)
  } finally {
    child.kill()
    await child.ended
  }
}

function restoreFault(what: string, said: string): LandfallError {
  const last = inertExcerpt(said.split('\n').at(-1) ?? '', SAID)
  const code = /unsupported version/.test(said)
    ? 'DUMP_NEWER'
    : /unexpected end of file|could not read from input file: end of file/.test(said)
      ? 'DUMP_TRUNCATED'
      : 'DUMP_CORRUPT'
  return new LandfallError(code, `${what}: ${last}`)
}
