import { describe, expect, test } from 'vitest'
import { parseConnection } from '../../src/postgres/connection.ts'
import { toolEnvironment } from '../../src/postgres/environment.ts'
import { codeOfSaid } from '../../src/postgres/errors.ts'
import { majorOf, parseToolVersion } from '../../src/postgres/tools.ts'

describe('a connection URL', () => {
  test('becomes variables; the source has no user and no password', () => {
    const { env, source } = parseConnection('postgresql://app:p%40ss%2F@db.example:6432/market?sslmode=verify-full')
    expect(env).toMatchObject({
      PGHOST: 'db.example',
      PGPORT: '6432',
      PGUSER: 'app',
      PGPASSWORD: 'p@ss/',
      PGDATABASE: 'market',
      PGSSLMODE: 'verify-full',
    })
    expect(source).toEqual({ host: 'db.example', port: 6432, database: 'market' })
  })

  test.each([
    ['postgres://[::1]/x', { PGHOST: '::1', PGPORT: '5432', PGDATABASE: 'x' }],
    ['postgresql:///x?host=/var/run/postgresql', { PGHOST: '/var/run/postgresql', PGDATABASE: 'x' }],
    ['postgresql://me@/x', { PGUSER: 'me', PGDATABASE: 'x' }],
    ['postgresql://me@h', { PGUSER: 'me', PGHOST: 'h', PGDATABASE: 'me' }],
  ])('%s', (url, env) => {
    expect(parseConnection(url).env).toMatchObject(env)
  })

  test.each([
    'mysql://u:very-secret@h/x',
    'postgresql://u:very-secret@h:port/x',
    'postgresql://u:very-secret%@h/x',
    'postgresql://h',
    'postgresql://u:very-secret@h/x?passfile=/etc/shadow',
    'postgresql://u:very-secret@h:70000/x',
  ])('%s is refused, and not repeated', (url) => {
    const refused = (): unknown => parseConnection(url)
    expect(refused).toThrow(expect.objectContaining({ code: 'DATABASE_URL_INVALID' }))
    expect(refused).not.toThrow(/very-secret/)
  })
})

test("the tools get nothing of this process' own secrets and settings", () => {
  const env = { PATH: '/bin', AWS_SECRET_ACCESS_KEY: 'x', DATABASE_URL: 'y', PGOPTIONS: '-c x', PGSERVICE: 'z' }
  expect(toolEnvironment(env)).toEqual({ PATH: '/bin', LC_ALL: 'C.UTF-8', LC_MESSAGES: 'C' })
})

test.each([
  ['pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)', 150_020, '15.20', 1500],
  ['psql (PostgreSQL) 18beta1', 180_000, '18beta1', 1800],
  ['pg_dump (PostgreSQL) 9.6.24', 90_624, '9.6.24', 906],
])('%s', (said, version, versionText, major) => {
  expect(parseToolVersion(said)).toEqual({ version, versionText })
  expect(majorOf(version)).toBe(major)
})

test.each([
  ['FATAL:  password authentication failed for user "app"', 'DATABASE_REFUSED'],
  ['connection to server at "h", port 5432 failed: FATAL:  database "x" does not exist', 'DATABASE_REFUSED'],
  ['pg_dump: error: query failed: ERROR:  permission denied for table t', 'DATABASE_REFUSED'],
  ['connection to server at "h", port 1 failed: Connection refused', 'DATABASE_UNREACHABLE'],
  ['FATAL:  the database system is starting up', 'DATABASE_UNREACHABLE'],
  ['pg_dump: error: out of memory', 'DUMP_FAILED'],
])('%s: %s', (said, code) => {
  expect(codeOfSaid(said, 'DUMP_FAILED')).toBe(code)
})
