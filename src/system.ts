/** The process' own clock, chance and names: the only place that asks for them, so that everything else can be tested. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Clock, Random } from './ports.ts'

export const systemClock: Clock = { now: () => Date.now() }

export const systemRandom: Random = { next: () => Math.random() }

/** Names this container among others, for leases: host, process, and a part that no restart repeats. */
export function processName(): string {
  return `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
}
