/** What an outage may and may not do to Landfall's log, and how long it lasts here. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import type { EstateWorld } from './estate-world.ts'
import { type LogLine, recordingLog } from './log.ts'

export const OUTAGE_MS = 10_000
/** From the end of the outage until events are booked again. */
export const RECOVERS_WITHIN_MS = 15_000

/** The one wait on time in these tests: an outage is a stretch of time. */
export async function outageLasts(): Promise<void> {
  await sleep(OUTAGE_MS)
}

export interface RunningApp {
  readonly app: App
  readonly lines: readonly LogLine[]
  stop(): Promise<void>
}

/** `landfall run` within this process: an unhandled rejection in it fails the test. */
export async function startHere(world: Pick<EstateWorld, 'estate'>): Promise<RunningApp> {
  const log = recordingLog()
  const app = await startApp({ estate: world.estate, pathStyle: true, log })
  return { app, lines: log.lines, stop: () => app.stop() }
}

/** A storm of lines drowns its own cause: an outage is worth a few, whatever the traffic. */
export function expectFewComplaints(lines: readonly LogLine[], most = 12): void {
  const complaints = lines.filter(({ level }) => level === 'warn' || level === 'error')
  expect(complaints.length, JSON.stringify(complaints.slice(0, 40), undefined, 1)).toBeLessThanOrEqual(most)
  expect(complaints.length).toBeGreaterThan(0)
}
