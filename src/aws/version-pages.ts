/**
 * The `VersionLister` port: pages of `ListObjectVersions`, and a bucket's lifecycle.
 *
 * Sources: Amazon S3 API reference, ListObjectVersions and GetBucketLifecycleConfiguration.
 */
import { GetBucketLifecycleConfigurationCommand, type LifecycleRule as SdkRule } from '@aws-sdk/client-s3'
import type { BucketPlace, Estate } from '../config/estate.ts'
import type { Lifecycle, LifecycleRule } from '../domain/audit/lifecycle.ts'
import { awsError, nameOf } from '../domain/aws-errors.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Clock, Side, VersionLister } from '../ports.ts'
import type { Aws } from './clients.ts'
import { failed, makeSendLean } from './lean.ts'
import { readVersionPage } from './version-xml.ts'

const DAY = 86_400_000
const LIFECYCLE_GRANT = 's3:GetLifecycleConfiguration'

export function makeVersionLister(needs: {
  readonly estate: Pick<Estate, 'pairs'>
  readonly aws: Pick<Aws, 's3' | 'count'>
  readonly clock: Clock
}): VersionLister {
  const { aws, clock } = needs
  const pairs = new Map(needs.estate.pairs.map((pair) => [pair.name, pair]))
  const send = makeSendLean({ clock, count: () => aws.count('s3', 'ListObjectVersions') })

  function placeOf(at: { readonly pair: string; readonly side: Side }): BucketPlace {
    const pair = pairs.get(at.pair)
    if (pair === undefined) throw new LandfallError('INTERNAL', `no pair ${at.pair} in the estate`)
    return pair[at.side]
  }

  return {
    async page(at) {
      const place = placeOf(at)
      const { after, upTo, max, signal } = at
      const query = {
        versions: '',
        // XML 1.0 has no way to write control characters, which keys may hold.
        'encoding-type': 'url',
        ...(max === undefined ? {} : { 'max-keys': String(max) }),
        ...(after === undefined ? {} : { 'key-marker': after.key }),
        ...(after?.versionId === undefined ? {} : { 'version-id-marker': after.versionId }),
      }
      try {
        const answer = await send(aws.s3(place), { method: 'GET', bucket: place.bucket, query, signal })
        const chunks: Buffer[] = []
        for await (const chunk of answer.body) chunks.push(chunk as Buffer)
        const bytes = joined(chunks)
        if (answer.statusCode !== 200) throw failed(answer, said(bytes.toString('utf8')))
        return readVersionPage(bytes, upTo)
      } catch (error) {
        throw awsError(error, { action: 's3:ListBucketVersions', resource: place.bucket, region: place.region })
      }
    },

    async lifecycle(at): Promise<Lifecycle> {
      const place = placeOf(at)
      try {
        const answer = await aws.s3(place).send(new GetBucketLifecycleConfigurationCommand({ Bucket: place.bucket }))
        const rules = (answer.Rules ?? []).filter(({ Status: status }) => status === 'Enabled')
        return { kind: 'known', rules: rules.map(ruleOf) }
      } catch (error) {
        if (nameOf(error) === 'NoSuchLifecycleConfiguration') return { kind: 'known', rules: [] }
        const fault = awsError(error, { action: LIFECYCLE_GRANT, resource: place.bucket, region: place.region })
        // A denied AssumeRole comes as a LandfallError already: that is about the credentials, not about this grant.
        if (isLandfallError(fault) && fault.code === 'ACCESS_DENIED' && !isLandfallError(error)) {
          return { kind: 'unknown', grant: LIFECYCLE_GRANT }
        }
        throw fault
      }
    },
  }
}

/** One place for all pages: each is read to its end before the next one is put there. */
let scratch = Buffer.alloc(0)

function joined(chunks: readonly Buffer[]): Buffer {
  if (chunks.length === 1) return chunks[0]!
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  if (scratch.length < length) scratch = Buffer.allocUnsafeSlow(Math.max(length, 2 * scratch.length))
  let at = 0
  for (const chunk of chunks) at += chunk.copy(scratch, at)
  return scratch.subarray(0, length)
}

/** S3's errors have a body here, unlike those of HEAD. */
function said(xml: string): { readonly name?: string; readonly message?: string } {
  const name = /<Code>([^<]*)<\/Code>/.exec(xml)?.[1]
  const message = /<Message>([^<]*)<\/Message>/.exec(xml)?.[1]
  return { ...(name === undefined ? {} : { name }), ...(message === undefined ? {} : { message }) }
}

function ruleOf(rule: SdkRule): LifecycleRule {
  const { Filter: filter, Expiration: mark, NoncurrentVersionExpiration: gone } = rule
  const both = filter?.And
  const days = (count: number | undefined): number | undefined => (count === undefined ? undefined : count * DAY)
  return {
    id: rule.ID ?? '(without id)',
    prefix: both?.Prefix ?? filter?.Prefix ?? (rule as { readonly Prefix?: string }).Prefix ?? '',
    tagged: filter?.Tag !== undefined || (both?.Tags ?? []).length > 0,
    largerThan: both?.ObjectSizeGreaterThan ?? filter?.ObjectSizeGreaterThan,
    smallerThan: both?.ObjectSizeLessThan ?? filter?.ObjectSizeLessThan,
    markAfterMs: days(mark?.Days),
    markAt: mark?.Date?.getTime(),
    dropsLoneMarkers: mark?.ExpiredObjectDeleteMarker === true,
    deleteAfterMs: days(gone?.NoncurrentDays),
    keepNewer: gone?.NewerNoncurrentVersions,
  }
}
