/**
 * Whether policy documents grant something already: an answer of no means that a statement is added, never that one goes.
 * Read narrowly: what stands under a condition that is not understood counts as not granted. Pure.
 *
 * Source: IAM user guide, "IAM JSON policy elements reference".
 */
import { isDeepStrictEqual } from 'node:util'
import type { PolicyDocument, PolicyStatement } from './observed.ts'

/** IAM's `*` and `?`. */
export function globs(pattern: string, text: string): boolean {
  const parts = pattern.split(/([*?])/).map((part) => {
    if (part === '*') return '.*'
    return part === '?' ? '.' : part.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
  })
  return new RegExp(`^${parts.join('')}$`, 's').test(text)
}

export function list(value: unknown): readonly string[] {
  return [value ?? []].flat().filter((one) => typeof one === 'string')
}

function names(said: unknown, wanted: string, fold = false): boolean {
  const low = (text: string): string => (fold ? text.toLowerCase() : text)
  return list(said).some((one) => globs(low(one), low(wanted)))
}

/** One action on one resource, by an identity policy. */
export interface Grant {
  readonly action: string
  readonly resource: string
  readonly condition?: unknown
}

/** Other actions that S3 takes in an action's place. */
const INSTEAD: Readonly<Record<string, string>> = { 's3:GetObjectVersionForReplication': 's3:GetObjectVersion' }

export function isGranted(documents: readonly PolicyDocument[], grant: Grant): boolean {
  const other = INSTEAD[grant.action]
  return documents
    .flatMap(({ Statement }) => Statement)
    .some(
      (one) =>
        one.Effect === 'Allow' &&
        (names(one['Action'], grant.action, true) || (other !== undefined && names(one['Action'], other, true))) &&
        names(one['Resource'], grant.resource) &&
        (one['Condition'] === undefined || isDeepStrictEqual(one['Condition'], grant.condition)),
    )
}

/** The statements of a document of which something is not granted yet, with what is missing alone. */
export function missingStatements(
  standing: readonly PolicyDocument[],
  wanted: readonly PolicyStatement[],
): readonly PolicyStatement[] {
  return wanted.flatMap((statement) => {
    const missing = list(statement['Action']).flatMap((action) =>
      list(statement['Resource'])
        .filter((resource) => !isGranted(standing, { action, resource, condition: statement['Condition'] }))
        .map((resource) => ({ action, resource })),
    )
    if (missing.length === 0) return []
    return [
      {
        ...statement,
        Action: one([...new Set(missing.map(({ action }) => action))]),
        Resource: one([...new Set(missing.map(({ resource }) => resource))]),
      },
    ]
  })
}

function one(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? values[0]! : values
}

/** A trust policy lets the service assume the role for buckets of the account. */
export function trusts(trust: PolicyDocument, service: string, accountId: string): boolean {
  return trust.Statement.some((one) => {
    const principal = one['Principal'] as { readonly Service?: unknown } | string | undefined
    if (one.Effect !== 'Allow' || !names(one['Action'], 'sts:AssumeRole', true)) return false
    if (typeof principal === 'string' || !list(principal?.Service).includes(service)) return false
    return accountFits(one['Condition'], accountId)
  })
}

/** A condition on anything but the account may be meant so: it is doctor's to judge. */
function accountFits(condition: unknown, accountId: string): boolean {
  const accounts = keysOf(condition).filter(({ key }) => key === 'aws:sourceaccount')
  return accounts.every(({ values }) => values.some((value) => globs(value, accountId)))
}

function keysOf(condition: unknown): readonly { readonly key: string; readonly values: readonly string[] }[] {
  if (typeof condition !== 'object' || condition === null) return []
  return Object.values(condition).flatMap((test: unknown) =>
    typeof test === 'object' && test !== null
      ? Object.entries(test).map(([key, values]) => ({ key: key.toLowerCase(), values: list(values) }))
      : [],
  )
}

/** Whether a queue's policy lets a service (`s3.amazonaws.com`, `sns.amazonaws.com`) send for `sourceArn`. */
export function maySend(
  policy: PolicyDocument,
  ask: { readonly service: string; readonly queue: string; readonly sourceArn: string; readonly accountId?: string },
): boolean {
  const values: Readonly<Record<string, string | undefined>> = {
    'aws:sourcearn': ask.sourceArn,
    'aws:sourceaccount': ask.accountId,
  }
  return policy.Statement.some((one) => {
    const principal = one['Principal'] as { readonly Service?: unknown; readonly AWS?: unknown } | string | undefined
    const anyone = principal === '*' || (typeof principal === 'object' && list(principal.AWS).includes('*'))
    const named = typeof principal === 'object' && list(principal.Service).includes(ask.service)
    if (one.Effect !== 'Allow' || !(anyone || named)) return false
    if (!names(one['Action'], 'sqs:SendMessage', true) || !names(one['Resource'], ask.queue)) return false
    return keysOf(one['Condition']).every(({ key, values: allowed }) => {
      const value = values[key]
      return value !== undefined && allowed.some((pattern) => globs(pattern, value))
    })
  })
}

/** A statement that refuses requests without TLS, whoever asks, for the whole bucket. */
export function deniesPlainHttp(policy: PolicyDocument): boolean {
  return policy.Statement.some(
    (one) =>
      one.Effect === 'Deny' &&
      keysOf(one['Condition']).some(({ key, values }) => key === 'aws:securetransport' && values.includes('false')),
  )
}

/** Anyone may do something, under no condition. */
export function isPublic(policy: PolicyDocument): boolean {
  return policy.Statement.some((one) => {
    const principal = one['Principal'] as { readonly AWS?: unknown } | string | undefined
    const anyone = principal === '*' || (typeof principal === 'object' && list(principal.AWS).includes('*'))
    return one.Effect === 'Allow' && anyone && one['Condition'] === undefined
  })
}
