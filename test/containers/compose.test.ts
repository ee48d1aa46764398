/** The Compose file as people type it: its profiles, and the whole demo once. Compose 1 and 2 alike, whichever is there. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { freePort } from '../../src/demo/redis-server.ts'
import type { StatusReport } from '../../src/domain/status.ts'
import { docker, run, type Said } from './docker.ts'

const TOKEN = 'a-token-of-twenty-characters'
const ROOT = join(import.meta.dirname, '..', '..')
const images = inject('images')
const command = inject('compose')

describe.skipIf(images === undefined || command === undefined)('docker-compose.yml', () => {
  const project = `landfall-test-${randomBytes(4).toString('hex')}`
  let env: Record<string, string>

  async function compose(...args: readonly string[]): Promise<Said> {
    const [program, ...first] = command!
    const all = [...first, '--project-directory', ROOT, '--project-name', project, ...args]
    return run(program!, all, { ...process.env, ...env })
  }

  /** Of this project alone, running or not, in the engine's own words: those of Compose 1 and 2 differ. */
  async function containers(format: string, service?: string): Promise<readonly string[]> {
    const labels = [`project=${project}`, ...(service === undefined ? [] : [`service=${service}`])]
    const filters = labels.flatMap((label) => ['--filter', `label=com.docker.compose.${label}`])
    const { stdout } = await docker('ps', '--all', '--format', format, ...filters)
    return stdout.split('\n').filter((line) => line !== '')
  }
  const services = async (): Promise<readonly string[]> =>
    (await containers('{{.Label "com.docker.compose.service"}}')).toSorted()

  beforeAll(async () => {
    env = {
      LANDFALL_IMAGE: images!.production,
      LANDFALL_DEMO_IMAGE: images!.demo,
      LANDFALL_PORT: String(await freePort()),
      LANDFALL_HTTP_TOKEN: TOKEN,
    }
  })

  afterAll(async () => {
    if (env !== undefined) await compose('--profile', 'demo', 'down', '--volumes', '--timeout', '1')
  })

  test.each(['service', 'demo', 'sandbox'])('is valid in the profile %s', async (profile) => {
    const { code, stderr } = await compose('--profile', profile, 'config', '--quiet')
    expect({ code, stderr }).toMatchObject({ code: 0 })
  })

  test('its service without a landfall.yaml: says which file is missing, and makes no folder of that name', async () => {
    const file = join(ROOT, 'out', `absent-${project}.yaml`)
    env['LANDFALL_FILE'] = file
    const up = await compose('up', '--detach', '--no-build')
    delete env['LANDFALL_FILE']
    expect(up.code).not.toBe(0)
    expect(up.stderr).toContain(file)
    expect(existsSync(file)).toBe(false)
    await compose('down', '--volumes', '--timeout', '1')
  })

  test('its demo shows the whole of it, and ends in order with nothing lost', async () => {
    const up = await compose('--profile', 'demo', 'up', '--detach', '--no-build')
    expect(up, up.stderr).toMatchObject({ code: 0 })

    expect(await services()).toEqual(['demo', 'redis'])

    const headers = { authorization: `Bearer ${TOKEN}` }
    const status = `http://127.0.0.1:${env['LANDFALL_PORT']}/status`
    await vi.waitFor(
      async () => {
        const { equation, pairs } = (await (await fetch(status, { headers })).json()) as StatusReport
        expect(equation).toMatchObject({ holds: true })
        expect(equation.received).toBeGreaterThan(500)
        expect(pairs.reduce((sum, { closed }) => sum + closed.landed, 0)).toBeGreaterThan(100)
      },
      { timeout: 60_000, interval: 500 },
    )
    expect((await compose('--profile', 'demo', 'stop', 'demo')).code).toBe(0)
    const logs = await compose('--profile', 'demo', 'logs', 'demo')
    expect(logs.stdout).toContain('The equation holds, and nothing is lost.')
    const demo = await containers('{{.ID}}', 'demo')
    const exit = await docker('inspect', '--format', '{{.State.ExitCode}}', ...demo)
    expect(exit.stdout.trim()).toBe('0')
  })
})
