#!/usr/bin/env node
// Behind `npm start` and `npm test`: plain JavaScript for the machine's own Node (20 and up). It installs what is
// missing, then runs everything else under the Node 24 that the dev dependency `node` brings. Writes to stderr only,
// since the last line of stdout may be JSON.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const node = join(root, 'node_modules', '.bin', 'node')
const stamp = join(root, 'node_modules', '.landfall-installed')
const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH ?? ''}` }

function say(text) {
  process.stderr.write(`${text}\n`)
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

function install() {
  const wanted = lockHash()
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('landfall: installing packages (once) ...')
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // npm's chatter must not reach stdout.
    stdio: ['ignore', 2, 2],
    env: process.env,
  })
  if (result.status !== 0) {
    say('landfall: `npm ci` failed (see above). Is the package registry reachable?')
    process.exit(result.status ?? 1)
  }
  if (!existsSync(node)) {
    say(
      'landfall: the package `node` brought no binary: its install script was blocked. Run `npm rebuild node` and try again.',
    )
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}

function run(args) {
  const result = spawnSync(args[0], args.slice(1), { cwd: root, stdio: 'inherit', env })
  return result.status ?? (result.signal ? 128 : 1)
}

const [command, ...rest] = process.argv.slice(2)
install()

const vitest = [node, join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run']
const steps = {
  install: [],
  start: [[node, join(root, 'src', 'cli.ts'), 'demo', ...rest]],
  test: [[...vitest, '--project', 'unit', '--project', 'service', '--project', 'faults', ...rest]],
  containers: [[...vitest, '--config', 'vitest.containers.config.ts', ...rest]],
  check: [['oxfmt', '--check'], ['oxlint'], ['tsc', '-p', '.'], [...vitest, ...rest]],
}[command]

if (steps === undefined) {
  say(`landfall: unknown step ${command}`)
  process.exit(2)
}
for (const step of steps) {
  const status = run(step)
  if (status !== 0) process.exit(status)
}
