import { onTestFinished, test } from 'vitest'
import { startWorld } from '../support/estate-world.ts'
import { expectSurvives } from '../support/outage.ts'

test('S3 answers 503 to every look for 10 s in mid-traffic: nothing lost, no good message in the dead-letter queue', async () => {
  const world = await startWorld({ maxReceiveCount: 3 })
  onTestFinished(() => world.stop())
  const refused = { service: 's3', throttle: 1, status: 503, code: 'SlowDown' } as const
  await expectSurvives(world, {
    // The sources' own writers go on: it is Landfall that is refused, and its snapshots.
    begin: () =>
      world.setFaults({
        requests: [
          { ...refused, region: 'eu-west-2' },
          { ...refused, action: 'HeadObject' },
          { ...refused, action: 'ListObjectVersions' },
        ],
      }),
    end: () => world.clearFaults(),
    readyz: 200,
  })
})
