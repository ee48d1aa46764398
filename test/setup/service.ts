import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { obtainRedis } from '../../src/demo/obtain-redis.ts'

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string
  }
}

/** One Redis for the whole run; never REDIS_URL's, since tests flush, fill and forget. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { REDIS_URL: _REDIS_URL, ...env } = process.env
  const redis = await obtainRedis({
    env,
    cacheDir: join(import.meta.dirname, '..', '..', '.cache'),
    say: (text) => process.stderr.write(`${text}\n`),
  })
  project.provide('redisUrl', redis.url)
  return () => redis.stop()
}
