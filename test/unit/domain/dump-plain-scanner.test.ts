import { describe, expect, test } from 'vitest'
import { makePlainScanner } from '../../../src/domain/dump/plain-scanner.ts'
import { tableName, tableOfCopy } from '../../../src/domain/dump/table-name.ts'
import { fc, runs } from '../../support/fc.ts'

const END = '--\n-- PostgreSQL database dump complete\n--\n\n'

function scan(text: string | Buffer, sizes: readonly number[] = []) {
  const bytes = Buffer.from(text)
  const scanner = makePlainScanner()
  let at = 0
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = sizes.length === 0 ? bytes.length : sizes[turn % sizes.length]!
    scanner.push(bytes.subarray(at, at + size))
    at += size
  }
  const { tables, lacks } = scanner.end()
  return { tables: Object.fromEntries(tables), lacks }
}

describe('rows of a plain dump', () => {
  test('are counted per table; empty tables are there', () => {
    const text = `SET x = on;\n\nCOPY public.a (id, t) FROM stdin;\n1\tx\n2\t\\\\.\n\\.\n\nCOPY public.b (id) FROM stdin;\n\\.\n${END}`
    expect(scan(text)).toEqual({ tables: { 'public.a': 2, 'public.b': 0 }, lacks: undefined })
  })

  test('a table without columns has rows of nothing', () => {
    expect(scan(`COPY public.none FROM stdin;\n\n\n\\.\n${END}`).tables).toEqual({ 'public.none': 2 })
  })

  test('a CRLF is part of a row, and no end', () => {
    expect(scan(`COPY public.a (t) FROM stdin;\nx\r\n\\.\r\n\\.\n${END}`).tables).toEqual({ 'public.a': 2 })
  })

  test.each([
    ['a dollar quote', '$$\nCOPY public.x (id) FROM stdin;\n1\n\\.\n$$'],
    ['a tagged dollar quote', '$_$ $$ $1 \nCOPY public.x (id) FROM stdin;\n1\n\\.\n$_ $_$'],
    ['a string', "'it''s\nCOPY public.x (id) FROM stdin;\n1\n\\.\n;'"],
    ['a string with escapes', String.raw`E'\';''\'; COPY public.x (id) FROM stdin;'`],
    ['a quoted name', '"a;\nCOPY public.x (id) FROM stdin;\n"'],
    ['a comment in a block', '1 /* /* ; */ \nCOPY public.x (id) FROM stdin;\n */'],
    ['a comment', '1 --; \nCOPY'],
  ])('what only looks like rows inside %s is none', (_, text) => {
    expect(scan(`SELECT ${text};\nCOPY public.a (id) FROM stdin;\n1\n\\.\n${END}`)).toEqual({
      tables: { 'public.a': 1 },
      lacks: undefined,
    })
  })

  test('of any names and any rows, in chunks of any size', () => {
    const name = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((text) => !/[\0]/.test(text))
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
    const row = fc
      .array(fc.string({ maxLength: 8, unit: 'binary' }), { minLength: 1, maxLength: 3 })
      .map((fields) => fields.map(asCopyText).join('\t'))
    const block = fc.record({ schema: name, table: name, column: name, rows: fc.array(row, { maxLength: 6 }) })
    const hostile = fc.constantFrom(
      'COPY public.x (id) FROM stdin;\n1\n\\.\n',
      END,
      '\\unrestrict k\n',
      '$$',
      "'",
      '"',
      '--',
      '/*',
      ';\n',
    )
    const body = fc.array(fc.oneof(hostile, fc.string({ maxLength: 5 })), { maxLength: 5 }).map((all) => all.join(''))
    const filler = fc.oneof(
      body.map((text) => `CREATE FUNCTION f() AS $_x$${text.replaceAll('$_x$', '')}$_x$;\n`),
      body.map((text) => `COMMENT ON TABLE a IS '${text.replaceAll("'", "''")}';\n`),
      body.map((text) => `COMMENT ON TABLE a IS E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}';\n`),
      body.map((text) => `ALTER TABLE "${text.replaceAll('"', '""')}" ADD x int;\n`),
      body.map((text) => `-- ${text.replaceAll(/[\r\n]/g, ' ')}\n`),
    )
    const part = fc.oneof(
      block.map((made) => ({ ...made, text: undefined })),
      filler.map((text) => ({ text })),
    )
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
        (parts, sizes) => {
          const expected = new Map<string, number>()
          const text = parts.map((one) => {
            if (one.text !== undefined) return one.text
            const at = tableName(one.schema, one.table)
            expected.set(at, (expected.get(at) ?? 0) + one.rows.length)
            const lines = one.rows.map((line) => `${line}\n`).join('')
            return `COPY ${quoted(one.schema)}.${quoted(one.table)} (${quoted(one.column)}) FROM stdin;\n${lines}\\.\n\n`
          })
          const found = scan(`\\restrict k\n\n${text.join('')}${END}\\unrestrict k\n`, sizes)
          expect(found).toEqual({ tables: Object.fromEntries(expected), lacks: undefined })
        },
      ),
      runs(500),
    )
  })
})

describe('the end of a plain dump', () => {
  const rows = 'COPY public.a (id) FROM stdin;\n1\n2\n\\.\n'
  test.each([
    ['whole', `${rows}${END}`, undefined],
    ['whole, restricted', `\\restrict k\n${rows}${END}\\unrestrict k\n`, undefined],
    ['nothing', '', 'it is empty'],
    ['no marker', rows, 'its last line is not "-- PostgreSQL database dump complete"'],
    ['rows that end', rows.slice(0, 33), 'it ends amid the rows of public.a'],
    ['a statement that ends', 'CREATE TABLE a (', 'it ends amid a statement'],
    ['restricted, and never released', `\\restrict k\n${rows}${END}`, String.raw`its \unrestrict is missing`],
    ["released by another's key", `\\restrict k\n${END}\\unrestrict j\n`, String.raw`its \unrestrict is missing`],
    [
      'more after the marker',
      `${END}${rows}SELECT 1;\n`,
      'its last line is not "-- PostgreSQL database dump complete"',
    ],
  ])('%s', (_, text, lacks) => {
    expect(scan(text).lacks).toBe(lacks)
  })

  test('a whole dump that is cut anywhere lacks something', () => {
    const whole = `\\restrict k\n\n-- a\nCREATE FUNCTION f() AS $$ ; $$;\n${rows}${END}\\unrestrict k\n`
    for (let length = 0; length < whole.length - 1; length += 1)
      expect(scan(whole.slice(0, length)).lacks).toBeDefined()
  })
})

test('names of tables are those of SQL, quoted where they must be', () => {
  expect(tableOfCopy('COPY public.users (id) FROM stdin')).toBe('public.users')
  expect(tableOfCopy('COPY public."user" (id) FROM stdin')).toBe('public.user')
  expect(tableOfCopy('COPY "A b"."c""d" FROM stdin')).toBe('"A b"."c""d"')
  expect(tableOfCopy('COPY public.users (id) TO stdout')).toBeUndefined()
  expect(tableName('public', 'Users')).toBe('public."Users"')
})

/** As COPY writes text. */
function asCopyText(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\t', String.raw`\t`)
    .replaceAll('\0', '')
}
