/**
 * The `DumpStore` port over S3: one bucket, under its account's role.
 *
 * Source: Amazon S3 API reference and user guide, "Uploading and copying objects using multipart upload",
 * "How to prevent object overwrites with conditional writes", "Checking object integrity".
 */
import { HeadObjectCommand, type HeadObjectCommandOutput } from '@aws-sdk/client-s3'
import type { BucketPlace, Estate } from '../config/estate.ts'
import type { DumpStore, StoredObject } from '../ports.ts'
import { accountOf, type Aws } from './clients.ts'
import { makeDocuments } from './dump-documents.ts'
import { type DumpPlaceNeeds, isAbsent, send, target } from './dump-place.ts'
import { makeRead } from './dump-read.ts'
import { makeUploads } from './dump-uploads.ts'
import { makeVersions } from './dump-versions.ts'

export function makeDumpStore(needs: {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3' | 'renew'>
  readonly place: BucketPlace
}): DumpStore {
  const { estate, aws, place } = needs
  const at: DumpPlaceNeeds = { aws, place, owner: accountOf(estate, place.account).id }
  return {
    ...makeUploads(at),
    ...makeDocuments(at),
    versions: makeVersions(at),
    read: makeRead(at),
    async head({ key, versionId }) {
      try {
        const command = new HeadObjectCommand({ ...target(at, key, versionId), ChecksumMode: 'ENABLED' })
        return toStored(key, await send(at, 's3:GetObject', async () => aws.s3(place).send(command)))
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw error
      }
    },
  }
}

function toStored(key: string, answer: HeadObjectCommandOutput): StoredObject {
  const until = answer.ObjectLockRetainUntilDate?.getTime()
  const lock =
    answer.ObjectLockMode === undefined || until === undefined ? undefined : { mode: answer.ObjectLockMode, until }
  return {
    key,
    versionId: answer.VersionId ?? 'null',
    size: answer.ContentLength ?? 0,
    etag: (answer.ETag ?? '').replaceAll('"', ''),
    lastModified: answer.LastModified?.getTime() ?? 0,
    metadata: answer.Metadata ?? {},
    checksum: checksumOf(answer),
    ...(lock !== undefined && { lock }),
  }
}

const ALGORITHMS = ['CRC64NVME', 'CRC32', 'CRC32C', 'SHA256', 'SHA1'] as const

function checksumOf(answer: HeadObjectCommandOutput): string | undefined {
  for (const algorithm of ALGORITHMS) {
    const value = answer[`Checksum${algorithm}`]
    if (value !== undefined) return `${algorithm} ${answer.ChecksumType ?? 'FULL_OBJECT'} ${value}`
  }
  return undefined
}
