/** The built image as a deployment runs it: read-only, without capabilities, under a memory limit; and its Redis. */
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers'
import { freePort } from '../../src/demo/redis-server.ts'
import { DURABLE, type EstateWorld, startWorld } from '../support/estate-world.ts'
import { docker } from './docker.ts'

export interface Service {
  readonly id: string
  /** Of its health, page and metrics. */
  readonly url: string
  /** The engine's word on it, by a Go template. */
  inspect(format: string): Promise<string>
  remove(): Promise<void>
}

/** What testcontainers has no method for. */
class Hardened extends GenericContainer {
  constructor(image: string, memoryMb: number) {
    super(image)
    Object.assign(this.hostConfig, {
      ReadonlyRootfs: true,
      Memory: memoryMb * 2 ** 20,
      MemorySwap: memoryMb * 2 ** 20,
      RestartPolicy: { Name: 'on-failure' },
    })
    this.withTmpFs({ '/tmp': 'rw' }).withDroppedCapabilities('ALL').withSecurityOpt('no-new-privileges')
  }
}

/** `landfall run` on this machine's network, where the sandbox is on the loopback; resolves when it is healthy. */
export async function startService(image: string, world: EstateWorld, memoryMb = 512): Promise<Service> {
  const port = await freePort()
  const { PATH: _PATH, ...env } = world.env
  const started = await new Hardened(image, memoryMb)
    .withNetworkMode('host')
    .withEnvironment({ ...env, LANDFALL_HTTP_HOST: '127.0.0.1', LANDFALL_HTTP_PORT: String(port) })
    .withBindMounts([{ source: world.configFile, target: '/etc/landfall/landfall.yaml', mode: 'ro' }])
    .withWaitStrategy(Wait.forHealthCheck())
    .start()
  const id = started.getId()
  return {
    id,
    url: `http://127.0.0.1:${port}`,
    inspect: async (format) => (await docker('inspect', '--format', format, id)).stdout.trim(),
    async remove() {
      await docker('rm', '--force', id)
    },
  }
}

export interface RedisContainer {
  readonly id: string
  readonly url: string
  stop(): Promise<void>
}

/** With the append-only file on, and a port of this machine that stays its own over a restart. */
export async function startRedisContainer(): Promise<RedisContainer> {
  const port = await freePort()
  const started: StartedTestContainer = await new GenericContainer('redis:7-bookworm')
    .withCommand(['redis-server', '--bind', '0.0.0.0', '--protected-mode', 'no', ...DURABLE])
    .withExposedPorts({ container: 6379, host: port })
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
    .start()
  return {
    id: started.getId(),
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      await docker('rm', '--force', '--volumes', started.getId())
    },
  }
}

export interface ContainerWorld {
  readonly world: EstateWorld
  readonly redis: RedisContainer
  stop(): Promise<void>
}

/** A sandbox with an estate in it, and a Redis in a container. */
export async function startContainerWorld(options: Parameters<typeof startWorld>[0] = {}): Promise<ContainerWorld> {
  const redis = await startRedisContainer()
  try {
    const world = await startWorld({ ...options, redis })
    return {
      world,
      redis,
      async stop() {
        await world.stop()
        await redis.stop()
      },
    }
  } catch (error) {
    await redis.stop()
    throw error
  }
}
