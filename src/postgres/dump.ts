/**
 * `pg_dump` as a stream: the tools' versions are checked by name first, and the dump, its schema's fingerprint and its
 * rows (where they are counted by query) are of one snapshot.
 *
 * Source: PostgreSQL documentation, pg_dump (`--snapshot`), "Snapshot Synchronization Functions".
 */
import { tmpdir } from 'node:os'
import type { Readable } from 'node:stream'
import type { Environment } from '../config/environment.ts'
import type { Dump } from '../config/estate-dumps.ts'
import type { DumpFormat } from '../domain/dump/name.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Log, OpenedDump } from '../ports.ts'
import { howEnded, startChild } from './child.ts'
import { parseConnection } from './connection.ts'
import { toolEnvironment } from './environment.ts'
import { databaseError } from './errors.ts'
import { openOutput, type Output } from './output.ts'
import { countRows, PLAIN_NAMES, schemaFingerprint } from './schema.ts'
import { openSession, type Session } from './session.ts'
import { fitTool, newestTool } from './tools.ts'

const OPTIONS: Readonly<Record<DumpFormat, readonly string[]>> = {
  plain: ['--format=plain', '--no-acl', '--no-owner', '--clean', '--if-exists'],
  custom: ['--format=custom', '--no-acl', '--no-owner'],
}

/** A long dump's session idles beside it: no server setting may end it for that. */
const BEGIN = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0; ${PLAIN_NAMES}`

const SERVER = `SELECT jsonb_build_array(current_setting('server_version_num'), current_setting('server_version'))`
const EXPORT = 'SELECT to_jsonb(pg_export_snapshot())'

/**
 * Starts it. Throws DATABASE_URL_INVALID, DATABASE_UNREACHABLE, DATABASE_REFUSED, PG_CLIENT_ABSENT, PG_CLIENT_OLDER.
 * `url`: a secret, and never in an error.
 */
export async function openDump(needs: {
  readonly dump: Pick<Dump, 'name' | 'format' | 'rows'>
  readonly url: string
  readonly env: Environment
  readonly log: Log
  readonly signal: AbortSignal
}): Promise<OpenedDump> {
  const { dump, log, signal } = needs
  const connection = parseConnection(needs.url)
  const env = toolEnvironment(needs.env, connection)
  const path = needs.env['PATH'] ?? ''
  const session = openSession({ psql: await newestTool('psql', path), env, signal })
  try {
    const [number, versionText] = (await session.json(SERVER)) as [string, string]
    const tool = await fitTool('pg_dump', { version: Number(number), versionText }, path)
    const snapshot = await exportSnapshot(session, dump, log)
    const args = [
      ...OPTIONS[dump.format],
      '--no-password',
      ...(snapshot === undefined ? [] : [`--snapshot=${snapshot}`]),
    ]
    const output = await outputOf(needs.env, log)
    const child = startChild(tool.file, args, { env, signal, output: output?.given })
    output?.given.destroy()
    child.process.stdin.end()
    const stream = output?.chunks ?? child.process.stdout
    const begun = output?.begun ?? begunOf(child.process.stdout)
    // Not before pg_dump is in the snapshot: a look that fails ends the session, and the snapshot with it.
    const looks = begun.then(async () => (snapshot === undefined ? {} : lookAt(session, dump, log)))
    // Asked for when the dump is over; until then a failure has no one to tell.
    looks.catch(() => {})
    return {
      source: connection.source,
      serverVersion: versionText,
      pgDumpVersion: tool.versionText,
      stream,
      async finish() {
        const ended = await child.ended
        signal.throwIfAborted()
        if (ended.code !== 0) throw databaseError(`pg_dump ${howEnded(ended)}`, ended.said, 'DUMP_FAILED')
        return looks
      },
      async close() {
        child.kill()
        output?.close()
        await child.ended
        await session.close()
      },
    }
  } catch (error) {
    await session.close()
    throw error
  }
}

/** Undefined where the server exports none (an old standby), and nobody needs one. */
async function exportSnapshot(
  session: Session,
  dump: Pick<Dump, 'name' | 'rows'>,
  log: Log,
): Promise<string | undefined> {
  try {
    await session.run(BEGIN)
    return (await session.json(EXPORT)) as string
  } catch (error) {
    if (dump.rows === 'query' || !(error instanceof LandfallError) || error.code !== 'DUMP_FAILED') throw error
    log.warn({ dump: dump.name, error: error.message }, 'no snapshot can be exported: the manifest gets no fingerprint')
    return undefined
  }
}

async function lookAt(session: Session, dump: Pick<Dump, 'name' | 'rows'>, log: Log): ReturnType<OpenedDump['finish']> {
  try {
    const fingerprint = await schemaFingerprint(session)
    return { schemaFingerprint: fingerprint, ...(dump.rows === 'query' && { rows: await countRows(session) }) }
  } catch (error) {
    if (dump.rows === 'query') throw error
    log.warn({ dump: dump.name, error: String(error) }, 'the schema cannot be read: the manifest gets no fingerprint')
    return {}
  }
}

/** Bytes that come by themselves, into a buffer used again; where no folder can be made for that, as Node has it. */
async function outputOf(env: Environment, log: Log): Promise<Output | undefined> {
  try {
    return await openOutput(env['TMPDIR'] ?? tmpdir())
  } catch (error) {
    log.debug({ error: String(error) }, 'no temporary folder: the dump is read with more memory')
    return undefined
  }
}

/** Resolves when the stream's first bytes are there, or at its end. */
function begunOf(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('readable', resolve).once('close', resolve)
  })
}
