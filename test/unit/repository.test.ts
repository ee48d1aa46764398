/** What must hold of the repository itself: licences, the lock file, the links of the docs. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../src/commands/index.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

interface Locked {
  readonly dev?: boolean
  readonly license?: string
  readonly resolved?: string
}

const lock = JSON.parse(read('package-lock.json')) as { packages: Readonly<Record<string, Locked>> }

describe('package-lock.json', () => {
  it('ships nothing under a stronger copyleft than LGPL', () => {
    const shipped = Object.entries(lock.packages).filter(([path, locked]) => path !== '' && locked.dev !== true)
    const strong = shipped.filter(
      ([, { license }]) => license === undefined || /(?<!L)GPL|SSPL|BUSL|EUPL|OSL/.test(license),
    )
    expect(shipped.length).toBeGreaterThan(50)
    expect(strong).toEqual([])
  })

  it('holds no download address', () => {
    const addressed = Object.entries(lock.packages).filter(([, { resolved }]) => resolved?.startsWith('http') === true)
    expect(addressed).toEqual([])
  })
})

describe('the image target demo', () => {
  it('carries the packages that sandbox/ imports and production does not', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Readonly<Record<string, string>> }
    const imported = readdirSync(join(ROOT, 'sandbox'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [...read(`sandbox/${name}`).matchAll(/ from '((?:@[\w-]+\/)?[\w-]+)[^']*'/g)])
      .map(([, name]) => name!)
      .filter((name) => name !== 'node' && dependencies[name] === undefined)
    const listed = execFileSync(process.execPath, ['scripts/sandbox-packages.mjs'], { cwd: ROOT, encoding: 'utf8' })
    expect(imported).not.toEqual([])
    expect(listed.trim().split(' ')).toEqual(
      expect.arrayContaining([...new Set(imported)].map((name) => `node_modules/${name}`)),
    )
  })
})

describe('the docs', () => {
  const pages = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).flatMap((name) =>
      name.endsWith('.md') ? [`docs/${name}`] : [],
    ),
  ]

  it.each(pages)('%s links to what exists', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)]*)?\)/g)].map(
      ([, target]) => target!,
    )
    expect(links.filter((target) => !existsSync(join(ROOT, dirname(page), target)))).toEqual([])
  })

  it.each(pages)('%s holds no half of a merge', (page) => {
    expect(read(page)).not.toMatch(/^(?:<{7}|>{7}) /m)
  })

  it.each(pages)('%s names only files that exist', (page) => {
    const named = [
      ...read(page).matchAll(/`((?:src|sandbox|test|bench|docs|scripts)\/[\w./-]+\.(?:ts|md|mjs|json|yaml))`/g),
    ].map(([, path]) => path!)
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })
})

describe('where to read on', () => {
  it('README.md names every page of docs/', () => {
    const named = [...read('README.md').matchAll(/\(docs\/([\w-]+\.md)\)/g)].map(([, page]) => page)
    const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'))
    expect(pages.filter((page) => !named.includes(page))).toEqual([])
  })

  it('docs/cli.md names every command', () => {
    const named = [...read('docs/cli.md').matchAll(/^landfall ([\w-]+) /gm)].map(([, name]) => name)
    expect(COMMANDS.map(({ name }) => name).filter((name) => !named.includes(name))).toEqual([])
  })
})
