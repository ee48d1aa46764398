import { LandfallError } from '../errors.ts'
import { inert } from '../inert.ts'

/** ms; UTC where it names no zone. Throws USAGE. */
export function parseTime(text: string): number {
  const at = Date.parse(/[zZ]$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`)
  if (Number.isNaN(at)) throw new LandfallError('USAGE', `--at ${inert(text)} is no time such as 2026-11-24T02:00Z`)
  return at
}
