/**
 * A scratch database: of a random name, owned by a plain role of its own, on a server that somebody runs or on a private
 * one. What a dump holds is run there, so the role may do nothing beyond it.
 */
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import type { Environment } from '../config/environment.ts'
import { saysDiskFull, scratchFull } from '../domain/disk-full.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Log, Scratch } from '../ports.ts'
import { startCluster } from './cluster.ts'
import { parseConnection } from './connection.ts'
import { removeDeadClusters } from './dead-clusters.ts'
import { toolEnvironment } from './environment.ts'
import type { Extension } from './fence.ts'
import { restoreSql } from './restore.ts'
import { countRows, PLAIN_NAMES, schemaFingerprint } from './schema.ts'
import { openSession, type Session } from './session.ts'
import { newestTool, type Tool } from './tools.ts'

export const SCRATCH_PREFIX = 'landfall_drill_'
/** Of an advisory lock: between the making of a database and its first session no other drill may take it for a leftover. */
const LOCK = 7_411_926_031
/** The session that lives as long as its drill. A restoring psql may outlive it, in the midst of a long statement. */
const KEEPER = 'landfall-drill'
const CHECK_MS = 600_000

export interface ScratchNeeds {
  /** Of a server, whose user may create databases; absent: a private cluster by the machine's initdb. A secret. */
  readonly url?: string | undefined
  readonly env: Environment
  readonly log: Log
  readonly signal: AbortSignal
}

/** Removes first what dead drills left. Throws SCRATCH_UNFIT, DISK_FULL, DATABASE_UNREACHABLE, DATABASE_REFUSED, PG_CLIENT_ABSENT. */
export async function openScratch(needs: ScratchNeeds): Promise<Scratch> {
  const psql = await newestTool('psql', needs.env['PATH'] ?? '')
  if (needs.url !== undefined) {
    await removeDeadClusters(needs.env['TMPDIR'] ?? tmpdir(), needs.log)
    const env = toolEnvironment(needs.env, parseConnection(needs.url))
    return openDatabase({ ...needs, psql, admin: env, where: `${env['PGHOST'] ?? 'local socket'}:${env['PGPORT']}` })
  }
  const cluster = await startCluster({ env: needs.env, log: needs.log, signal: needs.signal })
  try {
    const admin = { ...toolEnvironment(needs.env), ...cluster.env }
    const scratch = await openDatabase({ ...needs, psql, admin, where: 'a private cluster' })
    const told = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await work
      } catch (error) {
        if (!cluster.isFull() || needs.signal.aborted || (isLandfallError(error) && error.code === 'DISK_FULL'))
          throw error
        throw scratchFull(error instanceof Error ? error.message : String(error))
      }
    }
    return {
      ...scratch,
      restore: (...args) => told(scratch.restore(...args)),
      look: (...args) => told(scratch.look(...args)),
      query: (...args) => told(scratch.query(...args)),
      async close() {
        // With it goes the database.
        await scratch.leave()
        await cluster.stop()
      },
    }
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

