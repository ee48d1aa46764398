/** How AWS says no (IAM user guide, "Troubleshoot access denied error messages"). */
import type { Refusal } from './evaluate/evaluate.ts'

export interface Denied {
  /** ARN of who asked; undefined: nobody signed. */
  readonly who: string | undefined
  readonly action: string
  readonly resource: string
  readonly refusal: Refusal
  /** Asked of another account: AWS then does not tell which policy it was. */
  readonly foreign: boolean
  readonly trust: boolean
}

/** `because no identity-based policy allows the s3:PutObject action` and its like. */
export function because({ refusal, action, trust }: Denied): string {
  const [policy = '', verb] = refusal.split(' ')
  const name =
    policy === 'session'
      ? 'session policy'
      : policy === 'resource' && trust
        ? 'role trust policy'
        : `${policy}-based policy`
  if (verb === 'lacks') return `because no ${name} allows the ${action} action`
  const article = name === 'role trust policy' ? 'the' : name === 'identity-based policy' ? 'an' : 'a'
  return `with an explicit deny in ${article} ${name}`
}

/** The whole sentence, without the reason where the resource is another account's. */
export function sentence(denied: Denied, quote = ''): string {
  const { who = 'anonymous', action, resource, foreign } = denied
  const on = resource === '*' ? '' : ` on resource: ${quote}${resource}${quote}`
  const reason = foreign ? '' : ` ${because(denied)}`
  return `User: ${who} is not authorized to perform: ${action}${on}${reason}`
}
