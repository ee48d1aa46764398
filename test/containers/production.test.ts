import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { StatusReport } from '../../src/domain/status.ts'
import { freePort } from '../../src/demo/redis-server.ts'
import { expectAllAccounted, received } from '../support/accounted.ts'
import { DURABLE, type EstateWorld, startWorld } from '../support/estate-world.ts'
import { docker } from './docker.ts'

const image = inject('images')?.production

describe.skipIf(image === undefined)('the production image', () => {
  let redis: StartedTestContainer
  let world: EstateWorld
  let landfall: StartedTestContainer
  let health: string

  beforeAll(async () => {
    redis = await new GenericContainer('redis:7-bookworm')
      .withCommand(['redis-server', '--bind', '0.0.0.0', '--protected-mode', 'no', ...DURABLE])
      .withExposedPorts(6379)
      .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
      .start()
    const httpPort = await freePort()
    health = `http://127.0.0.1:${httpPort}`
    world = await startWorld({ redis: { url: `redis://127.0.0.1:${redis.getMappedPort(6379)}` }, httpPort })
    landfall = await new GenericContainer(image!)
      // The sandbox is a process of this machine, on its loopback.
      .withNetworkMode('host')
      .withEnvironment({
        ...withoutPath(world.env),
        LANDFALL_HTTP_HOST: '127.0.0.1',
        LANDFALL_HTTP_PORT: String(httpPort),
      })
      .withCopyFilesToContainer([{ source: world.configFile, target: '/etc/landfall/landfall.yaml', mode: 0o644 }])
      .withWaitStrategy(Wait.forHealthCheck())
      .start()
  })

  afterAll(async () => {
    if (landfall !== undefined) await docker('rm', '--force', landfall.getId())
    await world?.stop()
    await redis?.stop()
  })

  test('is healthy and ready, works, and loses nothing over a SIGTERM in mid-traffic', async () => {
    expect(await (await fetch(`${health}/readyz`)).json()).toEqual({ ready: true, reasons: [] })
    console.log(`from the container's start until it takes work: ${await startMs(landfall.getId())} ms`)
    const traffic = world.traffic({ events: 600, perSecond: 100 })
    await received(world, 200)

    const stopped = await docker('stop', '-t', '30', landfall.getId())
    expect(stopped.code).toBe(0)
    const state = await docker('inspect', '--format', '{{.State.ExitCode}} {{.State.OOMKilled}}', landfall.getId())
    expect(state.stdout.trim()).toBe('0 false')
    expect(traffic.count).toBeLessThan(600)

    expect((await docker('start', landfall.getId())).code).toBe(0)
    await expectAllAccounted(world, traffic)
    const status = (await (await fetch(`${health}/status`)).json()) as StatusReport
    expect(status.equation).toMatchObject({ received: 600, open: 0, holds: true })
    expect(await (await fetch(`${health}/metrics`)).text()).toContain('landfall_landed_total{pair="documents"}')
  })

  test('runs as nobody of importance, and carries neither sandbox nor development packages', async () => {
    const looks = await docker('run', '--rm', '--entrypoint', 'sh', image!, '-c', 'id -u; ls /app /app/node_modules')
    const [uid, ...names] = looks.stdout.split('\n')
    expect(uid).toBe('1000')
    expect(names).toContain('src')
    for (const absent of ['sandbox', 'test', 'vitest', 'typescript', 'testcontainers', 'node', 'fast-check'])
      expect(names).not.toContain(absent)
    const sandbox = await docker('run', '--rm', image!, 'sandbox')
    expect(sandbox.code).toBe(2)
    expect(sandbox.stderr).toContain('SANDBOX_ABSENT')
    const size = await docker('image', 'inspect', '--format', '{{.Size}}', image!)
    console.log(`image: ${Math.round(Number(size.stdout) / 1e6)} MB`)
  })

  test('says in one message that it has no configuration', async () => {
    const run = await docker('run', '--rm', image!)
    expect(run.code).toBe(2)
    expect(run.stderr.trim().split('\n')).toHaveLength(3)
    expect(run.stderr).toContain('CONFIG_MISSING')
  })
})

function withoutPath(env: Readonly<Record<string, string>>): Record<string, string> {
  const { PATH: _path, ...rest } = env
  return rest
}

/** By the engine's clock and the log's: one machine. */
async function startMs(id: string): Promise<number> {
  const started = await docker('inspect', '--format', '{{.State.StartedAt}}', id)
  const { stdout } = await docker('logs', id)
  const runs = stdout.split('\n').find((line) => line.includes('"landfall runs"'))
  const { time } = JSON.parse(runs!) as { time: string }
  return Date.parse(time) - Date.parse(started.stdout.trim())
}
