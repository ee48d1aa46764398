import { expect, onTestFinished, test, vi } from 'vitest'
import { expectAllAccounted, received, versionsIn } from '../support/accounted.ts'
import { SNAPSHOT_BUCKET } from '../support/estate-file.ts'
import { type EstateWorld, startWorld } from '../support/estate-world.ts'
import { heartbeats } from '../support/heartbeats.ts'
import { type LandfallProcess, startLandfall } from '../support/landfall-process.ts'

async function busyWorld(): Promise<EstateWorld> {
  const world = await startWorld()
  onTestFinished(() => world.stop())
  await world.setFaults({ notifications: [{ duplicate: 0.05, reorderMs: 200 }] })
  return world
}

async function stopAll(containers: readonly LandfallProcess[]): Promise<void> {
  for (const container of containers) container.kill('SIGTERM')
  for (const { code } of await Promise.all(containers.map(({ ended }) => ended))) expect(code).toBe(0)
}

test('three containers share the work: none counted twice, and one of them publishes', async () => {
  const world = await busyWorld()
  const began = Date.now()
  const containers = await Promise.all([1, 2, 3].map(() => startLandfall(world)))
  await expectAllAccounted(world, world.traffic({ events: 800, perSecond: 0 }))
  // Each has been at work.
  for (const { log } of containers) {
    const { http } = log.find(({ msg }) => msg === 'landfall runs') as unknown as { http: string }
    const page = await (await fetch(`${http}/metrics`)).text()
    expect(
      Number(/aws_requests_total\{service="sqs",action="DeleteMessageBatch"\} (\d+)/.exec(page)?.[1]),
    ).toBeGreaterThan(0)
  }
  const seconds = (Date.now() - began) / 1000
  await vi.waitFor(async () => expect(await heartbeats(world)).toBeGreaterThan(1), { timeout: 10_000 })
  // One a period (1 s) in all, not one a container.
  expect(await heartbeats(world)).toBeLessThanOrEqual(seconds + 2)
  await stopAll(containers)
})

test('one of three is killed in mid-traffic: nothing is lost, and the others go on with what it did alone', async () => {
  const world = await busyWorld()
  const began = Date.now()
  const [first, ...others] = await Promise.all([1, 2, 3].map(() => startLandfall(world)))
  const traffic = world.traffic({ events: 800, perSecond: 200 })
  await received(world, 200)
  first!.kill('SIGKILL')
  await first!.ended
  await expectAllAccounted(world, traffic)

  // Whoever published last: another one takes over when its lease is over.
  const before = await heartbeats(world)
  await vi.waitFor(async () => expect(await heartbeats(world)).toBeGreaterThan(before + 2), { timeout: 60_000 })
  await vi.waitFor(async () => expect(await snapshots(world)).toBeGreaterThan(1), { timeout: 60_000 })
  const seconds = (Date.now() - began) / 1000
  // Each second, and each ten: in all, not of each container.
  expect(await heartbeats(world)).toBeLessThanOrEqual(seconds + 2)
  expect(await snapshots(world)).toBeLessThanOrEqual(seconds / 10 + 2)
  await stopAll(others)
})

/** How often the open list was written so far: its bucket keeps versions. */
async function snapshots(world: EstateWorld): Promise<number> {
  return (await versionsIn(world, SNAPSHOT_BUCKET)).size
}

test('--only intake and --only verify in two processes do the whole job together', async () => {
  const world = await busyWorld()
  const intake = await startLandfall(world, ['--only', 'intake'])
  const traffic = world.traffic({ events: 300, perSecond: 0 })
  await traffic.done
  await received(world, 300)
  // The quiet pair's versions wait for looks that nobody makes.
  expect((await world.ledger.snapshot('communications')).open.waiting).toBeGreaterThan(100)
  const verify = await startLandfall(world, ['--only', 'verify'])
  await expectAllAccounted(world, traffic)
  await stopAll([intake, verify])
})
