/**
 * `node scripts/screenshots.ts`: the pictures of docs/page.md, from the demo in a headless Chromium (CHROMIUM names
 * another one than /usr/bin/chromium). Takes two minutes: a chart needs something to show.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { chromium } from 'playwright-core'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'docs', 'page')
const RUNS_MS = 105_000
const SIZES = { desktop: { width: 1360, height: 1720 }, phone: { width: 390, height: 1720 } }

const demo = spawn(process.execPath, [join(ROOT, 'src', 'cli.ts'), 'demo', '--seed', '7', '--rate', '60'], {
  stdio: ['ignore', 'ignore', 'pipe'],
})
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  await mkdir(FOLDER, { recursive: true })
  const url = await pageOf()
  await sleep(RUNS_MS)
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport, colorScheme })
      await page.goto(url)
      await page.locator('.cause').first().waitFor()
      await page.locator('#lag-reading').filter({ hasText: 'Last' }).waitFor()
      await page.screenshot({ path: join(FOLDER, `${size}-${colorScheme}.png`) })
      await page.close()
    }
  }
} finally {
  await browser.close()
  demo.kill('SIGINT')
  await once(demo, 'exit')
}

async function pageOf(): Promise<string> {
  for await (const line of createInterface({ input: demo.stderr })) {
    const found = /(http:\S+) \(the page\)/.exec(line)?.[1]
    if (found !== undefined) {
      demo.stderr.resume()
      return found
    }
  }
  throw new Error('the demo ended before it served its page')
}
