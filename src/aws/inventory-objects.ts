/**
 * The `InventoryObjects` port: objects of the buckets that S3 Inventory delivers to, which are in the region of the
 * bucket that they list. Source: Amazon S3 user guide, "Source and destination buckets".
 */
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { attempt, nameOf } from '../domain/aws-errors.ts'
import type { Estate } from '../config/estate.ts'
import { LandfallError } from '../domain/errors.ts'
import type { InventoryObjects } from '../ports.ts'
import { abortable, type Aws } from './clients.ts'

export function makeInventoryObjects(needs: {
  readonly estate: Estate
  readonly aws: Pick<Aws, 's3'>
}): InventoryObjects {
  return {
    async read({ pair: name, side, bucket, key, signal }) {
      const pair = needs.estate.pairs.find((one) => one.name === name)
      if (pair === undefined) throw new LandfallError('INTERNAL', `no pair ${name} in the estate`)
      const { account, region } = pair[side]
      const resource = `${bucket}/${key}`
      return attempt({ action: 's3:GetObject', resource, region }, async () => {
        try {
          const found = await needs.aws
            .s3({ account, region })
            .send(new GetObjectCommand({ Bucket: bucket, Key: key }), abortable(signal))
          // In Node the SDK's body is a readable stream, whatever its type says of browsers.
          return { size: found.ContentLength ?? 0, body: found.Body as AsyncIterable<Uint8Array> }
        } catch (error) {
          if (nameOf(error) !== 'NoSuchKey') throw error
          throw new LandfallError('INVENTORY_INCOMPLETE', `no object s3://${resource} (${region})`, { cause: error })
        }
      })
    },
  }
}
