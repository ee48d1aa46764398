/**
 * What ends the start of `landfall run`: credentials that are refused, a queue or bucket of a pair that is missing or may not
 * be listed. It asks what the service itself will ask, and nothing more; how all of it should be set up is for `doctor`
 * (workers/doctor.ts), which holds up no start.
 */
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { BucketPlace, Estate } from '../config/estate.ts'
import { isLandfallError, LandfallError, type ErrorCode } from '../domain/errors.ts'
import { probe } from './bucket-access.ts'
import type { Aws } from './clients.ts'
import { attempt } from '../domain/aws-errors.ts'
import type { Queues } from './sqs.ts'

export interface CheckNeeds {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3' | 'sts'>
  readonly queues: Pick<Queues, 'resolve'>
}

/** Which fault names the whole, and so the exit code: what explains others comes first, what mends itself last. */
const GRAVITY: readonly ErrorCode[] = [
  'INTERNAL',
  'AWS_REFUSED',
  'ACCESS_DENIED',
  'BUCKET_REGION',
  'BUCKET_MISSING',
  'QUEUE_MISSING',
  'AWS_ERROR',
  'AWS_THROTTLED',
  'AWS_UNREACHABLE',
]

/**
 * Throws one `LandfallError` for all faults found; `details.faults` has them one by one. Retryable only where every
 * fault is: a region that is down is worth waiting for, or working without; a missing queue is not.
 */
export async function checkAws(needs: CheckNeeds): Promise<void> {
  const faults = await findFaults(needs)
  if (faults.length > 0) throw combined(faults)
}

/** All that is wrong, in the estate's order, each thing once. Throws only what is a bug. */
export async function findFaults(needs: CheckNeeds): Promise<readonly LandfallError[]> {
  const { estate, aws, queues } = needs
  const accounts = usedAccounts(estate)
  const identities = await Promise.all(accounts.map((name) => faultOf(() => identify(aws, estate, name))))
  const broken = new Set(accounts.filter((_, i) => identities[i] !== undefined))
  // With broken credentials everything of the account would fail for the same reason: one line, not twenty.
  const rest = await Promise.all([
    ...estate.queues.filter((queue) => !broken.has(queue.account)).map((queue) => faultOf(() => queues.resolve(queue))),
    ...buckets(estate)
      .filter((place) => !broken.has(place.account))
      .map((place) => faultOf(() => reach(aws, place))),
  ])
  return unique([...identities, ...rest].filter((fault) => fault !== undefined))
}

/** One error for several; a single one is handed back as it is. */
export function combined(faults: readonly LandfallError[]): LandfallError {
  const sorted = faults.toSorted((a, b) => gravity(a) - gravity(b))
  const [worst] = sorted
  if (worst === undefined) return new LandfallError('INTERNAL', 'no fault to report')
  if (faults.length === 1) return worst
  const lines = sorted.map((fault) => `  - ${fault.message}. ${fault.hint}`)
  return new LandfallError(
    worst.code,
    `${faults.length} things in AWS are not as the configuration says:\n${lines.join('\n')}`,
    {
      cause: worst,
      hint: 'Mend them all, then start again.',
      details: { faults: sorted.map(({ code, message, details }) => ({ code, message, ...details })) },
    },
  )
}

/** Whatever its code, what a person must mend goes before what mends itself: it decides whether waiting helps. */
function gravity({ code, disposition }: LandfallError): number {
  const rank = GRAVITY.indexOf(code)
  return (disposition === 'retryable' ? 2 * GRAVITY.length : 0) + (rank === -1 ? GRAVITY.length : rank)
}

type Need = BucketPlace & { readonly right: 'list' | 'listVersions' | 'any' }

async function reach(aws: Pick<Aws, 's3'>, place: Need): Promise<void> {
  if (place.right === 'listVersions') {
    await attempt({ action: 's3:ListBucketVersions', resource: place.bucket, region: place.region }, () =>
      aws.s3(place).send(new ListObjectVersionsCommand({ Bucket: place.bucket, MaxKeys: 1 })),
    )
    return
  }
  if ((await probe(aws, place)) === 'hidden' && place.right === 'list') {
    throw new LandfallError('ACCESS_DENIED', `s3:ListBucket is denied on ${place.bucket} (${place.region})`, {
      hint: 'Without it S3 answers 403 for a missing version, which then can never be told from a denied one.',
      details: { action: 's3:ListBucket', resource: place.bucket, region: place.region },
    })
  }
}

async function identify(aws: Pick<Aws, 'sts'>, estate: Estate, account: string): Promise<void> {
  const { region } = estate.service
  await attempt({ action: 'sts:GetCallerIdentity', resource: `account ${account}`, region }, () =>
    aws.sts({ account, region }).send(new GetCallerIdentityCommand({})),
  )
}

async function faultOf(look: () => Promise<unknown>): Promise<LandfallError | undefined> {
  try {
    await look()
    return undefined
  } catch (error) {
    if (isLandfallError(error)) return error
    throw error
  }
}

function usedAccounts(estate: Estate): readonly string[] {
  return [...new Set([...estate.queues, ...buckets(estate)].map((at) => at.account))]
}

/** Every bucket once, with the right that its pair's evidence needs. */
function buckets(estate: Estate): readonly Need[] {
  const needs = new Map<string, Need>()
  for (const pair of estate.pairs) {
    const right = pair.evidence === 'list' ? 'listVersions' : 'list'
    for (const place of [pair.source, pair.destination]) needs.set(`${place.bucket} ${right}`, { ...place, right })
  }
  const { snapshot } = estate.service
  if (snapshot !== undefined) needs.set(snapshot.bucket, { ...snapshot, right: 'any' })
  return [...needs.values()]
}

function unique(faults: readonly LandfallError[]): readonly LandfallError[] {
  return [...new Map(faults.map((fault) => [`${fault.code} ${fault.message}`, fault])).values()]
}
