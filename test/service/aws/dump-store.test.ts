import { CreateBucketCommand, DeleteObjectCommand } from '@aws-sdk/client-s3'
import { inject, vi } from 'vitest'
import { makeAws } from '../../../src/aws/clients.ts'
import { makeDumpStore } from '../../../src/aws/dump-store.ts'
import { dumpStoreContract } from '../../contract/dump-store.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { smallEstate } from '../../support/small-estate.ts'

dumpStoreContract('S3 in the sandbox, by the SDK', async () => {
  pointSdkAt(inject('sandboxUrl'), '111111111111')
  const estate = smallEstate()
  const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
  const place = { bucket: `${randomPrefix()}-dumps`, region: 'eu-west-1', account: 'main' }
  await aws.s3(place).send(new CreateBucketCommand({ Bucket: place.bucket, ObjectLockEnabledForBucket: true }))
  return {
    store: makeDumpStore({ estate, aws, place }),
    mark: async (key) => void (await aws.s3(place).send(new DeleteObjectCommand({ Bucket: place.bucket, Key: key }))),
    close() {
      aws.close()
      vi.unstubAllEnvs()
    },
  }
})
