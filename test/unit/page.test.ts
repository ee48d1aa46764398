/** The page's own files: nothing inline, nothing from elsewhere, imports that hold; and its copy of `inert`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inert } from '../../src/domain/inert.ts'
import { readAssets } from '../../src/web/assets.ts'
import { bytes, dollars, inert as inertOnPage, lag, number, span } from '../../src/web/page/format.js'
import { fc } from '../support/fc.ts'

describe('the page', () => {
  it('has nothing inline', async () => {
    const html = (await readAssets()).get('/')!.body
    expect(html).not.toMatch(/<style|style=|\son\w+=|javascript:/i)
    expect([...html.matchAll(/<script\b[^>]*>([^<]*)/g)].map(([, inside]) => inside)).toEqual([''])
  })

  it('asks nobody but its own server, and only for what is there', async () => {
    const assets = await readAssets()
    for (const [path, { body, type }] of assets) {
      if (path.startsWith('/page/uplot') || path.endsWith('.svg')) continue
      expect(body, path).not.toMatch(/https?:\/\/|\/\/\w+\.\w|@import|url\(/)
      const links = type.startsWith('text/javascript')
        ? [...body.matchAll(/^import .* from '([^']+)'/gm)].map(([, to]) => new URL(to!, `http://x${path}`).pathname)
        : [...body.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, to]) => to!)
      for (const link of links) expect([...assets.keys()], `${path} -> ${link}`).toContain(link)
    }
  })

  it('makes no markup out of text', async () => {
    for (const [path, { body }] of await readAssets()) {
      if (!path.endsWith('.js') || path.includes('uplot')) continue
      expect(body, path).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/)
    }
  })

  it('carries uPlot whose licence stands in its package', async () => {
    const licence = join(import.meta.dirname, '../../node_modules/uplot/LICENSE')
    expect(await readFile(licence, 'utf8')).toContain('MIT')
  })
})

describe('format', () => {
  it('makes text inert as the terminal does', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(fc.property(text, (given) => inertOnPage(given) === inert(given)))
    for (const one of ['a\nb', '\u202E', '\uD800', '\u0085', '\u{E0001}', 'plain <b>'])
      expect(inertOnPage(one)).toBe(inert(one))
  })

  it.each([
    [number(0), '0'],
    [number(12_345), '12,345'],
    [bytes(0), '0 B'],
    [bytes(1023), '1023 B'],
    [bytes(1536), '1.5 KiB'],
    [bytes(2 ** 50), '1.0 PiB'],
    [span(0), '0 ms'],
    [span(1500), '1.5 s'],
    [span(75_000), '75 s'],
    [span(3_600_000), '60 min'],
    [span(9_000_000), '2 h 30 min'],
    [span(300_000_000), '3 d 11 h'],
    [span(172_800_000), '2 d'],
    [lag(undefined), '–'],
    [dollars(0), '$0.00'],
    [dollars(0.001), 'less than $0.01'],
    [dollars(12.5), '$12.50'],
  ])('%s', (is, wanted) => {
    expect(is).toBe(wanted)
  })
})
