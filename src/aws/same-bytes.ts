/** Whether two versions hold the same bytes: both are read, and hashed as they come. Source: S3 API reference, GetObject. */
import { createHash } from 'node:crypto'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import type { BucketPlace, Estate } from '../config/estate.ts'
import { awsError } from '../domain/aws-errors.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { SameBytes } from '../ports.ts'
import { type Aws, abortable } from './clients.ts'

export function makeSameBytes(needs: {
  readonly estate: Pick<Estate, 'pairs'>
  readonly aws: Pick<Aws, 's3'>
}): SameBytes {
  const pairs = new Map(needs.estate.pairs.map((pair) => [pair.name, pair]))

  async function digest(
    place: BucketPlace,
    key: string,
    versionId: string,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const command = new GetObjectCommand({ Bucket: place.bucket, Key: key, VersionId: versionId })
      const { Body: body } = await needs.aws.s3(place).send(command, abortable(signal))
      const hash = createHash('sha256')
      for await (const chunk of body as AsyncIterable<Uint8Array>) hash.update(chunk)
      return hash.digest('hex')
    } catch (error) {
      const fault = awsError(error, { action: 's3:GetObjectVersion', resource: place.bucket, region: place.region })
      if (isLandfallError(fault) && (fault.code === 'ACCESS_DENIED' || fault.code === 'AWS_ERROR')) return undefined
      throw fault
    }
  }

  return async (at) => {
    const pair = pairs.get(at.pair)
    if (pair === undefined) throw new LandfallError('INTERNAL', `no pair ${at.pair} in the estate`)
    const [one, other] = await Promise.all([
      digest(pair.source, at.key, at.source, at.signal),
      digest(pair.destination, at.key, at.destination, at.signal),
    ])
    return one === undefined || other === undefined ? undefined : one === other
  }
}
