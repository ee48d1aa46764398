import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import type { Io } from '../../src/commands/command.ts'
import { COMMANDS } from '../../src/commands/index.ts'
import { makeProgress } from '../../src/commands/progress.ts'
import { printError } from '../../src/commands/output.ts'
import { main } from '../../src/commands/shell.ts'
import { LandfallError } from '../../src/domain/errors.ts'

const EXAMPLE = new URL('../../landfall.example.yaml', import.meta.url).pathname

function fakeIo(options: { env?: Record<string, string>; isTTY?: boolean } = {}) {
  const text = { stdout: '', stderr: '' }
  const out = (name: 'stdout' | 'stderr') => ({
    write: (more: string) => void (text[name] += more),
    isTTY: options.isTTY ?? false,
    columns: 80,
    colour: false,
  })
  const io: Io = { env: options.env ?? {}, stdout: out('stdout'), stderr: out('stderr'), exitCode: 0 }
  return { io, text }
}

async function run(line: string, env: Record<string, string> = {}) {
  const { io, text } = fakeIo({ env })
  const code = await main(line === '' ? [] : line.split(' '), io)
  return { code, ...text }
}

test('--help names every command, and has examples and exit codes', async () => {
  const { code, stdout, stderr } = await run('--help')
  expect([code, stderr]).toEqual([0, ''])
  for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  expect(stdout).toContain('$ landfall')
  expect(stdout).toContain('Exit codes')
})

test('every command has a help of its own, with examples', async () => {
  for (const { name } of COMMANDS) {
    const { code, stdout } = await run(`${name} --help`)
    expect([name, code]).toEqual([name, 0])
    expect(stdout).toContain(`Usage: landfall ${name}`)
    expect(stdout).toMatch(/^Examples:\n {2}\$ (?:landfall|npm) /m)
  }
})

test('only the command that is asked for is loaded', async () => {
  const { io } = fakeIo()
  const loaded: string[] = []
  const watched = COMMANDS.map((entry) => ({ ...entry, load: () => (loaded.push(entry.name), entry.load()) }))
  await main(['--help'], io, watched)
  expect(loaded).toEqual([])
  await main(['config', 'schema'], io, watched)
  expect(loaded).toEqual(['config'])
})

test('--version', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  expect(await run('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test.each([
  ['confg', "landfall: unknown command 'confg' (Did you mean config?)\n"],
  ['config chek', "landfall: unknown command 'chek' (Did you mean check?)\n"],
  ['config check --jsn', "landfall: unknown option '--jsn' (Did you mean --json?)\n"],
  ['config check -c', "landfall: option '-c, --config <file>' argument missing\n"],
])('landfall %s is a fault of usage', async (line, message) => {
  const { code, stdout, stderr } = await run(line)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toBe(`${message}  code: USAGE\n  next: See \`landfall <command> --help\`.\n`)
})

test('no command: the help, as a fault of usage', async () => {
  const { code, stdout, stderr } = await run('')
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain('Usage: landfall')
})

test('config check: sound', async () => {
  expect(await run(`config check -c ${EXAMPLE}`)).toEqual({
    code: 0,
    stdout: `${EXAMPLE}: sound, 9 pairs, 6 queues, 4 accounts\n`,
    stderr: '',
  })
  const { stdout } = await run('config check --json', { LANDFALL_CONFIG: EXAMPLE })
  expect(JSON.parse(stdout)).toEqual({ file: EXAMPLE, faults: [], warnings: [], accounts: 4, queues: 6, pairs: 9 })
})

test('config check: faults, in words on stderr and as JSON on stdout', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'landfall-cli-')), 'bad.yaml')
  writeFileSync(file, 'name: x\naccounts: 5\n')
  const { code, stdout, stderr } = await run(`config check --json -c ${file}`)
  expect(code).toBe(2)
  expect(stderr).toContain(`landfall: ${file} has 2 faults:\n  ${file}:1:1 pairs: is missing`)
  expect(stderr).toContain('  code: CONFIG_INVALID\n  next: Mend the lines')
  const { error } = JSON.parse(stdout) as { error: { code: string; details: { faults: unknown[] } } }
  expect(error.code).toBe('CONFIG_INVALID')
  expect(error.details.faults).toHaveLength(2)
})

