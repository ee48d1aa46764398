/** Findings as text, by what they are about. Names and policies come from outside: nothing of them may steer the terminal. */
import { CHECKS } from '../domain/doctor/checks.ts'
import { countsOf, type Finding, type Level, type Subject } from '../domain/doctor/finding.ts'
import { inert } from '../domain/inert.ts'
import type { Out } from './command.ts'
import { paint } from './output.ts'
import { plural } from './status-view.ts'

const WORDS = {
  pass: ['ok', 'green'],
  unknown: ['UNKNOWN', 'magenta'],
  warn: ['WARN', 'yellow'],
  fail: ['FAIL', 'red'],
} as const satisfies Record<Level, readonly [string, string]>
const WIDTH = 8
const MOST_PAIRS = 3

/** Without `all` what passed is counted alone; notes are shown. */
export function findingLines(out: Out, findings: readonly Finding[], { all }: { readonly all: boolean }): string[] {
  const shown = findings.filter(({ level, note }) => all || note || level !== 'pass')
  const groups = Map.groupBy(shown, ({ subject }) => `${subject.kind} ${subject.name}`)
  const lines = [...groups.values()].flatMap((group) => [
    headOf(out, group[0]!.subject, group),
    ...group.flatMap((finding) => linesOf(out, finding)),
    '',
  ])
  return [...lines, summary(out, findings, all)]
}

function headOf(out: Out, { kind, name }: Subject, group: readonly Finding[]): string {
  const pairs = [...new Set(group.flatMap(({ subject }) => subject.pairs))].filter((pair) => pair !== name)
  const more = pairs.length > MOST_PAIRS ? `, and ${pairs.length - MOST_PAIRS} more` : ''
  const of = pairs.length === 0 ? '' : ` (${pairs.slice(0, MOST_PAIRS).join(', ')}${more})`
  return `${paint(out, 'bold', `${kind} ${inert(name)}`)}${of}`
}

function linesOf(out: Out, { id, level, note, seen, mend }: Finding): string[] {
  const [word, colour] = note ? (['note', 'cyan'] as const) : WORDS[level]
  const indent = ' '.repeat(2 + WIDTH)
  const bad = level !== 'pass'
  return [
    `  ${paint(out, colour, word.padEnd(WIDTH))}${id}: ${inert(seen)}`,
    ...(bad ? [`${indent}${CHECKS[id].why}`] : []),
    ...(mend?.command === undefined ? [] : [`${indent}next: ${paint(out, 'bold', mend.command)}`]),
    ...(mend?.say === undefined ? [] : [`${indent}${mend.command === undefined ? 'next: ' : ''}${inert(mend.say)}`]),
  ]
}

function summary(out: Out, findings: readonly Finding[], all: boolean): string {
  const { pass, unknown, warn, fail } = countsOf(findings)
  const parts = [
    fail > 0 && paint(out, 'red', `${fail} failed`),
    warn > 0 && paint(out, 'yellow', plural(warn, 'warning')),
    unknown > 0 && paint(out, 'magenta', `${unknown} unknown`),
    `${plural(pass, 'check')} passed${all || pass === 0 ? '' : ' (--all shows them)'}`,
  ]
  return parts.filter((part) => part !== false).join(', ')
}
