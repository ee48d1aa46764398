/** Documents within IAM's limits (IAM user guide, "IAM and AWS STS quotas"). Pure. */
import { documentOf, listed, type PolicyDocument, sizeOf, type Statement } from './document.ts'

/** Characters without white space: all inline policies of a role together; one managed policy; a trust policy; a bucket policy. */
export const LIMITS = { inline: 10_240, managed: 6_144, trust: 2_048, bucket: 20_480 } as const
/** Managed policies of one role, unless AWS was asked for more. */
export const MOST_MANAGED = 10

export interface Fitted {
  /** Inline: one policy of the role itself. Else managed policies, all to be attached. */
  readonly inline: boolean
  readonly documents: readonly PolicyDocument[]
}

/** One inline policy where the statements fit into one, else as many managed ones as they need. */
export function fit(
  statements: readonly Statement[],
  limits: { readonly inline: number; readonly managed: number } = LIMITS,
): Fitted {
  const whole = documentOf(statements)
  if (sizeOf(whole) <= limits.inline) return { inline: true, documents: [whole] }
  const documents: PolicyDocument[] = []
  let open: Statement[] = []
  for (const statement of statements.flatMap((each) => halved(each, limits.managed))) {
    if (open.length > 0 && sizeOf(documentOf([...open, statement])) > limits.managed) {
      documents.push(documentOf(open))
      open = []
    }
    open.push(statement)
  }
  return { inline: false, documents: [...documents, documentOf(open)] }
}

/** A statement about too many resources becomes several about fewer. */
function halved(statement: Statement, most: number): readonly Statement[] {
  const { Resource: resources, Sid: sid, ...rest } = statement
  if (typeof resources !== 'object' || sizeOf(documentOf([statement])) <= most) return [statement]
  const middle = Math.ceil(resources.length / 2)
  return [resources.slice(0, middle), resources.slice(middle)].flatMap((some, i) =>
    halved({ ...(sid === undefined ? {} : { Sid: `${sid}${'AB'[i]}` }), ...rest, Resource: listed(some) }, most),
  )
}
