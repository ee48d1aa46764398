/**
 * A connection URL as libpq's own environment variables: what a child process is given, so that neither its command
 * line nor any file has a secret. (Another user can read a command line, but not a process' environment.)
 *
 * Source: PostgreSQL documentation, "libpq: Connection URIs" and "Environment Variables".
 */
import { LandfallError } from '../domain/errors.ts'

export interface Connection {
  /** PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE ...: secret. */
  readonly env: Readonly<Record<string, string>>
  /** Without user and password: for manifests, logs and messages. */
  readonly source: { readonly host: string; readonly port: number; readonly database: string }
}

const PARAMETERS: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  dbname: 'PGDATABASE',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslcrl: 'PGSSLCRL',
  channel_binding: 'PGCHANNELBINDING',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  gssencmode: 'PGGSSENCMODE',
  krbsrvname: 'PGKRBSRVNAME',
}

const NO_HOST = 'no-host.invalid'
const DEFAULT_PORT = '5432'
/** libpq waits for ever. */
const CONNECT_SECONDS = '15'

/** Throws DATABASE_URL_INVALID, whose message has nothing of the URL in it but names of parameters. */
export function parseConnection(text: string): Connection {
  const url = readUrl(text.trim())
  const env: Record<string, string> = { PGCONNECT_TIMEOUT: CONNECT_SECONDS, PGAPPNAME: 'landfall' }
  const put = (name: string, value: string): void => {
    if (value !== '') env[name] = decoded(value)
  }
  if (url.hostname !== NO_HOST) put('PGHOST', url.hostname.replace(/^\[(.*)\]$/, '$1'))
  put('PGPORT', url.port)
  put('PGUSER', url.username)
  put('PGPASSWORD', url.password)
  put('PGDATABASE', url.pathname.slice(1))
  for (const [name, value] of url.searchParams) {
    const variable = PARAMETERS[name]
    if (variable === undefined) {
      throw invalid(`the database's URL has the parameter ${JSON.stringify(name)}, which Landfall does not know`)
    }
    env[variable] = value
  }
  // The server's name of the user is the database's, where none is named: as libpq has it.
  const database = env['PGDATABASE'] ?? env['PGUSER']
  if (database === undefined) throw invalid("the database's URL names no database")
  env['PGDATABASE'] = database
  env['PGPORT'] ??= DEFAULT_PORT
  return { env, source: { host: env['PGHOST'] ?? 'local socket', port: portOf(env['PGPORT']), database } }
}

function readUrl(text: string): URL {
  if (!/^postgres(ql)?:\/\//.test(text)) throw invalid("the database's URL does not begin with postgresql://")
  try {
    // libpq takes a user without a host (a local socket); the web's parser does not.
    return new URL(text.replace(/^(\w+:\/\/[^/?#]*@)(?=[/?]|$)/, `$1${NO_HOST}`))
  } catch {
    throw invalid("the database's URL cannot be read; letters such as @ : / ? # % in a password are written %40 ...")
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid("the database's URL has a % that begins no escape; write %25")
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid("the database's URL has no usable port")
  return port
}

/** Without the cause: the parser's own error has the whole URL in it. */
function invalid(message: string): LandfallError {
  return new LandfallError('DATABASE_URL_INVALID', message)
}
