/** How long the API's answers and the page's first paint take over a ledger with a past, on a server of its own process. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'
import { median, round } from '../support/bench.ts'

const ASKED = 40

/** By path: median and the 95th percentile of the whole answer, ms, and its size. */
export async function askAll(url: string, pair: string) {
  const paths = [
    '/api/about',
    '/api/status',
    '/api/pairs',
    '/api/queues',
    '/api/incidents',
    '/api/redrives',
    '/api/dead-letters',
    '/api/audits',
    '/api/alarms',
    '/api/acts',
    '/api/failures',
    `/api/failures/versions?pair=${pair}`,
    '/api/history?range=24h',
    '/api/history?range=8d',
    `/api/history?range=24h&pair=${pair}`,
    `/api/history?range=8d&pair=${pair}`,
  ]
  const figures: Record<string, { medianMs: number; p95Ms: number; bytes: number }> = {}
  for (const path of paths) {
    const times: number[] = []
    let bytes = 0
    for (let n = 0; n < ASKED; n += 1) {
      const began = performance.now()
      const response = await fetch(url + path)
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
      bytes = (await response.arrayBuffer()).byteLength
      times.push(performance.now() - began)
      await sleep(20)
    }
    const sorted = times.toSorted((a, b) => a - b)
    figures[path] = { medianMs: round(median(times), 1), p95Ms: round(sorted[Math.floor(ASKED * 0.95) - 1]!, 1), bytes }
  }
  return figures
}

export interface Painted {
  /** First contentful paint. */
  readonly firstPaintMs: number
  /** Until the number at risk stands there. */
  readonly answerMs: number
  /** Until the failures are listed. */
  readonly failuresMs: number
}

/** Each load in a fresh context, so that nothing is cached. Undefined where there is no Chromium. */
export async function paint(url: string, loads: number): Promise<Painted | undefined> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) return undefined
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  try {
    const all: Painted[] = []
    for (let n = 0; n <= loads; n += 1) {
      const context = await browser.newContext({ viewport: { width: 1360, height: 900 } })
      const page = await context.newPage()
      await page.goto(url)
      const now = async (): Promise<number> => Number(await page.evaluate('performance.now()'))
      await page.locator('#answer[data-level=alarm], #answer[data-level=watch]').waitFor()
      const answerMs = await now()
      await page.locator('.cause').first().waitFor()
      const failuresMs = await now()
      const firstPaintMs = Number(
        await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"),
      )
      // The first one warms the browser.
      if (n > 0) all.push({ firstPaintMs, answerMs, failuresMs })
      await context.close()
    }
    const of = (read: (painted: Painted) => number): number => round(median(all.map(read)))
    return {
      firstPaintMs: of((one) => one.firstPaintMs),
      answerMs: of((one) => one.answerMs),
      failuresMs: of((one) => one.failuresMs),
    }
  } finally {
    await browser.close()
  }
}
