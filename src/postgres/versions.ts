/** Which of PostgreSQL's tools this machine has, by version. */
import type { Environment } from '../config/environment.ts'
import { parsePgVersion, type PgVersion } from '../domain/dump/fit.ts'
import { findTools } from './tools.ts'

/** The newest of each; absent where there is none. */
export async function toolVersions(env: Environment): Promise<{
  readonly pgDump?: PgVersion | undefined
  readonly psql?: PgVersion | undefined
  readonly pgRestore?: PgVersion | undefined
}> {
  const path = env['PATH'] ?? ''
  const [pgDump, psql, pgRestore] = await Promise.all([
    findTools('pg_dump', path),
    findTools('psql', path),
    findTools('pg_restore', path),
  ])
  return {
    pgDump: parsePgVersion(pgDump[0]?.versionText ?? ''),
    psql: parsePgVersion(psql[0]?.versionText ?? ''),
    pgRestore: parsePgVersion(pgRestore[0]?.versionText ?? ''),
  }
}
