/**
 * What a schema is, as text that has the same value on every server where the same dump was restored: tables, columns,
 * types, defaults, constraints and indexes, without names that a server makes up and without what a newer server adds.
 *
 * Left out: what belongs to an extension (its version is the server's), constraints of kind NOT NULL (PostgreSQL 18
 * lists them as rows of their own; `not null` is in the column), and owners and grants (a dump here has none).
 */
import { createHash } from 'node:crypto'
import { tableName } from '../domain/dump/table-name.ts'
import type { Session } from './session.ts'

/** So that every name in the texts is written with its schema. */
export const PLAIN_NAMES = 'SET LOCAL search_path = pg_catalog'

const OWN = `
  n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')`

const COLUMNS = `
SELECT coalesce(jsonb_agg(t.line ORDER BY (t.line->>0) COLLATE "C", (t.line->>1) COLLATE "C", (t.line->>2)::int), '[]') FROM (
  SELECT jsonb_build_array(n.nspname, c.relname,
    row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), c.relkind, a.attname,
    format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) AS line
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${OWN}
) t`

const CONSTRAINTS = `
SELECT coalesce(jsonb_agg(t.line ORDER BY (t.line::text) COLLATE "C"), '[]') FROM (
  SELECT jsonb_build_array(n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid)) AS line
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND ${OWN}
) t`

const INDEXES = `
SELECT coalesce(jsonb_agg(t.line ORDER BY (t.line::text) COLLATE "C"), '[]') FROM (
  SELECT jsonb_build_array(n.nspname, c.relname, pg_get_indexdef(i.indexrelid)) AS line
  FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE ${OWN}
) t`

const TABLES = `
SELECT coalesce(jsonb_agg(jsonb_build_array(n.nspname, c.relname, format('%I.%I', n.nspname, c.relname))), '[]')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND ${OWN}`

/** SHA-256, hexadecimal. Within a transaction in which PLAIN_NAMES was run. */
export async function schemaFingerprint(session: Pick<Session, 'json'>): Promise<string> {
  const hash = createHash('sha256')
  for (const sql of [COLUMNS, CONSTRAINTS, INDEXES]) hash.update(`${JSON.stringify(await session.json(sql))}\n`)
  return hash.digest('hex')
}

/** Rows of every table that a dump holds, by `tableName`, counted one table after the other. */
export async function countRows(session: Pick<Session, 'json'>): Promise<ReadonlyMap<string, number>> {
  const tables = (await session.json(TABLES)) as readonly (readonly [string, string, string])[]
  const counts = new Map<string, number>()
  for (const [schema, table, quoted] of tables) {
    counts.set(tableName(schema, table), Number(await session.json(`SELECT count(*) FROM ${quoted}`)))
  }
  return counts
}
