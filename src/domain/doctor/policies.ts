/**
 * What policies say to one request: enough of IAM's language to tell a grant that is there from one that is not, and to
 * say so where it cannot be told (a condition on something that is not known here).
 *
 * Source: IAM user guide, "Policy evaluation logic", "IAM JSON policy elements reference".
 */
import type { PolicyDocument, PolicyStatement } from '../setup/observed.ts'

export type Answer = 'allowed' | 'refused' | 'unsure'
type Truth = boolean | undefined

export interface Ask {
  readonly action: string
  /** ARN; absent for `sts:AssumeRole`, whose policy names none. */
  readonly resource?: string | undefined
  /** Of trust and resource policies: a service's name, or an ARN of a role. */
  readonly principal?: { readonly service: string } | { readonly arn: string } | undefined
  /** Condition keys, in lower case, that are known of the request. */
  readonly context: Readonly<Record<string, string>>
}

/** Statements of all documents together, as IAM has it: a `Deny` goes before every `Allow`. */
export function answerOf(documents: readonly PolicyDocument[], ask: Ask): Answer {
  const statements = documents.flatMap(({ Statement }) => Statement)
  const denied = any(statements.filter(isDeny).map((statement) => matches(statement, ask)))
  if (denied === true) return 'refused'
  const allowed = any(statements.filter((each) => !isDeny(each)).map((statement) => matches(statement, ask)))
  if (allowed === false) return 'refused'
  return allowed === true && denied === false ? 'allowed' : 'unsure'
}

/** Whether a `Deny` alone speaks against it: of a bucket's policy, where an `Allow` elsewhere is enough. */
export function deniedBy(documents: readonly PolicyDocument[], ask: Ask): Truth {
  return any(
    documents
      .flatMap(({ Statement }) => Statement)
      .filter(isDeny)
      .map((statement) => matches(statement, ask)),
  )
}

const isDeny = ({ Effect }: PolicyStatement): boolean => Effect === 'Deny'

function matches(statement: PolicyStatement, ask: Ask): Truth {
  return all([
    principalFits(statement, ask),
    listFits(statement['Action'], statement['NotAction'], (pattern) =>
      glob(pattern.toLowerCase(), ask.action.toLowerCase()),
    ),
    ask.resource === undefined
      ? true
      : listFits(statement['Resource'], statement['NotResource'], (pattern) => globOrUnsure(pattern, ask.resource!)),
    conditionsFit(statement['Condition'], ask.context),
  ])
}

function principalFits(statement: PolicyStatement, { principal }: Ask): Truth {
  if (principal === undefined) return true
  if (statement['NotPrincipal'] !== undefined) return undefined
  const named = statement['Principal']
  if (named === '*') return true
  if (typeof named !== 'object' || named === null) return false
  const { AWS: aws, Service: service } = named as { readonly AWS?: unknown; readonly Service?: unknown }
  if ('service' in principal)
    return textsOf(service).some((name) => name === principal.service) || textsOf(aws).includes('*')
  const account = principal.arn.split(':')[4] ?? ''
  return textsOf(aws).some(
    (name) => name === '*' || name === principal.arn || name === account || name === `arn:aws:iam::${account}:root`,
  )
}

function listFits(listed: unknown, except: unknown, fits: (pattern: string) => Truth): Truth {
  if (except !== undefined) return not(any(textsOf(except).map(fits)))
  return any(textsOf(listed).map(fits))
}

function conditionsFit(block: unknown, context: Ask['context']): Truth {
  if (block === undefined) return true
  if (typeof block !== 'object' || block === null) return undefined
  return all(
    Object.entries(block).flatMap(([operator, keys]) =>
      Object.entries((keys ?? {}) as Record<string, unknown>).map(([key, values]) =>
        conditionFits(operator.toLowerCase(), context[key.toLowerCase()], textsOf(values)),
      ),
    ),
  )
}

const TESTS: Readonly<Record<string, (given: string, wanted: string) => Truth>> = {
  stringequals: (given, wanted) => (wanted.includes('${') ? undefined : given === wanted),
  stringequalsignorecase: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  stringlike: globOrUnsureOf,
  arnequals: globOrUnsureOf,
  arnlike: globOrUnsureOf,
  bool: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
}

/** What the request does not say is not known here either: an answer would be a guess. */
function conditionFits(operator: string, given: string | undefined, wanted: readonly string[]): Truth {
  const [, name = '', ifExists] = /^(.*?)(ifexists)?$/.exec(operator) ?? []
  if (given === undefined) return ifExists === undefined ? undefined : true
  const negated = /^(string|arn)not(.*)$/.exec(name)
  const test = TESTS[negated === null ? name : `${negated[1]}${negated[2]}`]
  if (test === undefined) return undefined
  const found = any(wanted.map((each) => test(given, each)))
  return negated === null ? found : not(found)
}

function globOrUnsureOf(given: string, wanted: string): Truth {
  return globOrUnsure(wanted, given)
}

/** A policy variable stands for what is not known here. */
function globOrUnsure(pattern: string, text: string): Truth {
  return pattern.includes('${') ? undefined : glob(pattern, text)
}

function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
  return list.filter((each) => ['string', 'number', 'boolean'].includes(typeof each)).map(String)
}

function any(truths: readonly Truth[]): Truth {
  if (truths.includes(true)) return true
  return truths.includes(undefined) ? undefined : false
}

function all(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false
  return truths.includes(undefined) ? undefined : true
}

function not(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth
}

/** `*` and `?`, walked and not compiled: a pattern comes from whoever writes the policy. */
export function glob(pattern: string, text: string): boolean {
  let [p, t, star, mark] = [0, 0, -1, 0]
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++
      mark = t
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p += 1
      t += 1
    } else if (star >= 0) {
      p = star + 1
      t = ++mark
    } else return false
  }
  while (pattern[p] === '*') p += 1
  return p === pattern.length
}
