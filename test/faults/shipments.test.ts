/** What others upload is carried to the backups: by its event, or by the sweep where no event came. */
import {
  GetBucketNotificationConfigurationCommand,
  HeadObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { expect, onTestFinished, test } from 'vitest'
import { startApp } from '../../src/app.ts'
import { makeAws } from '../../src/aws/clients.ts'
import { provision } from '../../src/aws/provision.ts'
import { startWorld } from '../support/estate-world.ts'
import { recordingLog } from '../support/log.ts'
import { eventually } from '../support/redrive-estate.ts'
import { smallDump } from '../support/small-estate.ts'

const KEYS = {
  silent: 'in/production-202611230200.sql.gz.gpg',
  told: 'in/production-202611240200.sql.gz.gpg',
} as const

test('a dump that others upload is in the backups, with its event or without', { timeout: 60_000 }, async () => {
  const world = await startWorld()
  onTestFinished(() => world.stop())
  const place = (bucket: string) => ({ bucket, region: 'eu-west-1', account: 'main' })
  const shipment = {
    name: 'staging',
    from: { ...place('faults-staging'), prefix: 'in/' },
    to: { ...place('faults-backups'), prefix: 'dumps/' },
  }
  const dump = smallDump('production', { place: { ...place('faults-backups'), prefix: 'dumps/' } })
  const estate = { ...world.estate, shipments: [shipment], dumps: [dump] }
  const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
  onTestFinished(() => aws.close())
  const { s3 } = world.clients.source
  await provision({ estate, aws })
  const { QueueConfigurations } = await notifications(false)
  await s3.send(new PutObjectCommand({ Bucket: 'faults-staging', Key: KEYS.silent, Body: 'yesterday' }))
  await notifications(true, QueueConfigurations)

  const log = recordingLog()
  const app = await startApp({ estate, pathStyle: true, log })
  onTestFinished(async () => app.stop())
  await s3.send(new PutObjectCommand({ Bucket: 'faults-staging', Key: KEYS.told, Body: 'tonight' }))
  for (const key of Object.values(KEYS)) {
    const Key = key.replace('in/', 'dumps/')
    await eventually(async () => {
      const head = await s3.send(new HeadObjectCommand({ Bucket: 'faults-backups', Key }))
      expect(head.Metadata).toHaveProperty('landfall-shipped-from')
    })
  }
  const metrics = await (await fetch(`${app.url}/metrics`)).text()
  expect(metrics).toContain('landfall_dump_age_seconds{dump="production"} ')
  expect(metrics).not.toContain('landfall_unrouted_total 1')
  await app.stop()
  const shipped = log.lines.filter(({ message }) => message === 'a dump was shipped')
  expect(shipped).toHaveLength(2)

  async function notifications(on: boolean, configured: unknown = []) {
    const Bucket = 'faults-staging'
    const standing = await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))
    const QueueConfigurations = on ? (configured as typeof standing.QueueConfigurations) : []
    const NotificationConfiguration = { QueueConfigurations }
    await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }))
    return standing
  }
})
