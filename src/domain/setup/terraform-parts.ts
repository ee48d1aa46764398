/** What the resources of terraform.ts are made of. Pure. */
import type { Step } from './change.ts'
import { type HclBlock, type HclValue, raw } from './hcl.ts'
import { aliasOf, labelOf } from './terraform-names.ts'

export type StepOf<Name extends Step['do']> = Extract<Step, { readonly do: Name }>

/** Which names are made in the same place, and so referred to; all else is named by its text. */
export interface Known {
  readonly buckets: ReadonlySet<string>
  /** ARNs. */
  readonly queues: ReadonlySet<string>
  readonly roles: ReadonlySet<string>
}

export function of(
  type: string,
  name: string,
  region: string | undefined,
  block: Omit<HclBlock, 'type' | 'labels'>,
): HclBlock {
  const provider = region === undefined ? {} : { provider: raw(`aws.${aliasOf(region)}`) }
  return { ...block, type: 'resource', labels: [type, labelOf(name)], attributes: { ...provider, ...block.attributes } }
}

type AtBucket = Extract<Step, { readonly at: { readonly bucket: string } }>

export function ofBucket(
  type: string,
  { at }: AtBucket,
  known: Known,
  blocks: readonly HclBlock[],
  attributes: Readonly<Record<string, HclValue | undefined>> = {},
): HclBlock {
  return of(type, at.bucket, at.region, { attributes: { bucket: bucketId(at.bucket, known), ...attributes }, blocks })
}

function bucketId(bucket: string, { buckets }: Known): HclValue {
  return buckets.has(bucket) ? raw(`aws_s3_bucket.${labelOf(bucket)}.id`) : bucket
}

export function bucketArn(bucket: string, { buckets }: Known): HclValue {
  return buckets.has(bucket) ? raw(`aws_s3_bucket.${labelOf(bucket)}.arn`) : `arn:aws:s3:::${bucket}`
}

export function queueArn({ arn, name }: { readonly arn: string; readonly name: string }, { queues }: Known): HclValue {
  return queues.has(arn) ? raw(`aws_sqs_queue.${labelOf(name)}.arn`) : arn
}

export const roleName = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)
