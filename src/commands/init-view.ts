/** The plan of a set-up as text and as JSON. */
import { differencesOf } from '../domain/as-code.ts'
import { type Change, isPending } from '../domain/setup/change.ts'
import { terraformOf } from '../domain/setup/terraform-files.ts'
import { safe } from './as-code-view.ts'
import type { Io } from './command.ts'
import { paint, printLine } from './output.ts'

const MARKS = { create: '+', update: '~', keep: '=', offer: '?', blocked: '!' } as const
const COLOURS = { create: 'green', update: 'yellow', keep: 'dim', offer: 'cyan', blocked: 'red' } as const
const MOST_DIFFERENCES = 12
const MOST_VALUE = 160

export function printChanges(changes: readonly Change[], io: Io): void {
  const { stdout } = io
  for (const change of changes) {
    if (change.kind === 'keep') continue
    const { kind, part, name, region, reason } = change
    const mark = paint(stdout, COLOURS[kind], MARKS[kind])
    printLine(stdout, `${mark} ${part}  ${safe(name)}${region === 'global' ? '' : ` (${safe(region)})`}`)
    printLine(stdout, `    ${paint(stdout, 'dim', safe(reason))}`)
    printDifferences(change, io)
    if (kind === 'blocked') printTerraform(change, io)
  }
  printLine(stdout, summaryOf(changes))
}

export function countsOf(changes: readonly Change[]): Readonly<Record<Change['kind'], number>> {
  const counts = { create: 0, update: 0, keep: 0, offer: 0, blocked: 0 }
  for (const { kind } of changes) counts[kind] += 1
  return counts
}

function summaryOf(changes: readonly Change[]): string {
  const { create, update, keep, offer, blocked } = countsOf(changes)
  return `${changes.length} parts: ${create} to create, ${update} to update, ${keep} as they should be, ${offer} offered, ${blocked} blocked`
}

export function reportOf(changes: readonly Change[], what: { readonly applied: boolean }): object {
  return {
    ...what,
    counts: countsOf(changes),
    changes: changes.map(({ step, before, after, ...change }) => ({
      ...change,
      before: before ?? null,
      after: after ?? null,
      ...(change.kind === 'blocked' && { terraform: terraformOf({ ...change, step }) ?? null }),
    })),
  }
}

/** Nothing would change, and nothing is in the way. */
export function isSettled(changes: readonly Change[]): boolean {
  return !changes.some((change) => isPending(change) || change.kind === 'blocked')
}

function printDifferences({ kind, before, after }: Change, { stdout }: Io): void {
  if (kind === 'create' || after === undefined) return
  const all = differencesOf(before, after)
  for (const { path, before: from, after: to } of all.slice(0, MOST_DIFFERENCES)) {
    printLine(stdout, `    ${path === '' ? '' : `${safe(path)}: `}${shown(from)} -> ${shown(to)}`)
  }
  if (all.length > MOST_DIFFERENCES) printLine(stdout, `    and ${all.length - MOST_DIFFERENCES} more differences`)
}

/** For whoever owns the resource. */
function printTerraform(change: Change, { stdout }: Io): void {
  const text = change.reason.includes('Terraform owns it') ? terraformOf(change) : undefined
  for (const line of text?.trimEnd().split('\n') ?? []) printLine(stdout, paint(stdout, 'dim', `    | ${safe(line)}`))
}

function shown(value: unknown): string {
  if (value === undefined) return '(none)'
  const text = safe(JSON.stringify(value))
  return text.length <= MOST_VALUE ? text : `${text.slice(0, MOST_VALUE)}...`
}
