/** An outage in mid-traffic, whatever it is that breaks: what Landfall owes while it lasts, and when it is over. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { expectAllAccounted, received } from './accounted.ts'
import type { EstateWorld } from './estate-world.ts'
import { type LogLine, recordingLog } from './log.ts'

const OUTAGE_MS = 10_000
/** From the end of the outage until all that was written before it ended is booked. */
const RECOVERS_WITHIN_MS = 15_000
/** A storm of lines drowns its own cause: an outage is worth a few, whatever the traffic. */
const MOST_COMPLAINTS = 12

export interface RunningApp {
  readonly app: App
  readonly lines: readonly LogLine[]
}

/** `landfall run` within this process, stopped with the test: an unhandled rejection in it fails the test. */
export async function startHere(world: Pick<EstateWorld, 'estate'>): Promise<RunningApp> {
  const log = recordingLog()
  const app = await startApp({ estate: world.estate, pathStyle: true, log })
  onTestFinished(() => app.stop())
  return { app, lines: log.lines }
}

export interface Outage {
  begin(): Promise<unknown>
  end(): Promise<unknown>
  /** What readiness answers while it lasts. */
  readonly readyz: 200 | 503
}

/** Traffic outlasts the outage and the recovery; the world's queues should park what is received three times. */
export async function expectSurvives(world: EstateWorld, outage: Outage): Promise<void> {
  const { app, lines } = await startHere(world)
  const status = async (path: string): Promise<number> => (await fetch(app.url + path)).status
  const traffic = world.traffic({ perSecond: 50 })
  await received(world, 100)

  await outage.begin()
  // The one wait on time: an outage is a stretch of time.
  await sleep(OUTAGE_MS)
  expect(await status('/livez')).toBe(200)
  expect(await status('/readyz')).toBe(outage.readyz)
  const before = traffic.count
  await outage.end()

  const endedAt = performance.now()
  await received(world, before)
  expect(performance.now() - endedAt).toBeLessThan(RECOVERS_WITHIN_MS)
  traffic.stop()
  await expectAllAccounted(world, traffic)
  expect(await status('/readyz')).toBe(200)
  expectFewComplaints(lines)
}

function expectFewComplaints(lines: readonly LogLine[]): void {
  const complaints = lines.filter(
    ({ level, message }) => (level === 'warn' || level === 'error') && message !== 'finding',
  )
  expect(complaints.length).toBeGreaterThan(0)
  expect(complaints.length, JSON.stringify(complaints.slice(0, 40), undefined, 1)).toBeLessThanOrEqual(MOST_COMPLAINTS)
}
