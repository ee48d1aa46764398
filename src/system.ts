/** The process' own clock, chance and names: the only place that asks for them, so that everything else can be tested. */
import { randomBytes, randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
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

/** For a page that lives as long as this process. */
export function randomToken(): string {
  return randomBytes(18).toString('base64url')
}

/** Who runs this command, for the record of who did what: `user@host`. */
export function operatorName(): string {
  return `${userName()}@${hostname()}`
}

/** A container's user often has a number and no name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}

/** Names one run of a command, and no other. */
export function newRunId(): string {
  return randomUUID()
}
