/** What libpq's messages mean. The tools run in the C locale, so that these are the texts they have. */
import { LandfallError, type ErrorCode } from '../domain/errors.ts'

const REFUSED =
  /password authentication failed|no password supplied|no pg_hba\.conf entry|authentication failed|permission denied|role ".*" does not exist|certificate|SSL/i
const MISSING = /database ".*" does not exist/i
const UNREACHABLE =
  /could not connect|connection to server .* failed|could not translate host name|timeout expired|server closed the connection|the database system is (starting up|shutting down)|too many clients|remaining connection slots|connection not open|could not receive data|terminating connection/i

/** `fallback`: where the text is none of a connection. */
export function codeOfSaid(said: string, fallback: ErrorCode): ErrorCode {
  if (MISSING.test(said) || REFUSED.test(said)) return 'DATABASE_REFUSED'
  return UNREACHABLE.test(said) ? 'DATABASE_UNREACHABLE' : fallback
}

/** `what`: who ended, and how. Only the last lines: libpq says the same for each address that it tried. */
export function databaseError(what: string, said: string, fallback: ErrorCode): LandfallError {
  const last = said.trim().split('\n').slice(-3).join(' · ')
  return new LandfallError(codeOfSaid(said, fallback), last === '' ? what : `${what}: ${last}`)
}
