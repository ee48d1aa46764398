/**
 * The machine's own PostgreSQL, for tests: a database of a random name each. `LANDFALL_TEST_POSTGRES` names another
 * server; where none answers, the tests that want one are skipped, aloud.
 */
import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { randomPrefix } from './prefix.ts'

const execute = promisify(execFile)
const SERVER = process.env['LANDFALL_TEST_POSTGRES'] ?? 'postgresql://postgres@127.0.0.1:5432'

export interface TestDatabase {
  readonly name: string
  readonly url: string
  /** Runs SQL; resolves to what it prints, without headers and alignment. */
  sql(text: string): Promise<string>
  drop(): Promise<void>
}

/** Whether there is one; asked once. */
export const hasPostgres = ((): boolean => {
  try {
    execFileSync('psql', ['--no-psqlrc', '--no-password', '-c', 'SELECT 1', `${SERVER}/postgres?connect_timeout=3`], {
      stdio: 'ignore',
    })
    return true
  } catch {
    console.warn(`SKIPPED: the tests with a real PostgreSQL: none answers at ${SERVER}, or there is no psql`)
    return false
  }
})()

/** `setup`: SQL that fills it. */
export async function makeDatabase(setup = ''): Promise<TestDatabase> {
  const name = `landfall_${randomPrefix()}`
  const url = `${SERVER}/${name}`
  await psql(`${SERVER}/postgres`, `CREATE DATABASE ${name}`)
  const database: TestDatabase = {
    name,
    url,
    sql: async (text) => psql(url, text),
    drop: async () => void (await psql(`${SERVER}/postgres`, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  }
  try {
    if (setup !== '') await database.sql(setup)
    return database
  } catch (error) {
    await database.drop()
    throw error
  }
}

/** A small marketplace: odd names, a partitioned table, a function whose body looks like rows, an empty table. */
export const MARKETPLACE = `
CREATE SCHEMA "Odd schema";
CREATE TABLE suppliers (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO suppliers SELECT n, 'supplier ' || n || E'\\n\\\\.\\ttab' FROM generate_series(1, 250) n;
CREATE TABLE "Odd schema"."order" (id int, supplier int REFERENCES suppliers, note text CHECK (note <> ''));
INSERT INTO "Odd schema"."order" SELECT n, n, 'note' FROM generate_series(1, 40) n;
CREATE TABLE events (at date, what text) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO events SELECT DATE '2025-12-01' + n, 'seen' FROM generate_series(0, 59) n;
CREATE TABLE empty_table (id int);
CREATE INDEX ON suppliers (lower(name));
CREATE VIEW big_suppliers AS SELECT * FROM suppliers WHERE id > 100;
CREATE FUNCTION looks_like_rows() RETURNS text LANGUAGE sql AS $body$
SELECT $inner$
COPY public.suppliers (id) FROM stdin;
1
\\.
-- PostgreSQL database dump complete
$inner$
$body$;
`

export const MARKETPLACE_ROWS = {
  '"Odd schema".order': 40,
  'public.empty_table': 0,
  'public.events_2025': 31,
  'public.events_2026': 29,
  'public.suppliers': 250,
}

/** Some `mib` MiB that do not compress well, in one table. */
export const bulk = (mib: number): string =>
  `SET client_min_messages = error; CREATE TABLE bulk AS
   SELECT n, md5(n::text) || md5((n + 1)::text) || md5((n + 2)::text) AS a FROM generate_series(1, ${mib * 10_000}) n`

async function psql(url: string, text: string): Promise<string> {
  const args = ['--no-psqlrc', '--no-password', '-At', '--quiet', '-v', 'ON_ERROR_STOP=1', '-c', text, url]
  const { stdout } = await execute('psql', args, { maxBuffer: 64 * 2 ** 20 })
  return stdout.trim()
}
