/** docs/verdicts.md is what an operator reads at night: it must name what the code says, and nothing else. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FAILURES } from '../../../src/domain/failures.ts'
import { OPEN_STATES, VERDICTS } from '../../../src/domain/version.ts'

const page = readFileSync(new URL('../../../docs/verdicts.md', import.meta.url), 'utf8')

/** Rows of all tables in one section: first cell without its quotes -> the other cells. */
function rows(section: string): [string, string[]][] {
  const text = page.split(/^#+ /m).find((part) => part.startsWith(section))!
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .map(([first, ...others]) => [first!.replaceAll('`', ''), others])
}

describe('docs/verdicts.md', () => {
  it('lists the failure reasons of the table, with class and hint', () => {
    expect(rows('Failure reasons')).toEqual(
      [...FAILURES].map(([reason, { class: kind, hint }]) => [reason, [kind.replace('-', ' '), hint]]),
    )
  })

  it('lists the open states and the verdicts', () => {
    expect(rows('Verdicts').map(([name]) => name)).toEqual([...OPEN_STATES, ...VERDICTS])
  })
})
