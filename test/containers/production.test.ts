import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { StatusReport } from '../../src/domain/status.ts'
import { expectAllAccounted, received } from '../support/accounted.ts'
import { docker } from './docker.ts'
import { type ContainerWorld, type Service, startContainerWorld, startService } from './service.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const images = inject('images')
const image = images?.production

describe.skipIf(image === undefined)('the production image', () => {
  let place: ContainerWorld
  let service: Service

  beforeAll(async () => {
    place = await startContainerWorld()
    service = await startService(image!, place.world)
  })
  afterAll(async () => {
    await service?.remove()
    await place?.stop()
  })

  test('is healthy and ready, works, and loses nothing over a SIGTERM in mid-traffic', async () => {
    const { world } = place
    const { id, url } = service
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true, reasons: [] })
    console.log(`from the container's start until it takes work: ${await startMs(id)} ms`)
    const traffic = world.traffic({ events: 600, perSecond: 100 })
    await received(world, 200)

    const stopped = await docker('stop', '-t', '30', id)
    expect(stopped.code).toBe(0)
    const state = await docker('inspect', '--format', '{{.State.ExitCode}} {{.State.OOMKilled}}', id)
    expect(state.stdout.trim()).toBe('0 false')
    expect(traffic.count).toBeLessThan(600)

    expect((await docker('start', id)).code).toBe(0)
    await expectAllAccounted(world, traffic)
    const status = (await (await fetch(`${url}/status`)).json()) as StatusReport
    expect(status.equation).toMatchObject({ received: 600, open: 0, holds: true })
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('landfall_landed_total{pair="documents"}')
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
  })

  test('has the tools that its target promises, and prints what it weighs', async () => {
    const tools = async (of: string): Promise<string> => {
      const look =
        'for tool in gpg pg_dump pg_restore psql initdb; do ls /usr/bin/$tool /usr/lib/postgresql/*/bin/$tool 2> /dev/null; done'
      const { stdout } = await docker('run', '--rm', '--entrypoint', 'sh', of, '-c', look)
      return [...new Set(stdout.split('\n').map((file) => file.slice(file.lastIndexOf('/') + 1)))].join(' ').trim()
    }
    expect(await tools(images!.slim)).toBe('')
    expect(await tools(image!)).toBe('gpg pg_dump pg_restore psql')
    expect(await tools(images!.drill)).toBe('gpg pg_dump pg_restore psql initdb')
    for (const [target, name] of Object.entries(images!)) {
      const size = await docker('image', 'inspect', '--format', '{{.Size}}', name)
      console.log(`image ${target}: ${Math.round(Number(size.stdout) / 1e6)} MB`)
    }
  })

  test('becomes an estate’s own by deploy/ecs/Dockerfile: configured, and with a folder to write to', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'landfall-own-'))
    const own = 'landfall:test-own'
    try {
      await copyFile(join(ROOT, 'landfall.example.yaml'), join(folder, 'landfall.yaml'))
      const file = join(ROOT, 'deploy', 'ecs', 'Dockerfile')
      const built = await docker('build', '--build-arg', `BASE=${image!}`, '--file', file, '--tag', own, folder)
      expect(built, built.stderr).toMatchObject({ code: 0 })
      const hardened = ['--rm', '--read-only', '--cap-drop', 'ALL']
      const check = await docker('run', ...hardened, own, 'config', 'check')
      expect(check, check.stderr).toMatchObject({ code: 0 })
      const look = 'touch /scratch/it && ls /scratch && ! touch /tmp/it /app/it 2> /dev/null && echo $TMPDIR'
      const { stdout } = await docker('run', ...hardened, '--entrypoint', 'sh', own, '-c', look)
      expect(stdout).toBe('it\n/scratch\n')
    } finally {
      await docker('image', 'rm', own)
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('says in one message that it has no configuration', async () => {
    const run = await docker('run', '--rm', image!)
    expect(run.code).toBe(2)
    expect(run.stderr.trim().split('\n')).toHaveLength(3)
    expect(run.stderr).toContain('CONFIG_MISSING')
  })
})

/** By the engine's clock and the log's: one machine. */
async function startMs(id: string): Promise<number> {
  const started = await docker('inspect', '--format', '{{.State.StartedAt}}', id)
  const { stdout } = await docker('logs', id)
  const runs = stdout.split('\n').find((line) => line.includes('"landfall runs"'))
  const { time } = JSON.parse(runs!) as { time: string }
  return Date.parse(time) - Date.parse(started.stdout.trim())
}
