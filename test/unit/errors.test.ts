import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ERRORS, EXIT, LandfallError, isLandfallError } from '../../src/domain/errors.ts'

const page = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

/** The rows of all tables whose first cell is a code word in backticks: without the outer bars, cells trimmed. */
function rowsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

test('docs/errors.md and the table say the same, both ways', () => {
  const documented = rowsOf(page('errors.md'))
  const table = Object.entries(ERRORS).map(([code, row]) => [
    `\`${code}\``,
    String(row.exit),
    row.disposition,
    row.hint,
  ])
  const byCode = (a: string[], b: string[]): number => (a[0]! < b[0]! ? -1 : 1)
  expect(documented.sort(byCode)).toEqual(table.sort(byCode))
})

test('docs/cli.md lists every exit code', () => {
  const documented = rowsOf(page('cli.md')).filter(([code]) => /^`\d+`$/.test(code!))
  expect(documented.map(([code]) => Number(code!.slice(1, -1)))).toEqual(Object.values(EXIT))
})

test('an exit code of an error is never that of a success', () => {
  for (const row of Object.values(ERRORS)) {
    expect(row.exit).not.toBe(EXIT.ok)
    expect(Object.values(EXIT)).toContain(row.exit)
  }
})

test('an error carries its row; a closer hint goes before it', () => {
  const error = new LandfallError('QUEUE_MISSING', 'no queue q', { details: { queue: 'q' } })
  expect(error).toMatchObject({ code: 'QUEUE_MISSING', ...ERRORS.QUEUE_MISSING, details: { queue: 'q' } })
  expect(new LandfallError('USAGE', 'm', { hint: 'h' }).hint).toBe('h')
  expect([isLandfallError(error), isLandfallError(new Error('x'))]).toEqual([true, false])
})
