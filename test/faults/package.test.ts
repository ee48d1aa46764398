/** The npm package as its users have it: packed, installed globally, and run, where Node strips no types. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../src/demo/redis-server.ts'
import { expectAllAccounted } from '../support/accounted.ts'
import { type EstateWorld, startWorld } from '../support/estate-world.ts'
import { type Ended, landfall, spawnLandfall } from '../support/landfall-process.ts'

const execute = promisify(execFile)
const ROOT = join(import.meta.dirname, '..', '..')
const INSTALL_FLAGS = ['--omit=dev', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
/** As npm says that it reaches no registry. */
const OFFLINE = /\b(EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED)\b/
// The program's first line asks `env` for a Node.
const env = { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) }

let folder: string
/** Undefined: there is no registry to install its dependencies from. */
let program: string | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-package-'))
  await execute('npm', ['pack', '--pack-destination', folder], { cwd: ROOT, env })
  const [tarball] = await readdir(folder)
  try {
    await execute('npm', ['install', '--global', '--prefix', folder, ...INSTALL_FLAGS, join(folder, tarball!)], { env })
    program = join(folder, 'bin', 'landfall')
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    if (stderr === undefined || !OFFLINE.test(stderr)) throw error
    console.warn(`SKIPPED: the installed package: no registry answers (${stderr.split('\n')[0]})`)
  }
}, 180_000)
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** With none of this machine's variables but the PATH. */
async function run(...args: readonly string[]): Promise<Ended> {
  return landfall({ program: program!, args, env: { PATH: env.PATH, HOME: folder }, cwd: folder })
}

describe('landfall, installed by npm install --global', () => {
  test('carries JavaScript, the page, the docs and the example; no sandbox, no tests, no TypeScript', async (context) => {
    if (program === undefined) context.skip()
    const home = join(folder, 'lib', 'node_modules', 'landfall')
    const names = await readdir(home, { recursive: true })
    const own = names.filter((name) => !name.startsWith('node_modules'))
    expect(own).toEqual(
      expect.arrayContaining([
        'dist/cli.js',
        'dist/web/page/index.html',
        'docs/landfall.schema.json',
        'docs/errors.md',
        'landfall.example.yaml',
        'LICENSE',
        'README.md',
      ]),
    )
    expect(own.filter((name) => /\.tsx?$|^(src|sandbox|test|bench)\b|tsconfig/.test(name))).toEqual([])
    expect(existsSync(join(home, 'node_modules', 'vitest'))).toBe(false)
  })

  test('prints its help and checks a configuration', async (context) => {
    if (program === undefined) context.skip()
    const help = await run('--help')
    expect(help, help.stderr).toMatchObject({ code: 0 })
    expect(help.stdout).toContain('Usage: landfall')
    const example = join(folder, 'lib', 'node_modules', 'landfall', 'landfall.example.yaml')
    const check = await run('config', 'check', '--config', example)
    expect(check, check.stderr).toMatchObject({ code: 0 })
    expect(check.stdout).toContain('sound')
  })

  test.for(['demo', 'sandbox'])('says that %s is not in it, before it starts anything', async (command, context) => {
    if (program === undefined) context.skip()
    const { code, stderr } = await run(command)
    expect({ code, stderr }).toMatchObject({ code: 2 })
    expect(stderr).toContain('SANDBOX_ABSENT')
    expect(stderr).toContain('the npm package')
    expect(stderr).not.toContain('Redis')
  })

  test('landfall run gets ready, works, serves its page, and ends in order', async (context) => {
    if (program === undefined) context.skip()
    const httpPort = await freePort()
    const world: EstateWorld = await startWorld({ httpPort })
    try {
      const args = ['run', '--config', world.configFile]
      const service = spawnLandfall({ program: program!, args, env: { ...world.env, PATH: env.PATH } })
      await service.said('landfall runs')
      const health = `http://127.0.0.1:${httpPort}`
      expect(await (await fetch(`${health}/readyz`)).json()).toEqual({ ready: true, reasons: [] })
      expect(await (await fetch(`${health}/`)).text()).toContain('<title>Landfall</title>')
      expect((await fetch(`${health}/page/uplot.js`)).status).toBe(200)
      await expectAllAccounted(world, world.traffic({ events: 100, perSecond: 100 }))
      service.kill('SIGTERM')
      expect(await service.ended).toMatchObject({ code: 0 })
    } finally {
      await world.stop()
    }
  })
})
