/** Changes in short, for the files that plan one kind of resource each. */
import type { Change, Part, Step } from './change.ts'
import type { Statement } from '../iam/document.ts'
import type { Fault, PolicyStatement } from './observed.ts'

export interface At {
  readonly name: string
  readonly region: string
  readonly account: string
}

export const atBucket = ({ bucket, region, account }: { bucket: string; region: string; account: string }): At => ({
  name: bucket,
  region,
  account,
})

export function keep(at: At, part: Part, reason: string, value?: unknown): Change {
  return { ...at, kind: 'keep', part, reason, before: value, after: value }
}

export function change(
  at: At,
  part: Part,
  what: { readonly before?: unknown; readonly after: unknown; readonly reason: string; readonly step: Step },
): Change {
  return { ...at, kind: what.before === undefined ? 'create' : 'update', part, ...what }
}

export function offer(at: At, part: Part, what: Pick<Change, 'before' | 'after' | 'reason' | 'step'>): Change {
  return { ...at, kind: 'offer', part, ...what }
}

export function blocked(at: At, part: Part, what: Pick<Change, 'before' | 'after' | 'reason' | 'step'>): Change {
  return { ...at, kind: 'blocked', part, ...what }
}

/** Nothing is changed where nothing can be seen: it might overwrite what stands. */
export function unseen(at: At, part: Part, { message, hint, action }: Fault): Change {
  const need = action === undefined ? hint : `grant ${action}, or leave it: nothing is changed that can't be seen`
  return blocked(at, part, { reason: `${message}; ${need}` })
}

/** Ours, as one of anybody's. */
export function statementsOf(statements: readonly Statement[]): readonly PolicyStatement[] {
  return statements.map((one) => ({ ...one }))
}
