/** One look at AWS, and what its failure means: what we may not see is not missing. */
import { attempt, nameOf, statusOf, type During } from '../../domain/aws-errors.ts'
import { isLandfallError, type LandfallError } from '../../domain/errors.ts'
import type { Fault, PolicyDocument, PolicyStatement, Seen } from '../../domain/setup/observed.ts'

export const ABSENT = { is: 'absent' } as const

export function there<T>(value: T): Seen<T> {
  return { is: 'there', value }
}

export interface Look<T> extends During {
  /** Names of AWS's errors that say "there is none". */
  readonly none: readonly string[]
  /** Undefined: there is none. */
  readonly ask: () => Promise<T | undefined>
}

/** Never throws for what AWS says; a bug is thrown. */
export async function look<T>({ none, ask, ...during }: Look<T>): Promise<Seen<T>> {
  try {
    const value = await attempt(during, ask)
    return value === undefined ? ABSENT : there(value)
  } catch (error) {
    if (!isLandfallError(error)) throw error
    return says(error.cause, none) ? ABSENT : { is: 'unknown', fault: faultOf(error) }
  }
}

export function faultOf({ code, message, hint, details }: LandfallError): Fault {
  const action = details?.['action']
  return { code, message, hint, action: typeof action === 'string' ? action : undefined }
}

/** HEAD errors have no body, so no name but the status. */
function says(cause: unknown, none: readonly string[]): boolean {
  return none.includes(nameOf(cause)) || (none.includes('404') && statusOf(cause) === 404)
}

/** Throws SyntaxError where it is none: policies are written by others, but AWS has parsed them before us. */
export function policyOf(text: string): PolicyDocument {
  const read = JSON.parse(text) as {
    Version?: string
    Statement?: PolicyStatement | PolicyStatement[]
  }
  return { Version: read.Version, Statement: read.Statement === undefined ? [] : [read.Statement].flat() }
}

/** At most so many at one time, in the order of their asking. */
export function bounded(most: number): <T>(run: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (run) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go))
    else running += 1
    try {
      return await run()
    } finally {
      const next = waiting.shift()
      // The place goes to the next one, so the number stays.
      if (next === undefined) running -= 1
      else next()
    }
  }
}

export type Bounded = ReturnType<typeof bounded>
