/** docs/getting-started.md, word for word, in a shell of its own; the page's ports are replaced by free ones, no more. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { findCommand } from '../support/commands.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PORTS = ['4566', '6390', '9320']

const hasAll = ['aws', 'redis-server', 'curl', 'bash', 'git'].map(findCommand).every((found) => found !== undefined)

test.skipIf(!hasAll)('a new user gets there', { timeout: 240_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'landfall-start-'))
  const page = await readFile(join(ROOT, 'docs', 'getting-started.md'), 'utf8')
  const blocks = [...page.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, block]) => block!)
  let script = blocks.join('\n')
  for (const port of PORTS) script = script.replaceAll(port, String(await freePort()))
  expect(blocks.length).toBeGreaterThan(6)

  await promisify(execFile)('git', ['clone', '--quiet', '--depth', '1', `file://${ROOT}`, folder])
  // The checkout's own packages, as links: fetching them is tried by the clean clone that CI is.
  const from = `${ROOT}/node_modules`
  await promisify(execFile)('sh', ['-c', `cp -al "${from}" "${folder}/" || cp -a "${from}" "${folder}/"`])
  const shell = spawn('bash', ['-c', `set -euo pipefail\nset -m\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n${script}`], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, AWS_PAGER: '', AWS_EC2_METADATA_DISABLED: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  onTestFinished(async () => {
    try {
      process.kill(-shell.pid!, 'SIGKILL')
    } catch {
      // It ended, and all that it started.
    }
    await rm(folder, { recursive: true, force: true })
  })
  let said = ''
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const [code] = (await once(shell, 'close')) as [number | null]
  expect(code, said).toBe(0)
  expect(said).toMatch(/landed/)
  expect(said).toMatch(/nothing would be lost/)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}
