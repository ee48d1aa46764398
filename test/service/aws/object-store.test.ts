import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { inject, vi } from 'vitest'
import { makeAws } from '../../../src/aws/clients.ts'
import { makeObjectStore } from '../../../src/aws/object-store.ts'
import { RETRIGGERED, SOURCE_VERSION } from '../../../src/domain/repair/marks.ts'
import { objectStoreContract } from '../../contract/object-store.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { recordingLog } from '../../support/log.ts'
import { randomPrefix } from '../../support/prefix.ts'
import { smallEstate, smallPair } from '../../support/small-estate.ts'

objectStoreContract('S3 in the sandbox, by the SDK', async () => {
  pointSdkAt(inject('sandboxUrl'), '111111111111')
  const prefix = randomPrefix()
  const versioned = smallPair(`${prefix}-versioned`)
  const unversioned = smallPair(`${prefix}-unversioned`)
  const missing = smallPair(`${prefix}-missing`)
  const log = recordingLog()
  const estate = smallEstate({ pairs: [versioned, unversioned, missing] })
  const aws = makeAws({ estate, log, pathStyle: true })

  // No rule is wanted between the two sides: each test says itself what is on which.
  for (const place of [versioned, unversioned].flatMap((pair) => [pair.source, pair.destination])) {
    await aws.s3(place).send(new CreateBucketCommand({ Bucket: place.bucket }))
  }
  for (const place of [versioned.source, versioned.destination]) {
    const on = { Bucket: place.bucket, VersioningConfiguration: { Status: 'Enabled' } } as const
    await aws.s3(place).send(new PutBucketVersioningCommand(on))
  }

  const placeOf = (at: { pair: string; side: 'source' | 'destination' }) =>
    estate.pairs.find(({ name }) => name === at.pair)![at.side]
  return {
    close() {
      aws.close()
      vi.unstubAllEnvs()
    },
    store: makeObjectStore({ estate, aws, log, clock: { now: () => Date.now() } }),
    pairs: { versioned: versioned.name, unversioned: unversioned.name, missing: missing.name },
    async put({ key, body, tags, copyOf, retriggerOf, ...at }) {
      const place = placeOf(at)
      const tagging = new URLSearchParams(tags ?? {}).toString()
      const put = await aws.s3(place).send(
        new PutObjectCommand({
          Bucket: place.bucket,
          Key: key,
          Body: body,
          Metadata: {
            ...(copyOf !== undefined && { [SOURCE_VERSION]: copyOf }),
            ...(retriggerOf !== undefined && { [RETRIGGERED]: retriggerOf }),
          },
          ...(tagging === '' ? {} : { Tagging: tagging }),
        }),
      )
      return put.VersionId ?? 'null'
    },
    async mark({ key, ...at }) {
      const place = placeOf(at)
      const marked = await aws.s3(place).send(new DeleteObjectCommand({ Bucket: place.bucket, Key: key }))
      return marked.VersionId ?? 'null'
    },
    async purge({ key, versionId, ...at }) {
      const place = placeOf(at)
      await aws.s3(place).send(new DeleteObjectCommand({ Bucket: place.bucket, Key: key, VersionId: versionId }))
    },
  }
})