test('config print: YAML and JSON say the same, and no secret', async () => {
  const env = { LANDFALL_CONFIG: EXAMPLE, REDIS_URL: 'redis://:hush@h:1' }
  const yaml = await run('config print', env)
  const json = await run('config print --json', env)
  expect(parse(yaml.stdout)).toEqual(JSON.parse(json.stdout))
  expect(yaml.stdout).not.toContain('hush')
  expect((JSON.parse(json.stdout) as { pairs: unknown[] }).pairs).toHaveLength(9)
})

test('config schema prints JSON Schema', async () => {
  const { stdout } = await run('config schema')
  expect(JSON.parse(stdout)).toMatchObject({ $schema: expect.stringContaining('json-schema.org'), type: 'object' })
})

test('an error is one message; a stack only with LANDFALL_DEBUG', () => {
  const error = new LandfallError('QUEUE_MISSING', 'no queue q', { cause: new Error('the cause') })
  const plain = fakeIo()
  expect(printError(error, plain.io, false)).toBe(6)
  expect(plain.text.stderr).toMatch(/^landfall: no queue q\n {2}code: QUEUE_MISSING\n {2}next: .+\n$/)
  const debug = fakeIo({ env: { LANDFALL_DEBUG: '1' } })
  printError(error, debug.io, false)
  expect(debug.text.stderr).toMatch(/at .+cli\.test\.ts[^]+caused by: Error: the cause/)
  const unknown = fakeIo()
  expect(printError(new TypeError('x is not a function'), unknown.io, true)).toBe(1)
  expect(unknown.text.stderr).toContain('landfall: unexpected: TypeError: x is not a function\n  code: INTERNAL\n')
  expect(JSON.parse(unknown.text.stdout)).toMatchObject({ error: { code: 'INTERNAL', exit: 1 } })
})

test('progress: written over on a terminal, steps alone elsewhere', () => {
  const terminal = fakeIo({ isTTY: true })
  const log = fakeIo()
  for (const { io } of [terminal, log]) {
    const progress = makeProgress(io.stderr)
    progress.say('first')
    progress.update('10 %')
    progress.update('20 %')
    progress.say('second')
    progress.done()
  }
  expect(log.text.stderr).toBe('first\nsecond\n')
  expect(terminal.text.stderr).toBe('first\n10 %\r\u001B[K20 %\r\u001B[Ksecond\n')
})

// ---------------------------------------------------------------- scripts/bootstrap.mjs

const bootstrap = (...args: string[]) =>
  spawnSync(process.execPath, [new URL('../../scripts/bootstrap.mjs', import.meta.url).pathname, ...args], {
    encoding: 'utf8',
    // No registry: where all is installed already, nothing may be asked of one.
    env: { ...process.env, npm_config_registry: 'http://127.0.0.1:9', npm_config_offline: 'true' },
  })

test('the bootstrap adds nothing to stdout, hands on arguments and exit codes, and is quick once all is installed', () => {
  const check = bootstrap('landfall', 'config', 'check', '--json', '--config', EXAMPLE)
  expect(check).toMatchObject({ status: 0, stderr: '' })
  expect(JSON.parse(check.stdout)).toMatchObject({ pairs: 9 })
  expect(bootstrap('landfall', 'confg').status).toBe(2)
})

test('the bootstrap names its steps', () => {
  const { status, stdout, stderr } = bootstrap('strat')
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toBe(
    'landfall: unknown step strat: one of start, install, landfall, test, containers, emit, bench, check\n',
  )
})
