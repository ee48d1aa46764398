import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { obtainRedis } from '../../src/demo/obtain-redis.ts'
import { startSandboxProcess } from '../support/sandbox.ts'

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string
    /** A local AWS for everyone: take names by randomPrefix(), and order no faults on it. */
    sandboxUrl: string
  }
}

/** One Redis and one sandbox for the whole run; never REDIS_URL's, since tests flush, fill and forget. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { REDIS_URL: _REDIS_URL, ...env } = process.env
  const redis = await obtainRedis({
    env,
    cacheDir: join(import.meta.dirname, '..', '..', '.cache'),
    say: (text) => process.stderr.write(`${text}\n`),
  })
  const sandbox = await startSandboxProcess()
  project.provide('redisUrl', redis.url)
  project.provide('sandboxUrl', sandbox.url)
  return async () => {
    await Promise.all([redis.stop(), sandbox.stop()])
  }
}
