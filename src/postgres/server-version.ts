/** Which version a server is of, asked by psql, as pg_dump would connect. */
import type { Environment } from '../config/environment.ts'
import { parsePgVersion, type PgVersion } from '../domain/dump/fit.ts'
import { LandfallError } from '../domain/errors.ts'
import { parseConnection } from './connection.ts'
import { toolEnvironment } from './environment.ts'
import { openSession } from './session.ts'
import { newestTool } from './tools.ts'

/** Throws PG_CLIENT_ABSENT, DATABASE_URL_INVALID, DATABASE_UNREACHABLE, DATABASE_REFUSED. */
export async function serverVersion(url: string, env: Environment, signal?: AbortSignal): Promise<PgVersion> {
  const connection = parseConnection(url)
  const psql = await newestTool('psql', env['PATH'] ?? '')
  const session = openSession({ psql, env: toolEnvironment(env, connection), signal })
  try {
    const said = await session.json("SELECT to_json(current_setting('server_version'))")
    const version = parsePgVersion(String(said))
    if (version !== undefined) return version
    throw new LandfallError('DATABASE_REFUSED', 'the server does not say of which version it is')
  } finally {
    await session.close()
  }
}
