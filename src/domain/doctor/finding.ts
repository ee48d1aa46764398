/** What one check found, and how it is said. */
import { commandLine } from '../shell-word.ts'
import type { Fault, Seen } from '../setup/observed.ts'
import type { CheckId } from './checks.ts'

/** `unknown`: it could not be looked at, which is neither well nor wrong. From the best to the worst. */
export const LEVELS = ['pass', 'unknown', 'warn', 'fail'] as const
export type Level = (typeof LEVELS)[number]

export interface Subject {
  readonly kind: 'estate' | 'account' | 'pair' | 'bucket' | 'queue' | 'role' | 'topic' | 'dump' | 'redis' | 'service'
  /** As the configuration has it; of queues, roles and topics the ARN. */
  readonly name: string
  /** Names of the pairs that it matters to; none: all of them. */
  readonly pairs: readonly string[]
}

/** What comes next: a command line that can be pasted, or a sentence where no command does it alone. */
export interface Mend {
  readonly command?: string | undefined
  readonly say?: string | undefined
}

export interface Finding {
  readonly id: CheckId
  readonly level: Level
  readonly subject: Subject
  /** What was seen, in a sentence. Words from outside are in it: print it inert. */
  readonly seen: string
  readonly mend?: Mend | undefined
  /** It passed, and is worth a look all the same: something that Landfall cannot do here. */
  readonly note?: true | undefined
}

export const pass = (id: CheckId, subject: Subject, seen: string): Finding => ({ id, level: 'pass', subject, seen })

export const note = (id: CheckId, subject: Subject, seen: string, mend?: Mend): Finding => ({
  ...made(id, 'pass', subject, seen, mend),
  note: true,
})

export const warn = (id: CheckId, subject: Subject, seen: string, mend?: Mend): Finding =>
  made(id, 'warn', subject, seen, mend)

export const fail = (id: CheckId, subject: Subject, seen: string, mend?: Mend): Finding =>
  made(id, 'fail', subject, seen, mend)

/** A look that was refused, or that did not come to an answer. */
export const unknown = (id: CheckId, subject: Subject, fault: Fault): Finding =>
  made(id, 'unknown', subject, fault.message, {
    say:
      fault.code === 'ACCESS_DENIED' && fault.action !== undefined
        ? `Grant ${fault.action} to the role that doctor runs under: landfall iam policies prints its policy. ${fault.hint}`
        : fault.hint,
  })

export const unsure = (id: CheckId, subject: Subject, seen: string, mend?: Mend): Finding =>
  made(id, 'unknown', subject, seen, mend)

function made(id: CheckId, level: Level, subject: Subject, seen: string, mend: Mend | undefined): Finding {
  return { id, level, subject, seen, ...(mend === undefined ? {} : { mend }) }
}

/** Judges what was seen; what could not be seen is one `unknown` under `id`. Absent is `undefined`. */
export function judge<T>(
  seen: Seen<T>,
  id: CheckId,
  subject: Subject,
  of: (value: T | undefined) => readonly Finding[],
): readonly Finding[] {
  if (seen.is === 'unknown') return [unknown(id, subject, seen.fault)]
  return of(seen.is === 'there' ? seen.value : undefined)
}

/** `landfall init apply`, of one pair where one is meant. */
export function initApply({ pairs }: Subject, ...options: readonly string[]): Mend {
  const [pair] = pairs
  return {
    command: commandLine('landfall', 'init', 'apply', ...(pair === undefined ? [] : ['--pair', pair]), ...options),
  }
}

export const run = (...words: readonly string[]): Mend => ({ command: commandLine(...words) })
/** `aws <service> <action> --name value ...` */
export const aws = (service: string, action: string, options: Readonly<Record<string, string>>): Mend =>
  run('aws', service, action, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]))
export const say = (text: string): Mend => ({ say: text })

/** The worst of all; `pass` where there is none. */
export function worstOf(findings: readonly Pick<Finding, 'level'>[]): Level {
  return LEVELS[Math.max(0, ...findings.map(({ level }) => LEVELS.indexOf(level)))]!
}

export type Counts = Readonly<Record<Level, number>>

export function countsOf(findings: readonly Pick<Finding, 'level'>[]): Counts {
  const of = (level: Level): number => findings.filter((finding) => finding.level === level).length
  return { pass: of('pass'), unknown: of('unknown'), warn: of('warn'), fail: of('fail') }
}

/** At most so many of a list, and how many more there are. */
export function some(values: readonly string[], most = 4): string {
  const shown = values.slice(0, most).join(', ')
  return values.length <= most ? shown : `${shown} and ${values.length - most} more`
}
