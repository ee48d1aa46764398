/** The canary's write. Source: Amazon S3 API reference, PutObject. */
import { PutObjectCommand } from '@aws-sdk/client-s3'
import type { Estate, Pair } from '../config/estate.ts'
import { attempt } from '../domain/aws-errors.ts'
import { CANARY_KEY } from '../domain/canary.ts'
import { accountOf, type Aws } from './clients.ts'

const BODY = 'Landfall writes this key again and again, to see that it lands: docs/doctor.md\n'

/** Writes it to the source of the pair; the new version's id. Throws `LandfallError`. */
export function makeCanaryWriter({
  estate,
  aws,
}: {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3'>
}): (pair: Pick<Pair, 'source'>) => Promise<string> {
  return async ({ source }) => {
    const { bucket, region, account } = source
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: CANARY_KEY,
      Body: BODY,
      ContentType: 'text/plain',
      ExpectedBucketOwner: accountOf(estate, account).id,
    })
    const { VersionId } = await attempt({ action: 's3:PutObject', resource: `${bucket}/${CANARY_KEY}`, region }, () =>
      aws.s3(source).send(command),
    )
    return VersionId ?? 'null'
  }
}
