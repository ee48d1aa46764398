import { spawn } from 'node:child_process'
import type { Environment } from '../config/environment.ts'
import { accepting } from './redis-server.ts'
import { runTool } from './run-tool.ts'
import { whenGone } from './watchdog.ts'

const IMAGE = 'redis:7-bookworm'
const ENGINE_MS = 10_000
const PULL_MS = 180_000

export type ContainerRedis =
  | { readonly ok: true; readonly url: string; stop(): Promise<void> }
  | { readonly ok: false; readonly why: string }

/** Redis in a container on a free loopback port, removed when it is stopped or this process dies. */
export async function startRedisContainer(options: {
  readonly env: Environment
  readonly args: readonly string[]
  readonly say: (text: string) => void
}): Promise<ContainerRedis> {
  const { env, args, say } = options
  const docker = (timeoutMs: number, ...words: readonly string[]) => runTool('docker', words, { env, timeoutMs })

  const engine = await docker(ENGINE_MS, 'version', '--format', '{{.Server.Version}}')
  if (!engine.ok) return { ok: false, why: engine.why }
  const present = await docker(ENGINE_MS, 'image', 'inspect', IMAGE)
  if (!present.ok) {
    say(`landfall: fetching the image ${IMAGE} ...`)
    const pulled = await docker(PULL_MS, 'pull', '--quiet', IMAGE)
    if (!pulled.ok) return { ok: false, why: pulled.why }
  }
  // --rm: a container that ends leaves nothing behind. Protected mode would refuse what comes over the engine's bridge;
  // only this machine's loopback is published.
  const engineArgs = ['--detach', '--rm', '--publish', '127.0.0.1::6379']
  const redisArgs = ['--protected-mode', 'no', '--save', '', ...args]
  const run = await docker(ENGINE_MS, 'run', ...engineArgs, IMAGE, 'redis-server', ...redisArgs)
  if (!run.ok) return { ok: false, why: run.why }
  const id = run.stdout.trim()
  const watchdog = whenGone('docker rm --force --volumes "$1"', [id])
  const stop = async (): Promise<void> => {
    await docker(ENGINE_MS, 'rm', '--force', '--volumes', id)
    watchdog.dismiss()
  }
  const logs = spawn('docker', ['logs', '--follow', id], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    await accepting(logs, [logs.stdout, logs.stderr])
    const port = await docker(ENGINE_MS, 'port', id, '6379/tcp')
    const address = port.ok ? port.stdout.trim().split('\n')[0] : undefined
    if (address !== undefined && address !== '') return { ok: true, url: `redis://${address}`, stop }
    await stop()
    return { ok: false, why: port.ok ? 'the container has no port' : port.why }
  } catch (error) {
    await stop()
    return { ok: false, why: error instanceof Error ? error.message : String(error) }
  } finally {
    logs.kill()
  }
}
