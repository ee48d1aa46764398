/** Multipart uploads of one bucket: the writing half of `DumpStore`. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
  type UploadPartCommandInput,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3'
import type { BuildMiddleware } from '@aws-sdk/types'
import { crc32 } from 'node:zlib'
import { base64OfCrc32 } from '../domain/dump/crc32.ts'
import { nameOf, statusOf } from '../domain/aws-errors.ts'
import type { DumpStore, OpenUpload, UploadPlan } from '../ports.ts'
import { abortable } from './clients.ts'
import { causeOf, type DumpPlaceNeeds, send, target } from './dump-place.ts'

type Uploads = Pick<DumpStore, 'begin' | 'part' | 'complete' | 'abort' | 'openUploads'>

export function makeUploads(at: DumpPlaceNeeds): Uploads {
  const { aws, place } = at
  const bucket = { Bucket: place.bucket, ExpectedBucketOwner: at.owner }

  return {
    async begin(plan) {
      // CRC32 of the full object: Node computes it natively, S3 compares it part by part and once more for the whole.
      const command = new CreateMultipartUploadCommand({
        ...target(at, plan.key),
        ContentType: plan.contentType,
        Metadata: { ...plan.metadata },
        ChecksumAlgorithm: 'CRC32',
        ChecksumType: 'FULL_OBJECT',
        ...lockOf(plan),
      })
      const { UploadId } = await send(at, 's3:PutObject', async () => aws.s3(place).send(command))
      return { key: plan.key, uploadId: UploadId! }
    },

    async part(upload, { number, body, signal }) {
      const crc = crc32(body)
      const sum = base64OfCrc32(crc)
      const command = new UploadPartCommand({
        ...target(at, upload.key),
        UploadId: upload.uploadId,
        PartNumber: number,
        Body: body,
        ContentLength: body.length,
        ChecksumCRC32: sum,
      })
      command.middlewareStack.add(unsignedPayload, { step: 'build', name: 'landfallUnsignedPayload' })
      const { ETag } = await send(at, 's3:PutObject', async () => aws.s3(place).send(command, abortable(signal)))
      return { number, etag: ETag!, crc32: sum, crc, bytes: body.length }
    },

    async complete(upload, whole) {
      const command = new CompleteMultipartUploadCommand({
        ...target(at, upload.key),
        UploadId: upload.uploadId,
        IfNoneMatch: '*',
        ChecksumCRC32: whole.crc32,
        ChecksumType: 'FULL_OBJECT',
        MultipartUpload: {
          Parts: whole.parts
            .toSorted((one, other) => one.number - other.number)
            .map((part) => ({ PartNumber: part.number, ETag: part.etag, ChecksumCRC32: part.crc32 })),
        },
      })
      try {
        const answer = await send(at, 's3:PutObject', async () => aws.s3(place).send(command))
        return {
          kind: 'completed',
          versionId: answer.VersionId ?? 'null',
          etag: (answer.ETag ?? '').replaceAll('"', ''),
        }
      } catch (error) {
        if (isTaken(error)) return { kind: 'taken' }
        throw error
      }
    },

    async abort(upload) {
      const command = new AbortMultipartUploadCommand({ ...target(at, upload.key), UploadId: upload.uploadId })
      try {
        await send(at, 's3:AbortMultipartUpload', async () => aws.s3(place).send(command))
      } catch (error) {
        if (nameOf(causeOf(error)) !== 'NoSuchUpload') throw error
      }
    },

    async openUploads(prefix) {
      const found: OpenUpload[] = []
      let after: { KeyMarker?: string; UploadIdMarker?: string } = {}
      for (;;) {
        const command = new ListMultipartUploadsCommand({ ...bucket, Prefix: prefix, ...after })
        const page = await send(at, 's3:ListBucketMultipartUploads', async () => aws.s3(place).send(command))
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          found.push({ key: Key!, uploadId: UploadId!, initiatedAt: Initiated?.getTime() ?? 0 })
        }
        if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return found
        const id = page.NextUploadIdMarker
        after = { KeyMarker: page.NextKeyMarker, ...(id !== undefined && { UploadIdMarker: id }) }
      }
    },
  }
}

/** 412: the key is taken. 409: another writer of the same key was first. */
export function isTaken(error: unknown): boolean {
  const status = statusOf(causeOf(error))
  return status === 412 || status === 409
}

/**
 * The SDK would hash each part by SHA-256 for its signature. The CRC32 beside it is signed, and S3 compares it with what
 * came (SigV4 reference, "UNSIGNED-PAYLOAD"); the line itself is TLS'.
 */
const unsignedPayload: BuildMiddleware<UploadPartCommandInput, UploadPartCommandOutput> = (next) => async (args) => {
  const request = args.request as { headers: Record<string, string> }
  request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
  return next(args)
}

function lockOf({ lock }: UploadPlan) {
  if (lock === undefined) return {}
  return { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: new Date(lock.until) }
}
