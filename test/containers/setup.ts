/** Builds the images once, or finds out that there is nothing to build them with. */
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { docker, run } from './docker.ts'

export interface Images {
  readonly slim: string
  readonly production: string
  readonly drill: string
  readonly demo: string
}

const IMAGES: Images = {
  slim: 'landfall:test-slim',
  production: 'landfall:test',
  drill: 'landfall:test-drill',
  demo: 'landfall:test-demo',
}
const ROOT = join(import.meta.dirname, '..', '..')

declare module 'vitest' {
  interface ProvidedContext {
    /** The built images' names; undefined: no engine. */
    images: Images | undefined
    /** How Compose is called here; undefined: not there. */
    compose: readonly string[] | undefined
  }
}

export default async function setup(project: TestProject): Promise<void> {
  const engine = await docker('info', '--format', '{{.ServerVersion}}')
  if (engine.code !== 0) {
    console.log(`SKIPPED containers: no container engine answers (${engine.stderr.trim().split('\n')[0]})`)
    project.provide('images', undefined)
    project.provide('compose', undefined)
    return
  }
  const compose = await findCompose()
  if (compose === undefined) console.log('SKIPPED docker-compose.yml: neither `docker compose` nor `docker-compose`')
  // The reaper's image is one more download; what is started here is stopped here.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true'
  for (const target of ['slim', 'production', 'drill', 'demo'] as const) await build(target)
  project.provide('images', IMAGES)
  project.provide('compose', compose)
}

async function build(target: keyof Images): Promise<void> {
  // `npm ci` in the build needs the registry as this machine reaches it.
  const built = await docker('build', '--network', 'host', '--target', target, '--tag', IMAGES[target], ROOT)
  if (built.code !== 0)
    throw new Error(`the image ${target} cannot be built:\n${built.stdout.slice(-2000)}\n${built.stderr.slice(-2000)}`)
}

async function findCompose(): Promise<readonly string[] | undefined> {
  const ways = [['docker', 'compose'], ['docker-compose']] as const
  for (const way of ways) {
    const [program, ...args] = way
    if ((await run(program, [...args, 'version'])).code === 0) return way
  }
  return undefined
}
