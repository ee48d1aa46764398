/**
 * The environment of PostgreSQL's tools: the connection's, and of this process' own only what a program needs to run.
 * Its credentials for AWS are no business of theirs, and a PGOPTIONS or PGSERVICE of its own would change what they do.
 */
import type { Environment } from '../config/environment.ts'
import type { Connection } from './connection.ts'

const KEPT = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'PGPASSFILE', 'PGSYSCONFDIR', 'LD_LIBRARY_PATH', 'SSL_CERT_FILE'] as const

export function toolEnvironment(env: Environment, connection?: Pick<Connection, 'env'>): Record<string, string> {
  const kept = KEPT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]))
  // Messages are told apart by their text.
  return { ...Object.fromEntries(kept), LC_ALL: 'C.UTF-8', LC_MESSAGES: 'C', ...connection?.env }
}
