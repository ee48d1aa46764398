import type { World } from '../types.ts'
import { makeNotifications, type Notifications } from './engine.ts'

/** Lets the buckets of this world tell queues and topics of their changes. */
export function attachNotifications(world: World): Notifications {
  return makeNotifications(world)
}
