import type { Call, Reply, S3ForOthers, Service, WorldCore } from '../types.ts'
import { type Access, type Accesses, type Guarded, makeAccess } from './access.ts'
import { type Address, addressOf } from './address.ts'
import { errorReply, hostIdOf } from './error-reply.ts'
import { S3Error } from './errors.ts'
import { makeOthers, type NotificationHooks } from './others.ts'
import { checkExpiry, headersOf } from './presigned.ts'
import type { BucketRequest, S3Request } from './request.ts'
import { type Route, routeOf } from './routes.ts'
import type { Bucket } from './store/bucket.ts'
import { makeStore, type S3Store } from './store/store.ts'

export type S3Needs = Pick<WorldCore, 'clock' | 'random' | 'faults' | 'iam'>

export interface S3 {
  readonly service: Service
  readonly others: S3ForOthers
  readonly store: S3Store
  readonly accesses: Accesses
}

/** Where a request goes; or why it goes nowhere. */
type Plan =
  | { readonly address: Address; readonly route: Route; readonly error?: undefined }
  | { readonly address?: undefined; readonly route?: undefined; readonly error: S3Error }

/** S3: router -> access -> action -> store. */
export function makeS3(needs: S3Needs): S3 {
  const { clock, random, faults, iam } = needs
  const store = makeStore(needs)
  const accesses = makeAccess({ faults, guard: iam.guard })
  const hooks: NotificationHooks = { check: () => undefined, testListeners: [] }
  const plans = new WeakMap<Call, Plan>()

  function planOf(call: Call): Plan {
    let plan = plans.get(call)
    if (plan === undefined) {
      plan = makePlan(call)
      plans.set(call, plan)
    }
    return plan
  }

  function serve(call: Call): Reply | Promise<Reply> {
    const { address, route, error } = planOf(call)
    if (error !== undefined) throw error
    checkExpiry(call, clock.now())
    const { who } = call
    const access = accesses.of(call)
    const bucketName = address.bucket ?? ''
    const request: S3Request = {
      call,
      headers: headersOf(call),
      store,
      clock,
      random,
      hooks,
      access,
      who,
      bucketName,
      key: address.key ?? '',
      writer: { principal: `AWS:${who.userId}`, requestId: call.requestId },
    }
    if (route.on === 'account' || route.on === 'name') {
      access.check(toBe(bucketName, who.account), route.grant)
      return route.run(request)
    }
    const bucket = store.buckets.get(bucketName)
    if (bucket === undefined) throw new S3Error('NoSuchBucket', { elements: { BucketName: bucketName } })
    checkRegion(call, route, bucket)
    checkOwner(call, bucket)
    // A batch of deletes is asked about key by key.
    if (route.name !== 'DeleteObjects') {
      access.check(bucket, call.query.has('versionId') ? route.versionGrant : route.grant, address.key)
    }
    const asked: BucketRequest = { ...request, bucket }
    return route.run(asked)
  }

  const service: Service = {
    name: 's3',
    action: (call) => planOf(call).route?.name ?? 'Unknown',
    region(call) {
      const bucket = planOf(call).address?.bucket
      return (bucket === undefined ? undefined : store.buckets.get(bucket)?.region) ?? call.region
    },
    async handle(call) {
      try {
        const reply = await serve(call)
        return { ...reply, headers: { 'x-amz-id-2': hostIdOf(call.requestId), server: 'AmazonS3', ...reply.headers } }
      } catch (error) {
        if (!(error instanceof S3Error)) throw error
        return errorReply(
          hidden(error, store.buckets.get(planOf(call).address?.bucket ?? ''), accesses.of(call)),
          at(call),
        )
      }
    },
    refuse: (call, error) => errorReply(error, at(call)),
  }
  return { service, others: makeOthers(store, hooks, random), store, accesses }
}

/** A bucket that is not there: what takes no bucket is asked of all. */
function toBe(name: string, account: string): Guarded {
  return { name: name === '' ? '*' : name, account, policy: undefined }
}

function makePlan(call: Call): Plan {
  try {
    const address = addressOf(call)
    return { address, route: routeOf(call, address) }
  } catch (error) {
    if (error instanceof S3Error) return { error }
    throw error
  }
}

function at(call: Call): { method: string; resource: string; requestId: string } {
  return { method: call.method, resource: call.path, requestId: call.requestId }
}

/** Without the right to list, S3 does not tell what is missing from what is forbidden (API reference, "HeadObject"). */
function hidden(error: S3Error, bucket: Bucket | undefined, access: Access): S3Error {
  if (error.code !== 'NoSuchKey' && error.code !== 'NoSuchVersion') return error
  if (bucket === undefined || access.allows(bucket, 's3:ListBucket')) return error
  return new S3Error('AccessDenied', { headers: error.headers })
}

/** What clients sign for that nobody told a region. */
const NO_REGION = 'us-east-1'

/**
 * A bucket answers only requests that are signed for its region. Unsigned requests have none; clients without one could
 * not follow a redirect that leads to this very port (rclone gives up), so they are served.
 */
function checkRegion(call: Call, route: Route, bucket: Bucket): void {
  if (call.region === bucket.region || call.region === NO_REGION || call.accessKey === undefined) return
  if (route.name === 'GetBucketLocation') return
  throw new S3Error('PermanentRedirect', {
    elements: { Endpoint: `${bucket.name}.s3.${bucket.region}.amazonaws.com`, Bucket: bucket.name },
    headers: { 'x-amz-bucket-region': bucket.region },
  })
}

function checkOwner(call: Call, bucket: Bucket): void {
  const expected = call.headers['x-amz-expected-bucket-owner']
  if (expected !== undefined && expected !== bucket.account) throw new S3Error('AccessDenied')
}
