/**
 * The `SnapshotStore` port over S3: one JSON document, overwritten each minute, in the region that Landfall lives in.
 */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import type { Estate } from '../config/estate.ts'
import { LandfallError } from '../domain/errors.ts'
import type { SnapshotStore } from '../ports.ts'
import { accountOf, type Aws } from './clients.ts'
import { attempt, awsError, nameOf } from '../domain/aws-errors.ts'

/** Below `service.snapshot.prefix`. */
const NAME = 'open.json'

/** Undefined where the estate has no `service.snapshot`. */
export function makeSnapshotStore(needs: {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3'>
}): SnapshotStore | undefined {
  const place = needs.estate.service.snapshot
  if (place === undefined) return undefined
  const key = snapshotKey(place.prefix)
  const at = {
    Bucket: place.bucket,
    Key: key,
    // The list names every key at risk: it must not reach a stranger's bucket that was given a freed name.
    ExpectedBucketOwner: accountOf(needs.estate, place.account).id,
  }
  const resource = `${place.bucket}/${key}`
  return {
    async write(document) {
      // Encrypted as the bucket's default says: naming an algorithm here would override a KMS key set there.
      const command = new PutObjectCommand({ ...at, Body: document, ContentType: 'application/json' })
      await attempt({ action: 's3:PutObject', resource, region: place.region }, () => needs.aws.s3(place).send(command))
    },
    async read() {
      try {
        const found = await needs.aws.s3(place).send(new GetObjectCommand(at))
        return (await found.Body?.transformToString('utf8')) ?? ''
      } catch (error) {
        if (nameOf(error) === 'NoSuchKey') {
          throw new LandfallError('SNAPSHOT_MISSING', `no snapshot at ${resource} (${place.region})`, { cause: error })
        }
        throw awsError(error, { action: 's3:GetObject', resource, region: place.region })
      }
    },
  }
}

/** A prefix is taken as it stands, as S3 does; one that names a folder without its slash gets it. */
export function snapshotKey(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? `${prefix}${NAME}` : `${prefix}/${NAME}`
}
