/** How a copy may be made: pure questions about pair and object. */
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { Estate, Pair } from '../config/estate.ts'
import type { Verdict } from '../domain/repair/standing.ts'
import { accountOf } from './clients.ts'
import { checksumOf } from './copy-attributes.ts'
import type { CopyJob } from './copy-job.ts'
import { partCount } from './copy-parts.ts'

export type Free = Verdict & { readonly kind: 'free' }

/** Whose copy a version is, only HEAD tells: such a pair's versions would stay failed, and be copied again and again. */
export function isProvable({ match, evidence }: Pair): boolean {
  return match === 'content' || evidence === 'auto'
}

/**
 * S3 makes one piece of what it copies by one request, whose ETag and composite checksum are then others: nothing would
 * prove that copy. A checksum of the full object does, and so does an ETag of one piece.
 */
export function inParts(head: HeadObjectCommandOutput, direct: boolean, mostAtOnce: number): boolean {
  if ((head.ContentLength ?? 0) > mostAtOnce) return true
  if (partCount(head.ETag) === undefined) return false
  return !direct || checksumOf(head)?.type !== 'FULL_OBJECT'
}

export function conditionOf({ current }: Free): CopyJob['condition'] {
  return current?.etag === undefined ? { IfNoneMatch: '*' } : { IfMatch: `"${current.etag}"` }
}

/** Whether the same credentials read the source and write the destination. */
export function onePrincipal(
  estate: Estate,
  {
    source,
    destination,
  }: { readonly source: { readonly account: string }; readonly destination: { readonly account: string } },
): boolean {
  if (source.account === destination.account) return true
  return accountOf(estate, source.account).roleArn === accountOf(estate, destination.account).roleArn
}
