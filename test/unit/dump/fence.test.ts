import { expect, test } from 'vitest'
import { type Extension, fenced, fencedAlone } from '../../../src/postgres/fence.ts'
import { fc } from '../../support/fc.ts'

async function through(sql: string, size: number) {
  const made: Extension[] = []
  async function* pieces() {
    const bytes = Buffer.from(sql)
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const out: Uint8Array[] = []
  const fence = fenced(pieces(), {
    key: 'ours',
    settle: () => ({ sql: '-- settle\n', done: Promise.resolve() }),
    onExtension: async (extension) => void made.push(extension),
  })
  for await (const chunk of fence) out.push(Uint8Array.from(chunk))
  return { text: Buffer.concat(out).toString(), made }
}

const DUMP = `--
\\restrict theirs

SET x = 1;
DROP EXTENSION IF EXISTS pgcrypto;
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;
COMMENT ON EXTENSION pgcrypto IS 'crypto';
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA "Odd ""one";
CREATE TABLE t (a text);
COPY t (a) FROM stdin;
CREATE EXTENSION IF NOT EXISTS evil WITH SCHEMA public;
\\restrict data
\\.
-- PostgreSQL database dump complete
\\unrestrict theirs

`

test.each([1, 7, 1000, 100_000])(
  'extensions and the fence of its own are taken out of the head alone, in pieces of %i',
  async (size) => {
    const { text, made } = await through(DUMP, size)
    expect(made).toEqual([
      { name: 'pgcrypto', schema: 'public' },
      { name: '"uuid-ossp"', schema: '"Odd ""one"' },
    ])
    expect(text).toBe(`\\restrict ours
--

SET x = 1;
-- settle
-- settle
CREATE TABLE t (a text);
COPY t (a) FROM stdin;
CREATE EXTENSION IF NOT EXISTS evil WITH SCHEMA public;
\\restrict data
\\.
-- PostgreSQL database dump complete
`)
  },
)

test('what has neither goes through as it is, however it is cut', async () => {
  const line = fc.stringMatching(/^[a-z '"\\$;-]{0,40}$/).filter((text) => !/^\\restrict \S+$|\\unrestrict/.test(text))
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 60 }), fc.integer({ min: 1, max: 700 }), async (lines, size) => {
      const sql = lines.join('\n')
      expect((await through(sql, size)).text).toBe(`\\restrict ours\n${sql}`)
    }),
  )
})

test.each([1, 7, 100_000])('the fence alone leaves extensions to the dump, in pieces of %i', async (size) => {
  async function* pieces() {
    for (let at = 0; at < DUMP.length; at += size) yield Buffer.from(DUMP.slice(at, at + size))
  }
  const out: Uint8Array[] = []
  for await (const chunk of fencedAlone(pieces(), 'ours')) out.push(Uint8Array.from(chunk))
  const expected = DUMP.replace('\\restrict theirs\n', '').replace('\\unrestrict theirs\n\n', '')
  expect(Buffer.concat(out).toString()).toBe(`\\restrict ours\n${expected}`)
})
