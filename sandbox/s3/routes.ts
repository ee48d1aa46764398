import type { Call, Reply } from '../types.ts'
import { abortMultipartUpload } from './actions/abort-multipart-upload.ts'
import { absent, empty } from './actions/absent.ts'
import { completeMultipartUpload } from './actions/complete-multipart-upload.ts'
import { copyObject } from './actions/copy-object.ts'
import { createBucket } from './actions/create-bucket.ts'
import { createMultipartUpload } from './actions/create-multipart-upload.ts'
import { deleteBucketEncryption } from './actions/delete-bucket-encryption.ts'
import { deleteBucketLifecycle } from './actions/delete-bucket-lifecycle.ts'
import { deleteBucketOwnershipControls } from './actions/delete-bucket-ownership-controls.ts'
import { deleteBucketPolicy } from './actions/delete-bucket-policy.ts'
import { deleteBucketReplication } from './actions/delete-bucket-replication.ts'
import { deleteBucketTagging } from './actions/delete-bucket-tagging.ts'
import { deleteBucket } from './actions/delete-bucket.ts'
import { deleteObjectTagging } from './actions/delete-object-tagging.ts'
import { deleteObject } from './actions/delete-object.ts'
import { deleteObjects } from './actions/delete-objects.ts'
import { deletePublicAccessBlock } from './actions/delete-public-access-block.ts'
import { getBucketAcl } from './actions/get-bucket-acl.ts'
import { getBucketEncryption } from './actions/get-bucket-encryption.ts'
import { getBucketLifecycleConfiguration } from './actions/get-bucket-lifecycle-configuration.ts'
import { getBucketLocation } from './actions/get-bucket-location.ts'
import { getBucketNotificationConfiguration } from './actions/get-bucket-notification-configuration.ts'
import { getBucketOwnershipControls } from './actions/get-bucket-ownership-controls.ts'
import { getBucketPolicy } from './actions/get-bucket-policy.ts'
import { getBucketReplication } from './actions/get-bucket-replication.ts'
import { getBucketTagging } from './actions/get-bucket-tagging.ts'
import { getBucketVersioning } from './actions/get-bucket-versioning.ts'
import { getObjectAcl } from './actions/get-object-acl.ts'
import { getObjectAttributes } from './actions/get-object-attributes.ts'
import { getObjectLegalHold } from './actions/get-object-legal-hold.ts'
import { getObjectLockConfiguration } from './actions/get-object-lock-configuration.ts'
import { getObjectRetention } from './actions/get-object-retention.ts'
import { getObjectTagging } from './actions/get-object-tagging.ts'
import { getObject } from './actions/get-object.ts'
import { getPublicAccessBlock } from './actions/get-public-access-block.ts'
import { headBucket } from './actions/head-bucket.ts'
import { listBuckets } from './actions/list-buckets.ts'
import { listMultipartUploads } from './actions/list-multipart-uploads.ts'
import { listObjectVersions } from './actions/list-object-versions.ts'
import { listObjectsV2 } from './actions/list-objects-v2.ts'
import { listObjects } from './actions/list-objects.ts'
import { listParts } from './actions/list-parts.ts'
import { putBucketEncryption } from './actions/put-bucket-encryption.ts'
import { putBucketLifecycleConfiguration } from './actions/put-bucket-lifecycle-configuration.ts'
import { putBucketNotificationConfiguration } from './actions/put-bucket-notification-configuration.ts'
import { putBucketOwnershipControls } from './actions/put-bucket-ownership-controls.ts'
import { putBucketPolicy } from './actions/put-bucket-policy.ts'
import { putBucketReplication } from './actions/put-bucket-replication.ts'
import { putBucketTagging } from './actions/put-bucket-tagging.ts'
import { putBucketVersioning } from './actions/put-bucket-versioning.ts'
import { putObjectLegalHold } from './actions/put-object-legal-hold.ts'
import { putObjectLockConfiguration } from './actions/put-object-lock-configuration.ts'
import { putObjectRetention } from './actions/put-object-retention.ts'
import { putObjectTagging } from './actions/put-object-tagging.ts'
import { putObject } from './actions/put-object.ts'
import { putPublicAccessBlock } from './actions/put-public-access-block.ts'
import { uploadPartCopy } from './actions/upload-part-copy.ts'
import { uploadPart } from './actions/upload-part.ts'
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
 * Where several rows fit, the one with the most conditions counts.
 */
