import { Cluster, type Redis } from 'ioredis'
import type { LedgerConnection } from './connection.ts'

/** Removes every key that begins with `prefix`, on all nodes: for a demo or a test on somebody's Redis, never for the service. */
export async function removeKeys(connection: LedgerConnection, prefix: string): Promise<number> {
  const nodes: readonly Redis[] = connection instanceof Cluster ? connection.nodes('master') : [connection]
  const counts = await Promise.all(
    nodes.map(async (node) => removeFrom(node, `${prefix.replaceAll(/[\\*?[\]]/g, '\\$&')}*`)),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

async function removeFrom(node: Redis, pattern: string): Promise<number> {
  let removed = 0
  for await (const keys of node.scanStream({ match: pattern, count: 1000 }) as AsyncIterable<string[]>) {
    // One by one: in a cluster the keys lie in many slots.
    await Promise.all(keys.map(async (key) => node.unlink(key)))
    removed += keys.length
  }
  return removed
}
