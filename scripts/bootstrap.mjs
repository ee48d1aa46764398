#!/usr/bin/env node
// Behind `npm start`, `npm test` and the like: plain JavaScript for the machine's own Node (20 and up). It installs what
// is missing, then runs the step under the Node 24 that the dev dependency `node` brings. It writes to stderr only,
// since the last line of stdout may be JSON.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const node = join(modules, '.bin', 'node')
const lock = join(root, '.cache', 'install.lock')
const tried = join(root, '.cache', 'optional-packages')
const env = { ...process.env, PATH: `${join(modules, '.bin')}${delimiter}${process.env.PATH ?? ''}` }

const vitest = [node, join(modules, 'vitest', 'vitest.mjs'), 'run']
const STEPS = {
  start: (rest) => [[node, join(root, 'src', 'cli.ts'), 'demo', ...rest]],
  // Only what is missing, for CI.
  install: () => [],
  landfall: (rest) => [[node, join(root, 'src', 'cli.ts'), ...rest]],
  test: (rest) => [
    [...vitest, '--project', 'unit', '--project', 'service', '--project', 'faults', '--project', 'page', ...rest],
  ],
  containers: (rest) => [[...vitest, '--config', 'vitest.containers.config.ts', ...rest]],
  // `npm pack`: Node strips no types under node_modules, so a package carries JavaScript.
  emit: () => [
    [node, join(modules, 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.emit.json'],
    [node, join(root, 'scripts', 'gather-dist.mjs')],
  ],
  bench: (rest) => [[node, join(root, 'bench', 'main.ts'), ...rest]],
  check: (rest) => [
    ['oxfmt', '--check'],
    ['oxlint'],
    ['tsc', '-p', '.'],
    ['tsc', '-p', 'src/web/page'],
    [...vitest, ...rest],
  ],
}

const [name, ...rest] = process.argv.slice(2)
const steps = Object.hasOwn(STEPS, name ?? '') ? STEPS[name] : undefined
if (steps === undefined) fail(`unknown step ${name}: one of ${Object.keys(STEPS).join(', ')}`, 2)

if (!installed()) await alone(install)
for (const step of steps(rest)) {
  const status = await run(step)
  if (status !== 0) process.exit(status)
}

/** Whether node_modules holds what package-lock.json asks for: npm keeps its own record of it in there. */
function installed() {
  const record = join(modules, '.package-lock.json')
  if (!existsSync(node) || !existsSync(record)) return false
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const present = packagesOf(record)
  const ours = triedAll()
    ? []
    : Object.keys(wanted['']?.optionalDependencies ?? {}).map((name) => `node_modules/${name}`)
  return Object.entries(wanted).every(([path, { version, optional, devOptional, link }]) => {
    if (path === '' || link) return true
    if (present[path] !== undefined) return present[path].version === version
    // Those of others may be for other machines than this.
    return Boolean(optional || devOptional) && !ours.includes(path)
  })
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
  } catch {
    // Another run is writing it.
    return {}
  }
}

function install() {
  if (installed()) return
  say('installing packages (once) ...')
  // NODE_ENV=production would leave the dev dependencies out.
  const result = npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
  if (result.error) fail(`npm does not start: ${result.error.message}`, 1)
  if (result.status !== 0) fail('`npm ci` failed (see above). Is the package registry reachable?', result.status ?? 1)
  if (!existsSync(node)) {
    // npm blocked the install script (`ignore-scripts`, or an npm whose allowScripts differs): it fetches Node itself.
    say('the install script of the package `node` was blocked: running it ...')
    spawnSync(process.execPath, ['installArchSpecificPackage.js'], {
      cwd: join(modules, 'node'),
      stdio: ['ignore', 2, 2],
      env: { ...env, npm_config_ignore_scripts: 'false' },
    })
    // npm links no program that is not there yet.
    const binary = join('node', 'bin', 'node')
    rmSync(node, { force: true })
    if (existsSync(join(modules, binary))) symlinkSync(join('..', binary), node)
  }
  if (!existsSync(node)) fail('the package `node` brought no Node. Run `npm rebuild node --ignore-scripts=false`.', 1)
  // npm leaves out, without a word, optional packages that the Node it runs on is too old for.
  if (installed()) return
  npm(['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], node)
  // What still lacks can't be had on this machine: not tried again before the lock file is another one.
  if (!installed()) writeFileSync(tried, lockFile())
}

function triedAll() {
  return existsSync(tried) && readFileSync(tried, 'utf8') === lockFile()
}

function lockFile() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

/** The npm that runs this script, else the one on the PATH. Its chatter must not reach stdout. */
function npm(args, by = process.execPath) {
  const self = process.env.npm_execpath
  const [command, ...first] = self && /\.c?js$/.test(self) ? [by, self] : ['npm']
  // An npm that is found on the PATH finds its Node there, too.
  const found = by === process.execPath ? process.env : env
  return spawnSync(command, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2], env: found })
}

/** Runs `task` while no other process of this checkout does: `npm ci` empties node_modules first. */
async function alone(task) {
  mkdirSync(dirname(lock), { recursive: true })
  let told = false
  while (!take()) {
    if (!told) say('another process is installing: waiting for it ...')
    told = true
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  process.on('exit', release)
  task()
  release()
}

/** mkdir is atomic: one process makes the folder. One whose maker is dead is taken away. */
function take() {
  try {
    mkdirSync(lock)
    writeFileSync(join(lock, 'pid'), String(process.pid))
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const holder = Number(readText(join(lock, 'pid')))
  // No pid yet: it was made this moment.
  if (holder > 0 && !isAlive(holder)) {
    try {
      const stale = `${lock}.${process.pid}`
      renameSync(lock, stale)
      // Between our look and the renaming another one may have put its own in that place.
      if (Number(readText(join(stale, 'pid'))) === holder) rmSync(stale, { recursive: true, force: true })
      else renameSync(stale, lock)
    } catch {
      // Another one was quicker.
    }
  }
  return false
}

function release() {
  if (Number(readText(join(lock, 'pid'))) === process.pid) rmSync(lock, { recursive: true, force: true })
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Runs a command to its end, and hands on signals, so that it can stop in order; returns its exit code. */
async function run([command, ...args]) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', env })
  // At a terminal Ctrl-C reaches the child by itself, and a second one would force it to stop. npm sends it here again.
  const interrupt = () => !process.stdin.isTTY && child.kill('SIGINT')
  const terminate = () => child.kill('SIGTERM')
  process.on('SIGINT', interrupt).on('SIGTERM', terminate)
  // npm runs this by a shell, and ends that shell alone: no signal comes here, but another parent does.
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    terminate()
  }, 250)
  if (process.env.npm_lifecycle_event === undefined) clearInterval(watch)
  const status = await new Promise((resolve) => {
    child.once('error', (error) => {
      say(`${command} does not start: ${error.message}`)
      resolve(1)
    })
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
  clearInterval(watch)
  process.off('SIGINT', interrupt).off('SIGTERM', terminate)
  return status
}

function say(text) {
  process.stderr.write(`landfall: ${text}\n`)
}

function fail(text, status) {
  say(text)
  process.exit(status)
}
