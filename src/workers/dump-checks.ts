/** The list of checks of a report, as it grows. */
import type { Check } from '../domain/dump/manifest.ts'

export interface Checks {
  readonly all: Check[]
  pass(check: string, detail: string): void
  fail(check: string, detail: string): void
  /** `detail`: why it could not be looked at. */
  skip(check: string, detail: string): void
  that(check: string, holds: boolean, details: { readonly pass: string; readonly fail: string }): void
  failed(): boolean
}

export function makeChecks(): Checks {
  const all: Check[] = []
  const add =
    (result: Check['result']) =>
    (check: string, detail: string): void => {
      all.push({ check, result, detail })
    }
  const pass = add('pass')
  const fail = add('fail')
  return {
    all,
    pass,
    fail,
    skip: add('skipped'),
    that: (check, holds, details) => (holds ? pass(check, details.pass) : fail(check, details.fail)),
    failed: () => all.some(({ result }) => result === 'fail'),
  }
}
