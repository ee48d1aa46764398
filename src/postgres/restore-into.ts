/**
 * Restores a dump into a database that a person names, in one transaction: all of it is there afterwards, or nothing of it.
 * The dump's SQL runs with the rights of the connection's user; psql's own commands in it are fenced off.
 *
 * Source: PostgreSQL documentation, psql, pg_restore.
 */
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Environment } from '../config/environment.ts'
import { knowsRestrict, parsePgVersion } from '../domain/dump/fit.ts'
import type { DumpFormat } from '../domain/dump/name.ts'
import { saysDiskFull } from '../domain/disk-full.ts'
import { LandfallError } from '../domain/errors.ts'
import { howEnded, startChild } from './child.ts'
import { parseConnection } from './connection.ts'
import { toolEnvironment } from './environment.ts'
import { databaseError } from './errors.ts'
import { fencedAlone } from './fence.ts'
import { openSession } from './session.ts'
import { fitTool, newestTool, type Tool } from './tools.ts'

export interface RestoreTarget {
  /** Without user and password. */
  readonly where: { readonly host: string; readonly port: number; readonly database: string }
  readonly serverVersion: string
  /** Tables, views and sequences that are there, those of extensions left out. */
  readonly relations: number
  /**
   * `source`: what pg_dump wrote. It is committed only when `source` ended without a fault. Throws RESTORE_FAILED, DISK_FULL,
   * DATABASE_UNREACHABLE, DATABASE_REFUSED, and what `source` throws.
   */
  restore(source: AsyncIterable<Uint8Array>): Promise<void>
}

const SERVER = `SELECT jsonb_build_array(current_setting('server_version_num'), current_setting('server_version'))`
const RELATIONS = `SELECT to_jsonb(count(*)) FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
      AND d.objid = c.oid AND d.deptype = 'e')`

/** Looks first. Throws PG_CLIENT_ABSENT, PG_CLIENT_OLDER, DATABASE_URL_INVALID, and what a connection may. */
export async function openRestore(needs: {
  readonly url: string
  readonly format: DumpFormat
  /** What is there may be dropped: of a custom dump by pg_restore's own --clean. */
  readonly clean: boolean
  readonly env: Environment
  readonly signal?: AbortSignal | undefined
}): Promise<RestoreTarget> {
  const { format, clean, signal } = needs
  const connection = parseConnection(needs.url)
  const env = toolEnvironment(needs.env, connection)
  const path = needs.env['PATH'] ?? ''
  const session = openSession({ psql: await newestTool('psql', path), env, signal })
  try {
    const [number, versionText] = (await session.json(SERVER)) as [string, string]
    const relations = (await session.json(RELATIONS)) as number
    const server = { version: Number(number), versionText }
    const tool = await fitTool(format === 'plain' ? 'psql' : 'pg_restore', server, path)
    if (format === 'plain') checkFence(tool)
    const args = format === 'plain' ? PLAIN : customArgs(connection.env['PGDATABASE']!, clean)
    return {
      where: connection.source,
      serverVersion: versionText,
      relations,
      async restore(source) {
        const child = startChild(tool.file, args, { env, signal })
        child.process.stdout.resume()
        let fault: unknown
        // An end of input without COMMIT rolls back, should this process itself be killed.
        const input = format === 'plain' ? inTransaction(source) : wholeOnly(source)
        const feeding = pipeline(Readable.from(input), child.process.stdin).catch((error: unknown) => {
          // Of a tool that ended by itself, its own word tells why.
          if (!CLOSED.has((error as NodeJS.ErrnoException).code ?? '')) fault = error
          child.kill()
        })
        const ended = await child.ended
        await feeding
        signal?.throwIfAborted()
        if (fault !== undefined) throw fault
        if (ended.code !== 0 && saysDiskFull(ended.said)) throw targetFull(ended.said)
        if (ended.code !== 0) throw databaseError(`${tool.file} ${howEnded(ended)}`, ended.said, 'RESTORE_FAILED')
      },
    }
  } finally {
    await session.close()
  }
}

function targetFull(said: string): LandfallError {
  return new LandfallError(
    'DISK_FULL',
    `the disk of the server is full: ${said.trim().split('\n').slice(-3).join(' · ')}`,
    {
      hint: 'Nothing of the dump was kept there. Give the server more room, then run the same command again.',
    },
  )
}

/** An older one knows no fence. */
function checkFence({ file, versionText }: Tool): void {
  const version = parsePgVersion(versionText)
  if (version !== undefined && knowsRestrict(version)) return
  throw new LandfallError(
    'PG_CLIENT_OLDER',
    `psql is ${versionText} (${file}), which would run what stands in a dump as commands of this machine (CVE-2025-8714)`,
  )
}

/** What a pipe says whose other end is gone. */
const CLOSED: ReadonlySet<string> = new Set(['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED'])

const PLAIN = [
  '--no-psqlrc',
  '--quiet',
  '--no-password',
  '--set=ON_ERROR_STOP=1',
  '--set=VERBOSITY=terse',
  '--file=-',
] as const

function customArgs(database: string, clean: boolean): readonly string[] {
  return [
    '--single-transaction',
    '--exit-on-error',
    '--no-owner',
    '--no-acl',
    '--no-password',
    ...(clean ? ['--clean', '--if-exists'] : []),
    `--dbname=${database}`,
  ]
}

/** Fenced: what psql takes for its own commands in a dump (`\!` runs one of the machine) ends the restore. */
async function* inTransaction(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('BEGIN;\n')
  yield* fencedAlone(source, randomBytes(24).toString('hex'))
  yield Buffer.from('\nCOMMIT;\n')
}

/** pg_restore commits at the archive's last byte, whatever we find out then: that byte waits until all is known to be good. */
async function* wholeOnly(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | undefined
  for await (const chunk of source) {
    if (chunk.length === 0) continue
    if (last !== undefined) yield last
    last = chunk
  }
  if (last !== undefined) yield last
}