async function openDatabase(
  needs: ScratchNeeds & { readonly psql: Tool; readonly admin: Record<string, string>; readonly where: string },
): Promise<Scratch & { leave(): Promise<void> }> {
  const { psql, admin, log } = needs
  const name = SCRATCH_PREFIX + randomBytes(8).toString('hex')
  const password = randomBytes(24).toString('hex')
  const open = (env: Record<string, string>, signal?: AbortSignal): Session =>
    openSession({ psql, env, signal, fault: 'SCRATCH_UNFIT' })
  const inside = { ...admin, PGDATABASE: name }

  async function once<T>(env: Record<string, string>, work: (session: Session) => Promise<T>): Promise<T> {
    const session = open(env, needs.signal)
    try {
      return await work(session)
    } finally {
      await session.close()
    }
  }

  let keeper: Session | undefined
  let hasRole = false
  let hasDatabase = false
  const made = await once(admin, async (session) => {
    const [version, user] = (await session.json(
      `SELECT jsonb_build_array(current_setting('server_version'), current_user)`,
    )) as [string, string]
    await session.run(`SELECT FROM pg_advisory_lock(${LOCK})`)
    await removeLeftovers(session, log)
    hasRole = await makeRole(admin, once, { name, password })
    const owner = hasRole ? name : user
    await session.run(`CREATE DATABASE "${name}" OWNER ${quoted(owner)} TEMPLATE template0 ENCODING 'UTF8'`)
    hasDatabase = true
    await session.run(`REVOKE ALL ON DATABASE "${name}" FROM PUBLIC`)
    // It stays as long as the drill does, and by it others see that somebody is alive.
    keeper = open({ ...inside, PGAPPNAME: KEEPER })
    await keeper.run('SELECT')
    return { version, owner }
  }).catch(async (error: unknown) => {
    await drop()
    throw scratchFault(error)
  })

  async function leave(): Promise<void> {
    await keeper?.close()
  }

  async function drop(): Promise<void> {
    await leave()
    if (!hasDatabase && !hasRole) return
    const session = open(admin)
    try {
      if (hasDatabase) await session.run(dropDatabase(name))
      if (hasRole) await session.run(`DROP ROLE IF EXISTS "${name}"`)
    } catch (error) {
      log.error(
        { database: name, error: String(error) },
        'the scratch database could not be dropped; the next drill will',
      )
    } finally {
      await session.close()
    }
  }

  const roleEnv = made.owner === name ? { ...inside, PGUSER: name, PGPASSWORD: password } : inside

  /** Trusted or not: the administrator makes it, so that the role needs no right to. */
  async function createExtension({ name: extension, schema }: Extension): Promise<void> {
    const into = schema === undefined ? '' : ` WITH SCHEMA ${schema}`
    const session = openSession({ psql, env: inside, signal: needs.signal, fault: 'RESTORE_FAILED' })
    try {
      await session.run(`CREATE EXTENSION IF NOT EXISTS ${extension}${into} CASCADE`)
    } catch (error) {
      const full = fullOr(error)
      if (full !== error) throw full
      const said = error instanceof Error ? error.message : String(error)
      throw new LandfallError('RESTORE_FAILED', `the extension ${extension} cannot be made: ${said}`, {
        hint: 'Install the extension on the scratch server, at the version that the source has.',
      })
    } finally {
      await session.close()
    }
  }

  async function asRole<T>(signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
    const session = openSession({ psql, env: roleEnv, signal, fault: 'RESTORE_FAILED' })
    try {
      return await work(session)
    } catch (error) {
      throw fullOr(error)
    } finally {
      await session.close()
    }
  }

  return {
    serverVersion: made.version,
    said: `PostgreSQL ${made.version}, ${needs.where}, database ${name}, role ${made.owner}`,
    roleEnv,
    restore: async (sql, signal) => restoreSql(sql, { scratch: { roleEnv, createExtension }, psql, signal }),
    look: async (signal) =>
      asRole(signal, async (session) => {
        await session.run(
          `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off; ${PLAIN_NAMES}`,
        )
        return { fingerprint: await schemaFingerprint(session), rows: await countRows(session) }
      }),
    query: async (sql, signal) =>
      asRole(signal, async (session) => {
        await session.run(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${CHECK_MS}`)
        const answer = await session.json(
          `SELECT coalesce(jsonb_agg((SELECT jsonb_agg(value) FROM jsonb_each(to_jsonb(q)))), '[]') FROM (\n${bare(sql)}\n) AS q`,
        )
        return answer as readonly (readonly unknown[])[]
      }),
    leave,
    close: drop,
  }
}

/** False where the user may make none: it then restores by itself, and is no superuser, since those may. */
async function makeRole(
  admin: Record<string, string>,
  once: <T>(env: Record<string, string>, work: (session: Session) => Promise<T>) => Promise<T>,
  { name, password }: { readonly name: string; readonly password: string },
): Promise<boolean> {
  const rights = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION'
  try {
    await once(admin, async (session) => session.run(`CREATE ROLE "${name}" ${rights} PASSWORD '${password}'`))
  } catch (error) {
    if (isLandfallError(error) && /permission denied/.test(error.message)) return false
    throw error
  }
  // Without it only a superuser may make a database for another. From PostgreSQL 16 on the maker has it in part.
  await once(admin, async (session) => session.run(`GRANT "${name}" TO CURRENT_USER`)).catch(() => {})
  return true
}

/** Databases and roles of drills that died: none keeps them, and under the lock none is about to. */
async function removeLeftovers(session: Session, log: Log): Promise<void> {
  const like = `${SCRATCH_PREFIX.replaceAll('_', String.raw`\_`)}%`
  const dead = (await session.json(`
    SELECT coalesce(jsonb_agg(datname), '[]') FROM pg_database d WHERE datname LIKE '${like}'
    AND pg_has_role(datdba, 'MEMBER') AND NOT EXISTS (
      SELECT FROM pg_stat_activity a WHERE a.datname = d.datname AND coalesce(a.application_name, '${KEEPER}') = '${KEEPER}')`)) as readonly string[]
  for (const name of dead) {
    await session.run(dropDatabase(name))
    log.warn({ database: name }, 'a scratch database that a dead drill left was dropped')
  }
  const roles = (await session.json(`
    SELECT coalesce(jsonb_agg(rolname), '[]') FROM pg_roles r WHERE rolname LIKE '${like}'
    AND pg_has_role(oid, 'MEMBER') AND NOT EXISTS (SELECT FROM pg_database WHERE datdba = r.oid)`)) as readonly string[]
  for (const name of roles) await session.run(`DROP ROLE IF EXISTS ${quoted(name)}`)
}

/** WITH (FORCE) is of version 13 on; before it the sessions are ended by hand. */
function dropDatabase(name: string): string {
  return `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '${name}'; DROP DATABASE IF EXISTS ${quoted(name)}`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Without the semicolon at its end. */
function bare(sql: string): string {
  return sql.trim().replace(/;\s*$/, '')
}

function fullOr(error: unknown): unknown {
  return isLandfallError(error) && saysDiskFull(error.message) ? scratchFull(error.message) : error
}

function scratchFault(error: unknown): unknown {
  if (!isLandfallError(error)) return error
  const full = fullOr(error)
  if (full !== error) return full
  const hints = {
    DATABASE_REFUSED:
      'The scratch server refuses the user, or a right: mend it there, or in the secret that `dumps[].drill.postgres` names.',
    DATABASE_UNREACHABLE: 'The scratch server that `dumps[].drill.postgres` names does not answer.',
  } as const
  const hint = error.code in hints ? hints[error.code as keyof typeof hints] : undefined
  return new LandfallError(error.code, `the scratch server: ${error.message}`, {
    hint: hint ?? error.hint,
    cause: error,
  })
}
