import { ServiceError } from '../http/errors.ts'
import { readJson } from '../http/json.ts'
import type { ControlAction } from './service.ts'

/**
 * Where the EventBridge events of a region's buckets go, in place of EventBridge's rules and targets:
 * `{"eu-west-1": "arn:aws:sqs:eu-west-1:111111111111:intake", "eu-west-2": null}`. Regions that are not named stay as they are.
 */
export const putEventBridge: ControlAction = async (call, { world, notifications }) => {
  for (const [region, queue] of Object.entries(await readJson(call))) {
    if (queue !== null && (typeof queue !== 'string' || !world.sqs.exists(queue))) {
      throw new ServiceError('InvalidQueue', `${region}: expected the ARN of a queue that exists, or null`)
    }
    notifications.bridge(region, queue ?? undefined)
  }
  return { status: 204 }
}
