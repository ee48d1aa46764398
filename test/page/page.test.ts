/** The operator's page in a real browser: what fails shows, is driven again by its button, and lands; for everybody. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { DayLetter } from '../../src/domain/dump/calendar.ts'
import type { DumpHealth } from '../../src/domain/dump/health.ts'
import { chromiumPath, launchBrowser, NO_CHROMIUM, openPage } from '../support/browser.ts'
import { DOCUMENTS, eventually, redriveEstate } from '../support/redrive-estate.ts'
import { HOSTILE, TOKEN, webWorld } from '../support/web-world.ts'

if (chromiumPath === undefined) console.warn(`SKIPPED: ${NO_CHROMIUM}`)

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** One poll of the board, the walk over what failed, and a browser on a busy machine. */
const SHOWS_WITHIN_MS = 5_000

/** One that is good, and one that is broken. */
function dumpsNow(): readonly DumpHealth[] {
  const hour = 3_600_000
  const now = Date.now()
  const newest = now - 3 * hour
  const last = now - (now % (24 * hour))
  const good = { newest, newestVerified: newest, newestDrilled: now - 48 * hour, bytes: 2 ** 30, sizeRatio: 1 }
  const counts = { unverified: 0, failed: 0, replicated: true }
  const letters = '.........uvVVVVVFVVVVDVVVVVVVV'.split('') as DayLetter[]
  return [
    { dump: 'production', ...good, newestState: 'verified', ...counts, days: { last, letters } },
    {
      dump: 'staging',
      ...good,
      newestVerified: newest - 24 * hour,
      newestState: 'failed',
      ...counts,
      failed: 1,
      days: { last, letters: [...letters.slice(0, -1), 'F'] },
    },
  ]
}

