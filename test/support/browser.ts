/** A headless Chromium, where the machine has one: its page tells of every console error and every refused load. */
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
]

/** CHROMIUM names another one. */
export const chromiumPath: string | undefined = [process.env['CHROMIUM'], ...PLACES].find(
  (path) => path !== undefined && path !== '' && existsSync(path),
)

export const NO_CHROMIUM =
  'no Chromium on this machine (apt-get install chromium, or CHROMIUM=/path): the page is not tried in a browser'

export async function launchBrowser(): Promise<Browser> {
  // In a container of root's there is no sandbox of Chromium's own.
  return chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

export interface WatchedPage {
  readonly page: Page
  /** Console errors and warnings, exceptions, loads that a policy refused. */
  readonly complaints: readonly string[]
  /** Every address that was asked for. */
  readonly asked: readonly string[]
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  const asked: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => asked.push(request.url()))
  // A violation is a console error too; this names the directive.
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`))",
  )
  return { page, complaints, asked }
}
