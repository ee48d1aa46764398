import { GetObjectCommand } from '@aws-sdk/client-s3'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test, vi } from 'vitest'
import { snapshotKey } from '../../src/aws/snapshot-store.ts'
import { bullPrefix } from '../../src/queues/redis.ts'
import { expectAllAccounted, received } from '../support/accounted.ts'
import { type EstateWorld, startWorld } from '../support/estate-world.ts'
import { startHere } from '../support/outage.ts'

test('all BullMQ keys deleted in mid-traffic: nothing lost, and the repeated jobs come back', async () => {
  const world = await startWorld()
  onTestFinished(() => world.stop())
  const { lines } = await startHere(world)
  const redis = new Redis(world.redis.url)
  onTestFinished(() => redis.disconnect())
  const traffic = world.traffic({ perSecond: 100 })
  for (const deleteAt of [100, 200, 300]) {
    await received(world, deleteAt)
    const keys = await redis.keys(`${bullPrefix()}*`)
    expect(keys.length).toBeGreaterThan(0)
    await redis.del(keys)
  }
  const deletedAt = new Date()
  await received(world, 400)
  traffic.stop()
  await expectAllAccounted(world, traffic)

  // Each container writes the schedules again, about as often as they run.
  await vi.waitFor(async () => expect(await snapshotTime(world)).toBeGreaterThan(deletedAt.getTime()), {
    timeout: 30_000,
    interval: 500,
  })
  expect(lines.filter(({ level }) => level === 'error')).toEqual([])
})

async function snapshotTime({ clients, estate }: EstateWorld): Promise<number> {
  const { bucket, prefix } = estate.service.snapshot!
  const command = new GetObjectCommand({ Bucket: bucket, Key: snapshotKey(prefix, estate.name) })
  const { Body } = await clients.destination.s3.send(command)
  return Date.parse((JSON.parse(await Body!.transformToString()) as { at: string }).at)
}
