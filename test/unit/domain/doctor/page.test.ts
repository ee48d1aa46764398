/** The table of checks, the page and what the checks really say: held against each other. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { doctorPage } from '../../../../scripts/doctor-page.ts'
import { CHECK_IDS } from '../../../../src/domain/doctor/checks.ts'

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')

it('docs/doctor.md says what the table says (node scripts/docs.ts writes it)', () => {
  expect(read('docs/doctor.md')).toBe(doctorPage())
  const named = [...read('docs/doctor.md').matchAll(/^\| `([a-z-]+\.[a-z0-9-]+)` \|/gm)].map(([, id]) => id)
  expect(new Set(named)).toEqual(new Set(CHECK_IDS))
})

it('every check of the table is made, and has a test that sees it fail', () => {
  const folder = 'src/domain/doctor/'
  const code = readdirSync(new URL(`../../../../${folder}`, import.meta.url))
    .filter((name) => !name.startsWith('checks'))
    .map((name) => read(folder + name))
    .join('\n')
  const tests = read('test/unit/domain/doctor/checks.test.ts')
  for (const id of CHECK_IDS) {
    expect(code, id).toContain(`'${id}'`)
    if (!NOTES.has(id)) expect(tests, id).toMatch(new RegExp(`'${id}', '(fail|warn|unknown)'`))
  }
})

/** These pass, whatever is seen: they say what Landfall cannot do. */
const NOTES: ReadonlySet<string> = new Set(['bucket.mfa-delete', 'bucket.sse-c', 'role.boundary', 'landfall.token'])
