/** Checks of a report, a line each. */
import type { Check } from '../domain/dump/manifest.ts'
import { inert } from '../domain/inert.ts'
import type { Out } from './command.ts'
import { paint, printLine } from './output.ts'

const WORDS = { pass: ['ok', 'green'], fail: ['FAILED', 'red'], skipped: ['skipped', 'dim'] } as const

export function printChecks(out: Out, checks: readonly Check[]): void {
  const width = Math.max(...checks.map(({ check }) => check.length))
  for (const { check, result, detail } of checks) {
    const [word, colour] = WORDS[result]
    printLine(out, `  ${paint(out, colour, word.padEnd(7))}  ${inert(check).padEnd(width)}  ${inert(detail)}`)
  }
}
