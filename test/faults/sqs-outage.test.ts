import { onTestFinished, test } from 'vitest'
import { startWorld } from '../support/estate-world.ts'
import { expectSurvives } from '../support/outage.ts'

test('SQS answers 503 for 10 s in mid-traffic: nothing lost, no good message in the dead-letter queue', async () => {
  const world = await startWorld({ maxReceiveCount: 3 })
  onTestFinished(() => world.stop())
  await expectSurvives(world, {
    begin: () =>
      world.setFaults({ requests: [{ service: 'sqs', throttle: 1, status: 503, code: 'ServiceUnavailable' }] }),
    end: () => world.clearFaults(),
    readyz: 200,
  })
})