const ROUTES: readonly Route[] = [
  over('GET account', 'ListBuckets', 's3:ListAllMyBuckets', listBuckets),
  over('PUT name', 'CreateBucket', 's3:CreateBucket', createBucket),

  to('HEAD bucket', 'HeadBucket', 's3:ListBucket', headBucket),
  to('DELETE bucket', 'DeleteBucket', 's3:DeleteBucket', deleteBucket),
  to('GET bucket ?location', 'GetBucketLocation', 's3:GetBucketLocation', getBucketLocation),
  to('GET bucket ?versioning', 'GetBucketVersioning', 's3:GetBucketVersioning', getBucketVersioning),
  to('PUT bucket ?versioning', 'PutBucketVersioning', 's3:PutBucketVersioning', putBucketVersioning),
  to('GET bucket ?replication', 'GetBucketReplication', 's3:GetReplicationConfiguration', getBucketReplication),
  to('PUT bucket ?replication', 'PutBucketReplication', 's3:PutReplicationConfiguration', putBucketReplication),
  to(
    'DELETE bucket ?replication',
    'DeleteBucketReplication',
    's3:PutReplicationConfiguration',
    deleteBucketReplication,
  ),
  to(
    'GET bucket ?notification',
    'GetBucketNotificationConfiguration',
    's3:GetBucketNotification',
    getBucketNotificationConfiguration,
  ),
  to(
    'PUT bucket ?notification',
    'PutBucketNotificationConfiguration',
    's3:PutBucketNotification',
    putBucketNotificationConfiguration,
  ),
  to(
    'GET bucket ?lifecycle',
    'GetBucketLifecycleConfiguration',
    's3:GetLifecycleConfiguration',
    getBucketLifecycleConfiguration,
  ),
  to(
    'PUT bucket ?lifecycle',
    'PutBucketLifecycleConfiguration',
    's3:PutLifecycleConfiguration',
    putBucketLifecycleConfiguration,
  ),
  to('DELETE bucket ?lifecycle', 'DeleteBucketLifecycle', 's3:PutLifecycleConfiguration', deleteBucketLifecycle),
  to('GET bucket ?policy', 'GetBucketPolicy', 's3:GetBucketPolicy', getBucketPolicy),
  to('PUT bucket ?policy', 'PutBucketPolicy', 's3:PutBucketPolicy', putBucketPolicy),
  to('DELETE bucket ?policy', 'DeleteBucketPolicy', 's3:DeleteBucketPolicy', deleteBucketPolicy),
  to('GET bucket ?encryption', 'GetBucketEncryption', 's3:GetEncryptionConfiguration', getBucketEncryption),
  to('PUT bucket ?encryption', 'PutBucketEncryption', 's3:PutEncryptionConfiguration', putBucketEncryption),
  to('DELETE bucket ?encryption', 'DeleteBucketEncryption', 's3:PutEncryptionConfiguration', deleteBucketEncryption),
  to('GET bucket ?publicAccessBlock', 'GetPublicAccessBlock', 's3:GetBucketPublicAccessBlock', getPublicAccessBlock),
  to('PUT bucket ?publicAccessBlock', 'PutPublicAccessBlock', 's3:PutBucketPublicAccessBlock', putPublicAccessBlock),
  to(
    'DELETE bucket ?publicAccessBlock',
    'DeletePublicAccessBlock',
    's3:PutBucketPublicAccessBlock',
    deletePublicAccessBlock,
  ),
  to(
    'GET bucket ?ownershipControls',
    'GetBucketOwnershipControls',
    's3:GetBucketOwnershipControls',
    getBucketOwnershipControls,
  ),
  to(
    'PUT bucket ?ownershipControls',
    'PutBucketOwnershipControls',
    's3:PutBucketOwnershipControls',
    putBucketOwnershipControls,
  ),
  to(
    'DELETE bucket ?ownershipControls',
    'DeleteBucketOwnershipControls',
    's3:PutBucketOwnershipControls',
    deleteBucketOwnershipControls,
  ),
  to('GET bucket ?tagging', 'GetBucketTagging', 's3:GetBucketTagging', getBucketTagging),
  to('PUT bucket ?tagging', 'PutBucketTagging', 's3:PutBucketTagging', putBucketTagging),
  to('DELETE bucket ?tagging', 'DeleteBucketTagging', 's3:PutBucketTagging', deleteBucketTagging),
  to('GET bucket ?acl', 'GetBucketAcl', 's3:GetBucketAcl', getBucketAcl),
  to(
    'GET bucket ?accelerate',
    'GetBucketAccelerateConfiguration',
    's3:GetAccelerateConfiguration',
    empty('AccelerateConfiguration'),
  ),
  to('GET bucket ?cors', 'GetBucketCors', 's3:GetBucketCORS', absent('NoSuchCORSConfiguration')),
  to('GET bucket ?logging', 'GetBucketLogging', 's3:GetBucketLogging', empty('BucketLoggingStatus')),
  to(
    'GET bucket ?object-lock',
    'GetObjectLockConfiguration',
    's3:GetBucketObjectLockConfiguration',
    getObjectLockConfiguration,
  ),
  to(
    'PUT bucket ?object-lock',
    'PutObjectLockConfiguration',
    's3:PutBucketObjectLockConfiguration',
    putObjectLockConfiguration,
  ),
  to(
    'GET bucket ?requestPayment',
    'GetBucketRequestPayment',
    's3:GetBucketRequestPayment',
    empty('RequestPaymentConfiguration', '<Payer>BucketOwner</Payer>'),
  ),
  to('GET bucket ?website', 'GetBucketWebsite', 's3:GetBucketWebsite', absent('NoSuchWebsiteConfiguration')),

  to('GET bucket', 'ListObjects', 's3:ListBucket', listObjects),
  to('GET bucket ?list-type', 'ListObjectsV2', 's3:ListBucket', listObjectsV2),
  to('GET bucket ?versions', 'ListObjectVersions', 's3:ListBucketVersions', listObjectVersions),
  to('GET bucket ?uploads', 'ListMultipartUploads', 's3:ListBucketMultipartUploads', listMultipartUploads),
  to('POST bucket ?delete', 'DeleteObjects', 's3:DeleteObject', deleteObjects),

  to('HEAD object', 'HeadObject', 's3:GetObject', getObject),
  to('GET object', 'GetObject', 's3:GetObject', getObject),
  to('PUT object', 'PutObject', 's3:PutObject', putObject),
  to('PUT object ?@x-amz-copy-source', 'CopyObject', 's3:PutObject', copyObject),
  to('DELETE object', 'DeleteObject', 's3:DeleteObject', deleteObject),
  to('GET object ?attributes', 'GetObjectAttributes', 's3:GetObjectAttributes', getObjectAttributes),
  to('GET object ?acl', 'GetObjectAcl', 's3:GetObjectAcl', getObjectAcl),
  to('GET object ?tagging', 'GetObjectTagging', 's3:GetObjectTagging', getObjectTagging),
  to('PUT object ?tagging', 'PutObjectTagging', 's3:PutObjectTagging', putObjectTagging),
  to('DELETE object ?tagging', 'DeleteObjectTagging', 's3:DeleteObjectTagging', deleteObjectTagging),
  to('GET object ?retention', 'GetObjectRetention', 's3:GetObjectRetention', getObjectRetention),
  to('PUT object ?retention', 'PutObjectRetention', 's3:PutObjectRetention', putObjectRetention),
  to('GET object ?legal-hold', 'GetObjectLegalHold', 's3:GetObjectLegalHold', getObjectLegalHold),
  to('PUT object ?legal-hold', 'PutObjectLegalHold', 's3:PutObjectLegalHold', putObjectLegalHold),
  to('POST object ?uploads', 'CreateMultipartUpload', 's3:PutObject', createMultipartUpload),
  to('PUT object ?uploadId&partNumber', 'UploadPart', 's3:PutObject', uploadPart),
  to('PUT object ?uploadId&partNumber&@x-amz-copy-source', 'UploadPartCopy', 's3:PutObject', uploadPartCopy),
  to('POST object ?uploadId', 'CompleteMultipartUpload', 's3:PutObject', completeMultipartUpload),
  to('DELETE object ?uploadId', 'AbortMultipartUpload', 's3:AbortMultipartUpload', abortMultipartUpload),
  to('GET object ?uploadId', 'ListParts', 's3:ListMultipartUploadParts', listParts),
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
  // s3:GetObject -> s3:GetObjectVersion, s3:PutObjectTagging -> s3:PutObjectVersionTagging; locks have one grant for both
  return {
    method: method!,
    when,
    grant,
    versionGrant: grant.replace(/Object(?!s|Retention|LegalHold)/, 'ObjectVersion'),
  }
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
