import type { Call, Reply } from '../types.ts'
import { createBucket } from './actions/create-bucket.ts'
import { deleteBucket } from './actions/delete-bucket.ts'
import { deleteObject } from './actions/delete-object.ts'
import { deleteObjects } from './actions/delete-objects.ts'
import { getBucketLocation } from './actions/get-bucket-location.ts'
import { getBucketVersioning } from './actions/get-bucket-versioning.ts'
import { getObject } from './actions/get-object.ts'
import { headBucket } from './actions/head-bucket.ts'
import { listBuckets } from './actions/list-buckets.ts'
import { listObjectVersions } from './actions/list-object-versions.ts'
import { listObjectsV2 } from './actions/list-objects-v2.ts'
import { listObjects } from './actions/list-objects.ts'
import { putBucketVersioning } from './actions/put-bucket-versioning.ts'
import { putObject } from './actions/put-object.ts'
import type { Address } from './address.ts'
import { S3Error } from './errors.ts'
import type { BucketRequest, S3Request } from './request.ts'

type Run<Request> = (request: Request) => Reply | Promise<Reply>

interface RouteOf<On, Request> {
  readonly name: string
  readonly method: string
  readonly on: On
  /** Query parameters that must be there; `@name` is a header. */
  readonly when: readonly string[]
  /** The IAM action it takes, and the one it takes for a request with a version id. */
  readonly grant: string
  readonly versionGrant: string
  readonly run: Run<Request>
}

/** `account`: no bucket; `name`: a bucket that need not be there. */
export type Route = RouteOf<'account' | 'name', S3Request> | RouteOf<'bucket' | 'object', BucketRequest>

/**
 * Every API action: what makes a request one, what it is called, the IAM action it takes, and what does it.
 * The first row that fits counts, so rows with conditions come before those without.
 */
const ROUTES: readonly Route[] = [
  over('GET account', 'ListBuckets', 's3:ListAllMyBuckets', listBuckets),
  over('PUT name', 'CreateBucket', 's3:CreateBucket', createBucket),

  to('GET bucket ?location', 'GetBucketLocation', 's3:GetBucketLocation', getBucketLocation),
  to('GET bucket ?versioning', 'GetBucketVersioning', 's3:GetBucketVersioning', getBucketVersioning),
  to('PUT bucket ?versioning', 'PutBucketVersioning', 's3:PutBucketVersioning', putBucketVersioning),
  to('GET bucket ?versions', 'ListObjectVersions', 's3:ListBucketVersions', listObjectVersions),
  to('GET bucket ?list-type', 'ListObjectsV2', 's3:ListBucket', listObjectsV2),
  to('POST bucket ?delete', 'DeleteObjects', 's3:DeleteObject', deleteObjects),
  to('HEAD bucket', 'HeadBucket', 's3:ListBucket', headBucket),
  to('GET bucket', 'ListObjects', 's3:ListBucket', listObjects),
  to('DELETE bucket', 'DeleteBucket', 's3:DeleteBucket', deleteBucket),

  to('HEAD object', 'HeadObject', 's3:GetObject', getObject),
  to('GET object', 'GetObject', 's3:GetObject', getObject),
  to('PUT object', 'PutObject', 's3:PutObject', putObject),
  to('DELETE object', 'DeleteObject', 's3:DeleteObject', deleteObject),
]

function over(pattern: string, name: string, grant: string, run: Run<S3Request>): Route {
  return { ...parsed(pattern, grant), on: pattern.split(' ')[1] as 'account' | 'name', name, run }
}

function to(pattern: string, name: string, grant: string, run: Run<BucketRequest>): Route {
  return { ...parsed(pattern, grant), on: pattern.split(' ')[1] as 'bucket' | 'object', name, run }
}

function parsed(pattern: string, grant: string) {
  const [method, , conditions = ''] = pattern.split(' ')
  const when = conditions === '' ? [] : conditions.slice(1).split('&')
  // s3:GetObject -> s3:GetObjectVersion, s3:PutObjectTagging -> s3:PutObjectVersionTagging
  return { method: method!, when, grant, versionGrant: grant.replace(/Object(?!s)/, 'ObjectVersion') }
}

const BY_PLACE = new Map<string, Route[]>()
for (const route of ROUTES) {
  const place = `${route.method} ${route.on === 'name' ? 'bucket' : route.on}`
  BY_PLACE.set(place, [...(BY_PLACE.get(place) ?? []), route].toSorted(conditionsFirst))
}

function conditionsFirst(a: Route, b: Route): number {
  return b.when.length - a.when.length
}

/** Query parameters that name a part of a bucket or object: a request with one of these is never a plain GET or PUT. */
const SUBRESOURCES = new Set(
  (
    'accelerate acl analytics annotation attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle ' +
    'location logging metadataConfiguration metadataInventoryTable metadataJournalTable metadataTable metrics notification ' +
    'object-lock ownershipControls policy policyStatus publicAccessBlock replication requestPayment restore retention select ' +
    'session tagging torrent uploads versioning versions website'
  ).split(' '),
)

/** @throws S3Error `MethodNotAllowed`; `NotImplemented` for a part of S3 that this sandbox lacks */
export function routeOf(call: Call, address: Address): Route {
  const place = address.bucket === undefined ? 'account' : address.key === undefined ? 'bucket' : 'object'
  const routes = BY_PLACE.get(`${call.method} ${place}`)
  if (routes === undefined) throw new S3Error('MethodNotAllowed', { elements: { Method: call.method } })
  const route = routes.find(({ when }) => when.every((each) => holds(call, each)))
  const missing = route?.when.length === 0 ? unserved(call) : undefined
  if (route !== undefined && missing === undefined) return route
  throw new S3Error('NotImplemented', { elements: { Header: missing ?? call.method } })
}

function holds(call: Call, condition: string): boolean {
  return condition.startsWith('@') ? call.headers[condition.slice(1)] !== undefined : call.query.has(condition)
}

function unserved(call: Call): string | undefined {
  if (call.query.size === 0) return undefined
  return call.query.keys().find((name) => SUBRESOURCES.has(name))
}
