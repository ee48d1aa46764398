import type { TestProject } from 'vitest/node'
import { startPrivateRedis } from '../../src/demo/redis-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await startPrivateRedis()
  project.provide('redisUrl', redis.url)
  return async () => {
    await redis.stop()
  }
}
