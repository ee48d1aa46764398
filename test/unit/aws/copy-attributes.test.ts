import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { attributesOf, checksumOf, hasPlainEtag, taggingOf } from '../../../src/aws/copy-attributes.ts'
import { copyError, Stopped } from '../../../src/aws/copy-stops.ts'
import { partCount } from '../../../src/aws/copy-parts.ts'

const NOW = Date.UTC(2026, 10, 24)
const settings = { mark: { 'landfall-source-version': 'v1' }, encryption: {}, now: NOW }
const head = (more: Partial<HeadObjectCommandOutput> = {}): HeadObjectCommandOutput => ({ $metadata: {}, ...more })

describe('attributes', () => {
  test('nothing is sent of what the object has not', () => {
    expect(attributesOf(head(), settings)).toEqual({ Metadata: { 'landfall-source-version': 'v1' } })
  })

  test('an older mark gives way', () => {
    const Metadata = { a: 'b', 'landfall-source-version': 'v0' }
    expect(attributesOf(head({ Metadata }), settings).Metadata).toEqual({ a: 'b', 'landfall-source-version': 'v1' })
  })

  test('retention goes along while it lasts, and a legal hold', () => {
    const until = new Date(NOW + 1)
    const locked = head({
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: until,
      ObjectLockLegalHoldStatus: 'ON',
    })
    expect(attributesOf(locked, settings)).toMatchObject({
      ObjectLockMode: 'COMPLIANCE',
      ObjectLockRetainUntilDate: until,
      ObjectLockLegalHoldStatus: 'ON',
    })
    const over = attributesOf({ ...locked, ObjectLockLegalHoldStatus: 'OFF' }, { ...settings, now: NOW + 1 })
    expect(Object.keys(over)).toEqual(['Metadata'])
  })

  test("the rule's storage class goes before the object's", () => {
    const cold = head({ StorageClass: 'STANDARD_IA' })
    expect(attributesOf(cold, settings).StorageClass).toBe('STANDARD_IA')
    expect(attributesOf(cold, { ...settings, storageClass: 'GLACIER_IR' }).StorageClass).toBe('GLACIER_IR')
  })

  test.each<[string, Partial<HeadObjectCommandOutput>]>([
    ['metadata that S3 does not hand out', { MissingMeta: 1 }],
    ['archives', { StorageClass: 'DEEP_ARCHIVE' }],
    ['an Expires header that is no date', { ExpiresString: 'soon' }],
  ])('%s stop it', (_, more) => {
    expect(() => attributesOf(head(more), settings)).toThrow(Stopped)
  })

  test('tags are encoded', () => {
    expect(taggingOf([])).toBeUndefined()
    expect(
      taggingOf([
        { Key: 'a&b', Value: 'c d=é' },
        { Key: 'e', Value: '' },
      ]),
    ).toBe('a%26b=c+d%3D%C3%A9&e=')
  })
})

describe('what proves a copy', () => {
  test('a checksum with its type; one from before types were kept tells it by its parts', () => {
    expect(checksumOf(head())).toBeUndefined()
    expect(checksumOf(head({ ChecksumCRC64NVME: 'x', ChecksumType: 'FULL_OBJECT' }))).toMatchObject({
      type: 'FULL_OBJECT',
    })
    expect(checksumOf(head({ ChecksumSHA256: 'x-3' }))).toMatchObject({ algorithm: 'SHA256', type: 'COMPOSITE' })
  })

  test('an ETag is of MD5s but under KMS and SSE-C', () => {
    expect(hasPlainEtag({})).toBe(true)
    expect(hasPlainEtag({ ServerSideEncryption: 'AES256' })).toBe(true)
    expect(hasPlainEtag({ ServerSideEncryption: 'aws:kms:dsse' })).toBe(false)
    expect(hasPlainEtag({ SSECustomerAlgorithm: 'AES256' })).toBe(false)
    expect(partCount('"00-12"')).toBe(12)
    expect(partCount('"0012"')).toBeUndefined()
  })
})

describe('errors of a copy', () => {
  const during = { action: 's3:PutObject', resource: 'bucket/key', region: 'eu-west-2' }
  const sdk = (name: string, httpStatusCode: number, message = '') =>
    Object.assign(new Error(message), { name, $metadata: { httpStatusCode } })

  test.each<[string, number, string, boolean]>([
    ['PreconditionFailed', 412, '', true],
    ['ConditionalRequestConflict', 409, '', true],
    ['OperationAborted', 409, '', true],
    ['NoSuchKey', 404, '', true],
    ['NoSuchUpload', 404, '', true],
    ['InvalidObjectState', 403, '', false],
    ['MetadataTooLarge', 400, '', false],
    ['InvalidRequest', 400, 'Bucket is missing Object Lock Configuration', false],
  ])('%s (%i) stops it', (name, status, message, raced) => {
    expect(copyError(sdk(name, status, message), during)).toMatchObject({ name: 'Stopped', raced })
  })

  test.each<[string, number, string]>([
    ['BadDigest', 400, 'COPY_DIFFERS'],
    ['AccessDenied', 403, 'ACCESS_DENIED'],
    ['SlowDown', 503, 'AWS_THROTTLED'],
    ['InvalidRequest', 400, 'AWS_ERROR'],
    ['NoSuchBucket', 404, 'BUCKET_MISSING'],
  ])('%s (%i) is %s', (name, status, code) => {
    expect(copyError(sdk(name, status), during)).toMatchObject({ name: 'LandfallError', code })
  })
})
