/**
 * The `Copier` port over S3: both strategies that write. They look at both sides, write under a condition on what they
 * saw, and give up rather than overwrite; after the write they look once more. Nothing is ever deleted.
 *
 * Sources: Amazon S3 API reference, CopyObject; user guide, "Add preconditions to S3 operations with conditional requests".
 */
import { logName } from '../domain/trace.ts'
import { GetObjectTaggingCommand, HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { BucketPlace, Estate, Pair } from '../config/estate.ts'
import { attempt, isAbort, statusOf } from '../domain/aws-errors.ts'
import { LandfallError } from '../domain/errors.ts'
import { RETRIGGERED, SOURCE_VERSION } from '../domain/repair/marks.ts'
import { type Entry, overtaken, standing, type Verdict } from '../domain/repair/standing.ts'
import type { ToDrive } from '../domain/repair/words.ts'
import type { Clock, Copier, CopyOutcome, Log, Pace, Side } from '../ports.ts'
import { abortable, accountOf, type Aws } from './clients.ts'
import { attributesOf, taggingOf } from './copy-attributes.ts'
import type { CopyJob, CopySide } from './copy-job.ts'
import { copyInParts, partCount } from './copy-parts.ts'
import { makeReplicaSettings } from './copy-rule.ts'
import { copying, Stopped } from './copy-stops.ts'
import { conditionOf, type Free, inParts, isProvable, onePrincipal } from './copy-ways.ts'
import { copyWhole, MOST_AT_ONCE } from './copy-whole.ts'
import { listKey } from './version-listing.ts'

export interface CopierNeeds {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3' | 's3Bulk'>
  readonly clock: Clock
  readonly log: Log
  /** The most that one request may copy: S3's own limit. Less in tests. */
  readonly mostAtOnce?: number | undefined
}

/** Versions and markers of one key that are looked through: a page. */
const KEY_LIMIT = 1000
/** A key that is overwritten while it is copied is copied again, so often. */
const TIMES = 3

const UNPROVABLE = 'the pair looks by listings alone (evidence: list), which do not tell whose copy a version is'

/** `over`: the version that came over it; `there`: stopped, since nothing was left to do. */
type Once =
  | (CopyOutcome & { readonly kind: 'copied'; readonly over?: string | undefined })
  | (CopyOutcome & { readonly kind: 'stopped'; readonly there?: boolean | undefined })

interface At {
  readonly pair: Pair
  readonly key: string
  readonly versionId: string
  readonly signal: AbortSignal | undefined
  readonly pace: Pace
}

interface Seen {
  readonly source: readonly Entry[]
  readonly destination: readonly Entry[]
}

export function makeCopier(needs: CopierNeeds): Copier {
  const { estate, aws, clock, log, mostAtOnce = MOST_AT_ONCE } = needs
  const pairs = new Map(estate.pairs.map((pair) => [pair.name, pair]))
  const settingsFor = makeReplicaSettings({ aws, clock })

  /** Without a pace: as fast as S3 takes it. */
  function atOf(
    name: string,
    { key, versionId }: ToDrive,
    signal: AbortSignal | undefined,
    pace: Pace = async () => {},
  ): At {
    const pair = pairs.get(name)
    if (pair === undefined) throw new LandfallError('INTERNAL', `no pair ${name} in the estate`)
    return { pair, key, versionId, signal, pace }
  }

  function sideOf(place: BucketPlace): CopySide {
    return { client: aws.s3Bulk(place), place, owner: accountOf(estate, place.account).id }
  }

  async function list({ pair, key, signal }: At, side: Side): Promise<readonly Entry[]> {
    const { bucket, region } = pair[side]
    return attempt({ action: 's3:ListBucketVersions', resource: bucket, region }, () =>
      listKey(aws.s3(pair[side]), { bucket, key, limit: KEY_LIMIT, signal }),
    )
  }

  async function listBoth(at: At): Promise<Seen> {
    const [source, destination] = await Promise.all([list(at, 'source'), list(at, 'destination')])
    return { source, destination }
  }

  /** Both sides as they are now. */
  async function look(at: At): Promise<Verdict> {
    const seen = { versionId: at.versionId, ...(await listBoth(at)) }
    const verdict = standing(seen)
    if (verdict.kind !== 'ask') return verdict
    const head = await headOf(at, 'destination', verdict.current.versionId)
    return standing({ ...seen, copyOf: { sourceVersion: head.Metadata?.[SOURCE_VERSION] } })
  }

  async function lookAgain(at: At, before: Free): Promise<void> {
    const verdict = await look(at)
    if (verdict.kind === 'free' && verdict.destination[0]?.versionId === before.destination[0]?.versionId) return
    const why = verdict.kind === 'stop' ? verdict.why : 'the destination was written since it was looked at'
    throw new Stopped(why, { raced: verdict.kind === 'copied' })
  }

  /** With checksums where they may be read: those of KMS objects need kms:Decrypt. */
  async function headOf({ pair, key, signal }: At, side: Side, VersionId: string): Promise<HeadObjectCommandOutput> {
    const { client, place, owner } = sideOf(pair[side])
    const at = { Bucket: place.bucket, Key: key, VersionId, ExpectedBucketOwner: owner }
    const during = { action: 's3:GetObjectVersion', resource: place.bucket, region: place.region }
    const send = async (checksums: boolean): Promise<HeadObjectCommandOutput> =>
      client.send(new HeadObjectCommand({ ...at, ...(checksums && { ChecksumMode: 'ENABLED' }) }), abortable(signal))
    try {
      return await send(true)
    } catch (error) {
      // Without its key S3 does not say a word about an object under SSE-C, nor hands it out.
      if (statusOf(error) === 400) throw new Stopped('it is encrypted with a key of its owner (SSE-C)')
      if (statusOf(error) === 404) throw new Stopped('it was deleted since it was looked at')
      if (statusOf(error) !== 403) return copying(during, () => Promise.reject(error))
      return copying(during, () => send(false))
    }
  }

  async function tagsOf(
    { pair, key, versionId, signal }: At,
    head: HeadObjectCommandOutput,
  ): Promise<string | undefined> {
    if ((head.TagCount ?? 0) === 0) return undefined
    const { client, place, owner } = sideOf(pair.source)
    const at = { Bucket: place.bucket, Key: key, VersionId: versionId, ExpectedBucketOwner: owner }
    const during = { action: 's3:GetObjectVersionTagging', resource: place.bucket, region: place.region }
    const answer = await copying(during, () => client.send(new GetObjectTaggingCommand(at), abortable(signal)))
    return taggingOf(answer.TagSet ?? [])
  }

  async function copyJob(at: At, free: Free): Promise<CopyJob> {
    const { pair, key } = at
    const head = await headOf(at, 'source', at.versionId)
    const { storageClass, encryption } = await settingsFor(pair, key, head)
    const mark = { [SOURCE_VERSION]: at.versionId }
    const direct = onePrincipal(estate, pair)
    return {
      ...at,
      from: sideOf(pair.source),
      to: sideOf(pair.destination),
      head,
      size: head.ContentLength ?? 0,
      attributes: attributesOf(head, { mark, encryption, storageClass, now: clock.now() }),
      tagging: direct && !inParts(head, true, mostAtOnce) ? undefined : await tagsOf(at, head),
      condition: conditionOf(free),
      direct,
      current: true,
      lookAgain: () => lookAgain(at, free),
    }
  }

  async function retriggerJob(at: At, free: Free): Promise<CopyJob> {
    const { pair, versionId } = at
    const head = await headOf(at, 'source', versionId)
    const encryption = {
      ServerSideEncryption: head.ServerSideEncryption,
      SSEKMSKeyId: head.SSEKMSKeyId,
      BucketKeyEnabled: head.BucketKeyEnabled,
    }
    const size = head.ContentLength ?? 0
    const side = sideOf(pair.source)
    return {
      ...at,
      from: side,
      to: side,
      head,
      size,
      attributes: attributesOf(head, { mark: { [RETRIGGERED]: versionId }, encryption, now: clock.now() }),
      tagging: size > mostAtOnce ? await tagsOf(at, head) : undefined,
      condition: { IfMatch: head.ETag ?? `"${free.original.etag}"` },
      direct: true,
      current: false,
      lookAgain: () => lookAgain(at, free),
    }
  }

  /** `parts`: whether it must, or had better, be copied as it was uploaded. */
  async function write(job: CopyJob, parts: boolean): Promise<string> {
    const count = partCount(job.head.ETag) ?? 1
    return (await (parts ? copyInParts(job, count) : copyWhole(job))).versionId
  }

  /** What a race left behind: a copy of our own, whose answer was lost, is current; or somebody else's write. */
  async function afterRace(at: At, error: unknown): Promise<Once> {
    if (!(error instanceof Stopped)) throw error
    const verdict = error.raced ? await look(at) : undefined
    if (verdict?.kind === 'copied') return { kind: 'copied', replicaId: verdict.replicaId, bytes: 0 }
    return { kind: 'stopped', why: error.message, there: verdict?.kind === 'there' }
  }

  async function copyOnce(at: At): Promise<Once> {
    const verdict = await look(at)
    if (verdict.kind === 'copied') return { kind: 'copied', replicaId: verdict.replicaId, bytes: 0 }
    if (verdict.kind !== 'free') return { kind: 'stopped', why: whyNot(verdict), there: verdict.kind === 'there' }
    const job = await copyJob(at, verdict)
    const replicaId = await write(job, inParts(job.head, job.direct, mostAtOnce))
    const after = await listBoth(at)
    const written = { versionId: at.versionId, before: verdict.destination }
    const came = overtaken(written, after.source, after.destination)
    return {
      kind: 'copied',
      replicaId,
      bytes: job.size,
      ...(came !== undefined && { overtaken: came.why, over: came.over?.versionId }),
    }
  }

  async function guarded(at: At, run: () => Promise<Once>): Promise<Once> {
    try {
      return await run()
    } catch (error) {
      if (isAbort(error)) throw error
      return afterRace(at, error)
    }
  }

  return {
    async copy(name, version, signal, pace) {
      const at = atOf(name, version, signal, pace)
      if (!isProvable(at.pair)) return { kind: 'stopped', why: UNPROVABLE }
      if (version.kind === 'marker') return { kind: 'stopped', why: 'delete markers are never made by a copy' }
      const first = await guarded(at, () => copyOnce(at))
      if (first.kind === 'stopped') return { kind: 'stopped', why: first.why }
      // What overtook it must be current at the destination, and its own replica may come to lie under our copy.
      let { bytes } = first
      let last: Once = first
      for (let times = 1; times < TIMES && last.kind === 'copied' && last.over !== undefined; times++) {
        const newer = { ...at, versionId: last.over }
        last = await guarded(newer, () => copyOnce(newer))
        if (last.kind === 'copied') bytes += last.bytes
      }
      const left = leftOver(first, last)
      if (left === undefined) return { kind: 'copied', replicaId: first.replicaId, bytes }
      log.debug({ pair: name, ...logName(version), why: left }, 'a copy was overtaken')
      return { kind: 'copied', replicaId: first.replicaId, bytes, overtaken: left }
    },

    async retrigger(name, version, signal, pace) {
      const at = atOf(name, version, signal, pace)
      if (!isProvable(at.pair)) return { kind: 'stopped', why: UNPROVABLE }
      if (version.kind === 'marker') return { kind: 'stopped', why: 'a delete marker has nothing that could be copied' }
      return guarded(at, async () => {
        const verdict = await look(at)
        if (verdict.kind !== 'free') return { kind: 'stopped', why: whyNot(verdict) }
        const job = await retriggerJob(at, verdict)
        const replicaId = await write(job, job.size > mostAtOnce)
        // The condition is an ETag: another version of the same bytes passes, and what belonged to it is covered now.
        const source = (await list(at, 'source')).filter(({ kind }) => kind === 'object')
        const under = source[source.findIndex((entry) => entry.versionId === replicaId) + 1]
        const done = { kind: 'copied', replicaId, bytes: job.size } as const
        if (under === undefined || under.versionId === at.versionId) return done
        const why = 'the same bytes were written at the source meanwhile'
        log.debug({ pair: name, ...logName(version), why }, 'a copy in place was overtaken')
        return { ...done, overtaken: why }
      })
    },
  }
}

function whyNot(verdict: Exclude<Verdict, { readonly kind: 'free' }>): string {
  switch (verdict.kind) {
    case 'stop':
      return verdict.why
    case 'there':
      return 'it is at the destination, under its own version id'
    case 'copied':
      return 'a copy of it is current at the destination'
    case 'ask':
      return 'it is not known whose the current version at the destination is'
  }
}

/** What is still wrong at the key after the copy and those made after it; undefined where the newest version is current. */
function leftOver(first: Once & { readonly kind: 'copied' }, last: Once): string | undefined {
  if (last.kind === 'copied') return last.overtaken
  return last.there === true ? undefined : `${first.overtaken}; and then: ${last.why}`
}
