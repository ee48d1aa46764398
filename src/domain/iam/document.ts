/** Policy documents as JSON has them (IAM user guide, "IAM JSON policy elements reference"). Pure. */

export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>

export interface Principal {
  readonly AWS?: string | readonly string[]
  readonly Service?: string
}

export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  /** Of trust and resource policies; identity policies have none. */
  readonly Principal?: Principal | '*'
  readonly Action: string | readonly string[]
  /** Trust policies have none. */
  readonly Resource?: string | readonly string[]
  readonly Condition?: Condition
}

export interface PolicyDocument {
  readonly Version: '2012-10-17'
  readonly Statement: readonly Statement[]
}

export function documentOf(statements: readonly Statement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}

/** IAM counts no white space (IAM user guide, "IAM and AWS STS quotas"). */
export const sizeOf = (document: PolicyDocument): number => JSON.stringify(document).length

export const bucketArn = (bucket: string): string => `arn:aws:s3:::${bucket}`
export const objectsArn = (bucket: string, prefix = ''): string => `arn:aws:s3:::${bucket}/${literal(prefix)}*`
export const roleArn = (accountId: string, role: string): string => `arn:aws:iam::${accountId}:role/${role}`

/** Prefixes may hold what IAM reads as a pattern or a variable (IAM user guide, "IAM policy elements: Variables and tags"). */
const literal = (text: string): string => text.replace(/[*?$]/g, '$${$&}')

/** A list of one is written as its one value, the others sorted and each once: the same grants are the same document. */
export function listed(values: Iterable<string>): string | readonly string[] {
  const all = [...new Set(values)].toSorted()
  return all.length === 1 ? all[0]! : all
}