describe.skipIf(chromiumPath === undefined)('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())

  async function axe(page: Page): Promise<readonly string[]> {
    await page.evaluate(await readFile(AXE, 'utf8'))
    const { violations } = await page.evaluate<AxeResults>('axe.run()')
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  }

  /** Of a server over a ledger in memory, with hostile failures in it, and dumps of hostile names. */
  async function served(token: string | undefined = TOKEN) {
    const world = await webWorld({
      token,
      dumps: [...dumpsNow(), ...HOSTILE.map((dump) => ({ ...dumpsNow()[0]!, dump }))],
    })
    await world.fail(DOCUMENTS, HOSTILE, 'DstPutObjectNotPermitted')
    for (const reason of HOSTILE) await world.fail('agreements', [reason], reason)
    return { ...world, url: await world.server.listen({ host: '127.0.0.1', port: 0 }) }
  }

  test('a failure shows within five seconds, is driven again by its button, and lands', async () => {
    const { world, put, run } = await redriveEstate({ fail: '10m', late: '1m', recheck: '10m' })
    const { app } = await run({ automatic: false }, { httpToken: TOKEN })
    const { page, complaints } = await openPage(browser)
    onTestFinished(() => page.context().close())
    await page.goto(app.url)
    await page.getByText('All is well').waitFor()

    await world.setFaults({ replication: { fail: [{ share: 1, reasons: ['DstVersionNotFound'] }] } })
    await put('documents/one.pdf')
    await eventually(async () => {
      expect(await world.ledger.snapshot(DOCUMENTS)).toMatchObject({ open: { failed: 1 } })
    })
    const card = page.locator('.cause', { hasText: 'DstVersionNotFound' })
    await card.waitFor({ timeout: SHOWS_WITHIN_MS })
    expect(await card.innerText()).toContain('1 version')
    await page.getByRole('heading', { name: 'you would lose 1 version' }).waitFor()
    await world.clearFaults()

    // By keyboard alone, as a person without a mouse does.
    await card.getByRole('button', { name: 'Re-drive: DstVersionNotFound in documents' }).focus()
    await page.keyboard.press('Enter')
    await page.getByLabel('Your name').fill('Ada')
    await page.getByLabel('Token').fill('wrong')
    await page.keyboard.press('Enter')
    await page.getByText('That is not the token.').waitFor()
    await page.getByLabel('Token').fill(TOKEN)
    await page.keyboard.press('Enter')
    await page.getByText('1 version ordered').first().waitFor()

    await eventually(async () => {
      expect(await world.ledger.snapshot(DOCUMENTS)).toMatchObject({ open: { failed: 0 }, closed: { landed: 1 } })
    })
    await card.waitFor({ state: 'detached' })
    await page.getByText('nothing would be lost').waitFor()
    await page.locator('#acts').getByText('Ada (page, 127.0.0.1)').first().waitFor()
    expect(await world.ledger.acts(100)).toContainEqual(
      expect.objectContaining({ who: 'Ada (page, 127.0.0.1)', what: 'redrive', pair: DOCUMENTS, count: 1 }),
    )
    // The one refused order is what the browser itself writes down.
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([])
  })

  test('hostile keys and reasons are shown and do nothing', async () => {
    const { url, ledger } = await served()
    const { page, complaints, asked } = await openPage(browser)
    onTestFinished(() => page.context().close())
    page.on('dialog', (dialog) => expect.unreachable(dialog.message()))
    await page.goto(`${url}/#token=${TOKEN}`)
    await page.getByRole('button', { name: 'Versions: DstPutObjectNotPermitted' }).click()
    const shown = page.locator('.key-name')
    await vi.waitFor(async () => expect(await shown.count()).toBe(HOSTILE.length), { timeout: 10_000 })
    const texts = await shown.allInnerTexts()
    expect(texts.join('\n')).toContain('<script>document.title="owned"</script>')
    await page.locator('#backups-body tr').first().waitFor()
    const dumps = await page.locator('#backups').innerText()
    expect(dumps).toContain('<script>document.title="owned"</script>')
    for (const harmful of ['\u202E', '\u001B']) expect(texts.join('') + dumps).not.toContain(harmful)
    expect(await page.title()).toContain('Landfall')
    expect(await page.locator('main script, main img:not([src^="/page/"])').count()).toBe(0)

    // An order for such a reason is about it, and about nothing else.
    const reason = HOSTILE[2]!
    await page.getByRole('button', { name: /^Re-drive: "line\\nbreak/ }).click()
    await page.getByLabel('Your name').fill('Ada')
    await page.getByRole('button', { name: 'Re-drive', exact: true }).click()
    await page.getByText('1 version ordered').first().waitFor()
    const { versions } = await ledger.wanted('agreements', { limit: 100 })
    expect(versions.map(({ version }) => version.reason)).toEqual([reason])
    expect((await ledger.wanted(DOCUMENTS, { limit: 100 })).versions).toEqual([])

    expect(new URL(page.url()).hash).toBe('')
    expect(asked.filter((address) => !address.startsWith(url) || address.includes(TOKEN))).toEqual([])
    expect(complaints).toEqual([])
  })

  test.each([
    ['light', 1360],
    ['dark', 1360],
    ['light', 390],
    ['dark', 390],
  ] as const)('axe finds nothing serious, and nothing is cut off: %s, %i wide', async (colorScheme, width) => {
    const { url } = await served()
    const { page, complaints } = await openPage(browser, { colorScheme, viewport: { width, height: 844 } })
    onTestFinished(() => page.context().close())
    await page.goto(`${url}/#token=${TOKEN}`)
    await page.locator('.cause').first().waitFor()
    await page.locator('#backups-body tr').first().waitFor()
    await page.getByRole('button', { name: 'Versions: DstPutObjectNotPermitted' }).click()
    await page.locator('.key-name').first().waitFor()
    expect(await axe(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    await page.getByRole('button', { name: /^Discard: DstPutObjectNotPermitted/ }).click()
    await page.getByRole('dialog').waitFor()
    expect(await axe(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(complaints).toEqual([])
  })

  test('the last backup is in the answer, and each dump has its row and its days', async () => {
    const [good, broken] = dumpsNow()
    const one = await webWorld({ dumps: [good!] })
    const { page, complaints } = await openPage(browser)
    onTestFinished(() => page.context().close())
    await page.goto(await one.server.listen({ host: '127.0.0.1', port: 0 }))
    await page.getByText('Last backup: production, 3 h ago, verified, restored 2 d ago').waitFor()
    const days = page.getByRole('list', { name: 'The last days of production' }).getByRole('listitem')
    expect(await days.count()).toBe(30)
    expect(await days.last().textContent()).toContain('verified and replicated')

    const two = await webWorld({ dumps: [good!, broken!] })
    await page.goto(await two.server.listen({ host: '127.0.0.1', port: 0 }))
    await page.getByText('Last backup: staging, 3 h ago, BROKEN').waitFor()
    await page.getByRole('link', { name: '1 backup not good' }).waitFor()
    expect(await page.locator('#answer-level').innerText()).toMatch(/needs you/i)
    const row = page.getByRole('row', { name: /staging/ })
    expect(await row.innerText()).toContain('the newest is broken')

    const none = await webWorld()
    await page.goto(await none.server.listen({ host: '127.0.0.1', port: 0 }))
    await page.getByText('nothing would be lost').waitFor()
    expect(await page.locator('#backups').isVisible()).toBe(false)
    expect(await page.locator('#answer-backup').isVisible()).toBe(false)
    expect(complaints).toEqual([])
  })

  test('without a token the page says that orders are off, and gives none', async () => {
    const world = await webWorld({ token: undefined })
    await world.fail(DOCUMENTS, ['a'])
    const url = await world.server.listen({ host: '127.0.0.1', port: 0 })
    const { page, complaints } = await openPage(browser)
    onTestFinished(() => page.context().close())
    await page.goto(url)
    await page.getByText('Orders are off').waitFor()
    for (const name of [/^Re-drive/, /^Discard/])
      expect(await page.getByRole('button', { name }).first().isDisabled()).toBe(true)
    expect(complaints).toEqual([])
  })

  test('away from loopback the page asks for the token first', async () => {
    const world = await webWorld({ host: '0.0.0.0', token: TOKEN })
    await world.fail(DOCUMENTS, ['a'])
    const url = await world.server.listen({ host: '127.0.0.1', port: 0 })
    const { page } = await openPage(browser)
    onTestFinished(() => page.context().close())
    await page.goto(url)
    await page.getByRole('dialog', { name: 'Sign in' }).waitFor()
    expect(await page.locator('.cause').count()).toBe(0)
    await page.getByRole('textbox', { name: 'Token' }).fill('not the token at all')
    await page.keyboard.press('Enter')
    await page.getByText('That is not the token.').waitFor()
    await page.getByRole('textbox', { name: 'Token' }).fill(TOKEN)
    await page.keyboard.press('Enter')
    await page.locator('.cause').waitFor()
  })

  test('a service that goes and comes again is said to be gone, and is found again', async () => {
    const first = await served()
    const { page } = await openPage(browser)
    onTestFinished(() => page.context().close())
    await page.goto(first.url)
    await page.getByText('live', { exact: true }).waitFor()
    await first.server.close()
    await page.getByText(/^no connection; shown as of/).waitFor()
    const again = await webWorld({ token: TOKEN })
    await again.server.listen({ host: '127.0.0.1', port: Number(new URL(first.url).port) })
    await page.getByText('live', { exact: true }).waitFor()
    // What the new one does not have is not shown any more.
    await page.getByText('Nothing failed, and nothing is mismatched.').waitFor()
  })
})
