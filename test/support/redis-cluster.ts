/**
 * A Redis Cluster of three primaries on this machine: child processes on free ports, gone when it is stopped.
 */
import { Redis } from 'ioredis'
import { vi } from 'vitest'
import { freePort, type PrivateRedis, startPrivateRedis } from '../../src/demo/redis-server.ts'

const NODES = 3
const SLOTS = 16_384

export interface RedisCluster {
  /** Of one node; the client finds the others. */
  readonly url: string
  readonly nodes: readonly PrivateRedis[]
  stop(): Promise<void>
}

/** `durable`: each write is on disk before it is answered. */
export async function startRedisCluster(options: { readonly durable?: boolean } = {}): Promise<RedisCluster> {
  const aof = options.durable === true ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no']
  const nodes: PrivateRedis[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()))
  }
  try {
    for (let index = 0; index < NODES; index += 1) nodes.push(await startNode(aof))
    await join(nodes)
    return { url: nodes[0]!.url, nodes, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The bus has a port of its own (by default the port + 10,000, which may be taken, or no port at all). */
async function startNode(aof: readonly string[]): Promise<PrivateRedis> {
  const bus = await freePort()
  return startPrivateRedis({
    args: [...aof, '--cluster-enabled', 'yes', '--cluster-port', String(bus)],
  })
}

async function join(nodes: readonly PrivateRedis[]): Promise<void> {
  const clients = nodes.map(({ url }) => new Redis(url))
  try {
    const share = Math.ceil(SLOTS / NODES)
    for (const [index, client] of clients.entries()) {
      await client.cluster('ADDSLOTSRANGE', index * share, Math.min(SLOTS, (index + 1) * share) - 1)
    }
    for (const [index, { port }] of nodes.entries()) {
      const bus = await busPort(clients[index]!)
      if (index > 0) await clients[0]!.cluster('MEET', '127.0.0.1', port, bus)
    }
    await vi.waitFor(
      async () => {
        for (const client of clients) {
          const info = await client.cluster('INFO')
          if (!/cluster_state:ok/.test(info) || !info.includes(`cluster_known_nodes:${NODES}`)) throw new Error(info)
        }
      },
      { timeout: 20_000, interval: 50 },
    )
  } finally {
    for (const client of clients) client.disconnect()
  }
}

/** `CLUSTER NODES` writes `ip:port@bus`. */
async function busPort(client: Redis): Promise<number> {
  const nodes = String(await client.cluster('NODES'))
  return Number(/@(\d+)/.exec(nodes)?.[1])
}
