/**
 * What a table is called in manifests and reports: `schema.table`, a part in double quotes where it is more than
 * lower-case letters, digits, `_` and `$`. It does not ask which words are reserved, as PostgreSQL's quote_ident does:
 * those differ from version to version, and one table must have one name in all of them.
 */
export function tableName(schema: string, table: string): string {
  return `${part(schema)}.${part(table)}`
}

function part(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

const IDENTIFIER = String.raw`"(?:[^"]|"")+"|[^\s".(;]+`
const COPY = new RegExp(
  String.raw`^COPY (?<schema>${IDENTIFIER})\.(?<table>${IDENTIFIER}) (?:\(.*\) )?FROM stdin$`,
  's',
)

/** The table that a COPY statement of a plain dump (without its `;`) fills; undefined where it is none. */
export function tableOfCopy(statement: string): string | undefined {
  const found = COPY.exec(statement)?.groups
  return found === undefined ? undefined : tableName(unquoted(found['schema']!), unquoted(found['table']!))
}

function unquoted(identifier: string): string {
  return identifier.startsWith('"') ? identifier.slice(1, -1).replaceAll('""', '"') : identifier
}
