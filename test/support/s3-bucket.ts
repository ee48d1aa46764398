/** A fresh bucket on the run's sandbox, and what a client sees of it on the wire. */
import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { inject } from 'vitest'
import { randomPrefix } from './prefix.ts'
import { clientsFor } from './sandbox.ts'

const AUTHORIZATION =
  'AWS4-HMAC-SHA256 Credential=111111111111/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0'

const url = inject('sandboxUrl')
export const { s3 } = clientsFor(url)
export const london = clientsFor(url, { region: 'eu-west-2' }).s3

export async function makeBucket(versioning?: 'Enabled' | 'Suspended', client = s3): Promise<string> {
  const Bucket = randomPrefix()
  await client.send(new CreateBucketCommand({ Bucket }))
  if (versioning !== undefined) await setVersioning(Bucket, versioning, client)
  return Bucket
}

export async function setVersioning(Bucket: string, Status: 'Enabled' | 'Suspended', client = s3): Promise<void> {
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }))
}

export async function put(Bucket: string, Key: string, Body = 'x', more: Partial<PutObjectCommandInput> = {}) {
  return s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }))
}

/** A request by hand, for what the SDK would not send or not show. */
export function raw(
  method: string,
  path: string,
  options: { body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
): Promise<Response> {
  const { body, headers } = options
  const init = { method, redirect: 'manual' as const, headers: { authorization: AUTHORIZATION, ...headers } }
  return fetch(url + path, body === undefined ? init : { ...init, body })
}

/** Code and status of the error that a call ends in. */
export async function errorOf(call: Promise<unknown>): Promise<{ name: string; status: number | undefined }> {
  try {
    await call
  } catch (error) {
    if (error instanceof S3ServiceException) return { name: error.name, status: error.$metadata.httpStatusCode }
    throw error
  }
  throw new Error('the call succeeded')
}
