/** The Compose file as people type it: its profiles, and the whole demo once. Compose 1 and 2 alike, whichever is there. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { makeAws } from '../../src/aws/clients.ts'
import { provision } from '../../src/aws/provision.ts'
import { makeWriter } from '../../src/aws/writer.ts'
import { pointAtSandbox } from '../../src/config/environment.ts'
import { loadEstate } from '../../src/config/load.ts'
import { startTraffic } from '../../src/demo/traffic.ts'
import { estateDocument, writeEstateFile } from '../support/estate-file.ts'
import { ACCOUNT } from '../support/local-aws.ts'
import { recordingLog } from '../support/log.ts'
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
      SANDBOX_PORT: String(await freePort()),
      LANDFALL_HTTP_TOKEN: TOKEN,
    }
  })

  afterAll(async () => {
    if (env !== undefined) await downAll()
  })
  const downAll = async (): Promise<Said> =>
    compose(...['demo', 'sandbox', 'cluster'].flatMap((name) => ['--profile', name]), 'down', '--volumes', '-t', '1')
  const status = async (): Promise<StatusReport> => {
    const headers = { authorization: `Bearer ${TOKEN}` }
    const answer = await fetch(`http://127.0.0.1:${env['LANDFALL_PORT']}/status`, { headers })
    return (await answer.json()) as StatusReport
  }

  test.each(['service', 'demo', 'sandbox', 'cluster'])('is valid in the profile %s', async (profile) => {
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

    await vi.waitFor(
      async () => {
        const { equation, pairs } = await status()
        expect(equation).toMatchObject({ holds: true })
        expect(equation.received).toBeGreaterThan(500)
        expect(pairs.reduce((sum, { closed }) => sum + closed.landed, 0)).toBeGreaterThan(100)
      },
      { timeout: 60_000, interval: 500 },
    )
    const said = async (): Promise<string> => (await compose('--profile', 'demo', 'logs', 'demo')).stdout
    // Its image has a PostgreSQL.
    expect(await said()).toContain('a PostgreSQL of our own')
    expect((await compose('--profile', 'demo', 'stop', 'demo')).code).toBe(0)
    expect(await said()).toMatch(/dumps {7}[1-9]\d* made/)
    const logs = await compose('--profile', 'demo', 'logs', 'demo')
    expect(logs.stdout).toContain('The equation holds, and nothing is lost.')
    const demo = await containers('{{.ID}}', 'demo')
    const exit = await docker('inspect', '--format', '{{.State.ExitCode}}', ...demo)
    expect(exit.stdout.trim()).toBe('0')
  })
  test('its cluster: the service works on three nodes of a Redis Cluster', async () => {
    await downAll()
    const up = await compose('--profile', 'sandbox', 'up', '--detach', '--no-build', 'sandbox')
    expect(up, up.stderr).toMatchObject({ code: 0 })
    const sandboxUrl = `http://127.0.0.1:${env['SANDBOX_PORT']}`
    await vi.waitFor(async () => fetch(`${sandboxUrl}/_sandbox/stats`), { timeout: 30_000, interval: 200 })
    const folder = await mkdtemp(join(tmpdir(), 'landfall-compose-'))
    // Their addresses are for the Compose file to say.
    const document = estateDocument({ redisUrl: 'redis://elsewhere.invalid:6379' })
    const file = await writeEstateFile(join(folder, 'landfall.yaml'), document)
    const estate = await loadEstate({ path: file, env: {} })
    pointAtSandbox(sandboxUrl, ACCOUNT)
    const aws = makeAws({ estate, log: recordingLog(), pathStyle: true })
    try {
      await provision({ estate, aws })
      Object.assign(env, {
        LANDFALL_FILE: file,
        AWS_ENDPOINT_URL: 'http://sandbox:4566',
        AWS_ACCESS_KEY_ID: ACCOUNT,
        AWS_SECRET_ACCESS_KEY: 'sandbox',
      })
      const both = await compose('--profile', 'sandbox', '--profile', 'cluster', 'up', '--detach', '--no-build')
      expect(both, both.stderr).toMatchObject({ code: 0 })
      const writer = makeWriter(aws)
      const pause = async (ms: number): Promise<void> => sleep(ms)
      await startTraffic({ pairs: estate.pairs, writer, seed: 7, events: 300, perSecond: 0, pause }).done
      await vi.waitFor(
        async () => expect((await status()).equation).toMatchObject({ received: 300, open: 0, holds: true }),
        { timeout: 60_000, interval: 300 },
      )
      const [node] = await containers('{{.ID}}', 'redis-1')
      const nodes = await docker('exec', node!, 'redis-cli', 'cluster', 'nodes')
      expect(nodes.stdout.match(/ connected \d+-\d+/g)).toHaveLength(3)
      expect((await compose('--profile', 'cluster', 'stop', 'landfall-cluster')).code).toBe(0)
      const service = await containers('{{.ID}}', 'landfall-cluster')
      expect((await docker('inspect', '--format', '{{.State.ExitCode}}', ...service)).stdout.trim()).toBe('0')
    } finally {
      aws.close()
      await downAll()
      await rm(folder, { recursive: true, force: true })
    }
  })
})
