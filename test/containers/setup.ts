/** Builds the image once, or finds out that there is nothing to build it with. */
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { docker } from './docker.ts'

export const IMAGE = 'landfall:test'
const ROOT = join(import.meta.dirname, '..', '..')

declare module 'vitest' {
  interface ProvidedContext {
    /** The built image's name; undefined: no engine. */
    image: string | undefined
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const engine = await docker('info', '--format', '{{.ServerVersion}}')
  if (engine.code !== 0) {
    console.log(`SKIPPED containers: no container engine answers (${engine.stderr.trim().split('\n')[0]})`)
    project.provide('image', undefined)
    return
  }
  // The reaper's image is one more download; what is started here is stopped here.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
  // `npm ci` in the build needs the registry as this machine reaches it.
  const built = await docker('build', '--network', 'host', '--target', 'production', '--tag', IMAGE, ROOT)
  if (built.code !== 0)
    throw new Error(`the image cannot be built:\n${built.stdout.slice(-2000)}\n${built.stderr.slice(-2000)}`)
  project.provide('image', IMAGE)
}
