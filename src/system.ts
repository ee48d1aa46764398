/** The process' own clock, chance and names: the only place that asks for them, so that everything else can be tested. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Random } from './ports.ts'

export const systemClock: Clock = { now: () => Date.now() }

export const systemRandom: Random = { next: () => Math.random() }

/** Rejects with the signal's reason where it is aborted. */
export async function systemPause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal })
}

/** Names this container among others, for leases: host, process, and a part that no restart repeats. */
export function processName(): string {
  return `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`
}
