/** Every `landfall ...` that the docs or a hint tell somebody to type is a command that exists, with options that it has. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/commands/index.ts'
import { DUMP_CAUSES, PAIR_CAUSES, QUEUE_CAUSES, SERVICE_CAUSES } from '../../src/domain/alarms/causes.ts'
import { ERRORS } from '../../src/domain/errors.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const HINTS = [
  ...Object.values(ERRORS).map(({ hint }) => hint),
  ...[...PAIR_CAUSES, ...QUEUE_CAUSES, ...DUMP_CAUSES, ...SERVICE_CAUSES].map(({ next }) => `\`${next}\``),
]
/** Options of the program itself. */
const EVERYWHERE = new Set(['--help', '-h', '--version', '-V'])

const out = { write: () => {}, isTTY: false, columns: 120, colour: false }
const program = new Command('landfall')
for (const entry of COMMANDS) (await entry.load()).register(program, { env: {}, stdout: out, stderr: out, exitCode: 0 })

test.each([...PAGES, 'hints'])('%s', (page) => {
  const text = page === 'hints' ? HINTS.join('\n') : readFileSync(join(ROOT, page), 'utf8')
  const wrong = commandLines(text).flatMap((line) => faultOf(line).map((fault) => `${line}: ${fault}`))
  expect(wrong).toEqual([])
})

test('there is something to look at', () => {
  expect(PAGES.flatMap((page) => commandLines(readFileSync(join(ROOT, page), 'utf8'))).length).toBeGreaterThan(150)
})

/** From code spans, and from lines of code blocks. */
function commandLines(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```[^]*?^```/gm)].flatMap(([block]) => block.split('\n'))
  const spans = [...text.replaceAll(/^```[^]*?^```/gm, '').matchAll(/`([^`]+)`/g)].map(([, span]) => span!)
  return [...blocks, ...spans.map((span) => span.replaceAll(/\s+/g, ' '))]
    .map((line) => line.trim().replace(/^(\$ |npx |npm run -s (?=landfall -- )|docker compose exec landfall )/, ''))
    .map((line) => line.replace(/^landfall -- /, 'landfall '))
    .filter((line) => line.startsWith('landfall '))
}

function faultOf(line: string): readonly string[] {
  // What a shell does with the answer, a comment, or what the next column of a table of commands says of it.
  const words = line
    .split(/ (?:[|#>] ?|2>|&& )| {2}/)[0]!
    .split(' ')
    .slice(1)
  let command: Command = program
  while (words.length > 0) {
    const next = command.commands.find((each) => each.name() === words[0])
    if (next === undefined) break
    command = next
    words.shift()
  }
  if (command === program) return /^[a-z][\w-]*$/.test(words[0] ?? '') ? [`no command ${words[0]}`] : []
  if (command.commands.length > 0 && /^[a-z][a-z-]*$/.test(words[0] ?? '')) {
    return command.registeredArguments.length > 0 ? [] : [`no command ${words[0]} of ${command.name()}`]
  }
  const known = new Set(command.options.flatMap(({ long, short }) => [long, short]))
  return words
    .filter((word) => /^--?[a-z]/.test(word))
    .map((word) => word.replace(/[=,.;:)\]].*$/, ''))
    .filter((option) => !known.has(option) && !EVERYWHERE.has(option))
    .map((option) => `no option ${option} of ${command.name()}`)
}
