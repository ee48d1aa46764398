/** Plans of alarms and dashboards as text and as JSON. */
import type { Difference, Found, Plan, Wanted } from '../domain/as-code.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Io } from './command.ts'
import { paint, printLine } from './output.ts'

const MOST_DIFFERENCES = 12
const MOST_VALUE = 160

/** What a plan comes to, for `--json`: the values on both sides, and nothing of the wire. */
export function planReport(plan: Plan<Wanted>, what: { readonly applied: boolean }): object {
  const named = (all: readonly { readonly name: string }[]): string[] => all.map(({ name }) => name)
  return {
    ...what,
    create: named(plan.create),
    change: plan.change.map(({ wanted, differences, tags }) => ({
      name: wanted.name,
      differences: differences.map(({ path, before, after }) => ({
        path,
        before: before ?? null,
        after: after ?? null,
      })),
      tags: Object.fromEntries(tags),
    })),
    remove: named(plan.remove),
    unchanged: plan.same.length,
    foreign: named(plan.foreign),
    taken: named(plan.taken),
  }
}

export function isEmpty({ create, change, remove }: Plan<Wanted>): boolean {
  return create.length + change.length + remove.length === 0
}

/** `describe` says of a new one what it is. */
export function printPlan<W extends Wanted>(
  plan: Plan<W>,
  noun: string,
  describe: (wanted: W) => string,
  io: Io,
): void {
  const { stdout } = io
  for (const wanted of plan.create)
    printLine(stdout, `${paint(stdout, 'green', '+')} ${wanted.name}  ${paint(stdout, 'dim', describe(wanted))}`)
  for (const { wanted, differences, tags } of plan.change) {
    printLine(stdout, `${paint(stdout, 'yellow', '~')} ${wanted.name}`)
    for (const difference of differences.slice(0, MOST_DIFFERENCES)) printLine(stdout, `    ${line(difference)}`)
    if (differences.length > MOST_DIFFERENCES)
      printLine(stdout, `    and ${differences.length - MOST_DIFFERENCES} more differences`)
    for (const [key, value] of tags) printLine(stdout, `    tag ${key}: ${shown(value)}`)
  }
  for (const { name } of plan.remove) printLine(stdout, `${paint(stdout, 'red', '-')} ${safe(name)}`)
  for (const { name } of plan.foreign)
    printLine(io.stderr, `${paint(io.stderr, 'yellow', 'left alone:')} ${safe(name)} (our prefix, not our tag)`)
  const { create, change, remove, same } = plan
  printLine(
    stdout,
    `${create.length + change.length + same.length} ${noun}: ${create.length} to create, ${change.length} to change, ${remove.length} to remove, ${same.length} unchanged`,
  )
}

/** Throws NAME_TAKEN where a name that is wanted is somebody else's. */
export function refuseTaken(taken: readonly Found[], noun: string): void {
  if (taken.length === 0) return
  const names = taken.map(({ name }) => name)
  throw new LandfallError(
    'NAME_TAKEN',
    `${names.length} ${noun} are there already, and not ours: ${names.join(', ')}`,
    {
      details: { names },
    },
  )
}

function line({ path, before, after }: Difference): string {
  if (typeof before !== 'string' || typeof after !== 'string')
    return `${safe(path)}: ${shown(before)} -> ${shown(after)}`
  const from = sameStart(before, after)
  return `${safe(path)}: ${shown(before.slice(from))} -> ${shown(after.slice(from))}${from > 0 ? ` (from character ${from + 1} on)` : ''}`
}

/** Texts that differ late, as an alarm's do, are shown from a little before that. */
function sameStart(a: string, b: string): number {
  let same = 0
  while (same < a.length && a[same] === b[same]) same += 1
  return same < 60 ? 0 : a.lastIndexOf(' ', same - 20) + 1
}

function shown(value: unknown): string {
  if (value === undefined) return '(none)'
  const text = safe(JSON.stringify(value))
  return text.length <= MOST_VALUE ? text : `${text.slice(0, MOST_VALUE)}...`
}

/** What others wrote may hold anything; a terminal must not obey it. */
export function safe(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (sign) => `\\u${sign.codePointAt(0)!.toString(16).padStart(4, '0')}`)
}
