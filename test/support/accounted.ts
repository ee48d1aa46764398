/** Counts what Landfall says against what was written, and against what the buckets hold. */
import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3'
import { expect, vi } from 'vitest'
import type { Traffic, WrittenVersion } from '../../src/demo/traffic.ts'
import { equationOf } from '../../src/domain/status.ts'
import type { EstateWorld } from './estate-world.ts'

/** Generous: two cores are shared, and a dead worker's verify job comes back after 15 s. */
const SETTLES_WITHIN_MS = 60_000

/**
 * Waits until every queue is empty and nothing is open, then holds the ledger against the truth: every version received
 * exactly once, nothing called landed that is not in the destination, nothing in the dead-letter queues.
 */
export async function expectAllAccounted(
  world: EstateWorld,
  traffic: Pick<Traffic, 'done' | 'written'>,
  expected: { readonly dead?: number } = {},
): Promise<void> {
  await traffic.done
  const { dead = 0 } = expected
  await vi.waitFor(
    async () => {
      for (const [pair, versions] of traffic.written()) {
        const snapshot = await world.ledger.snapshot(pair)
        const { received, open } = equationOf(snapshot)
        expect({ pair, received, open }).toEqual({ pair, received: versions.length, open: 0 })
      }
      expect(await world.depths()).toEqual({ waiting: 0, dead })
    },
    { timeout: SETTLES_WITHIN_MS, interval: 200 },
  )
  for (const [pair, versions] of traffic.written()) await expectPairAccounted(world, pair, versions)
}

async function expectPairAccounted(world: EstateWorld, pair: string, versions: readonly WrittenVersion[]) {
  const snapshot = await world.ledger.snapshot(pair)
  const known = await world.ledger.known(
    pair,
    versions.map(({ id }) => id),
  )
  const { destination } = world.estate.pairs.find(({ name }) => name === pair)!
  const there = await versionsIn(world, destination.bucket)
  const present = versions.filter(({ versionId }) => there.has(versionId)).length
  const { landed, gone, excluded, ...others } = snapshot.closed

  expect(equationOf(snapshot)).toMatchObject({ received: versions.length, reopened: 0, open: 0, holds: true })
  expect({ pair, lost: versions.length - known.size }).toEqual({ pair, lost: 0 })
  expect(others).toEqual({ expired: 0, superseded: 0, discarded: 0 })
  // A version that its writer deleted at once may have landed before that; what never landed must not be called so.
  expect(landed).toBeLessThanOrEqual(present)
  expect(gone + excluded).toBeGreaterThanOrEqual(versions.length - present)
  expect(landed).toBeGreaterThan(0)
}

/** The ids of all versions and markers that a bucket in eu-west-2 holds. */
export async function versionsIn(world: EstateWorld, bucket: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  let page: ListObjectVersionsCommandOutput | undefined
  do {
    page = await world.clients.destination.s3.send(
      new ListObjectVersionsCommand({
        Bucket: bucket,
        KeyMarker: page?.NextKeyMarker,
        VersionIdMarker: page?.NextVersionIdMarker,
      }),
    )
    for (const { VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) found.add(VersionId!)
  } while (page.IsTruncated === true)
  return found
}

/** Resolves when so many versions are booked: Landfall is at work, and the traffic is not over. */
export async function received(world: EstateWorld, least: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const snapshots = await Promise.all(world.estate.pairs.map(({ name }) => world.ledger.snapshot(name)))
      expect(snapshots.reduce((sum, snapshot) => sum + snapshot.received, 0)).toBeGreaterThanOrEqual(least)
    },
    { timeout: SETTLES_WITHIN_MS, interval: 50 },
  )
}
