/** Every call of the log in src/: a static message, and ids under the names of docs/telemetry.md. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const SRC = join(import.meta.dirname, '..', '..', '..', 'src')

interface Call {
  readonly at: string
  readonly ids: string
  readonly message: string
}

/** The arguments of each call, split at the last comma of the outer level. */
function callsIn(file: string): readonly Call[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  return [...text.matchAll(/\blog\??\.(?:debug|info|warn|error)\(/g)].map((match) => {
    const from = match.index + match[0].length
    let depth = 0
    let comma = from
    let at = from
    for (let quote = ''; ; at += 1) {
      const char = text[at]!
      if (quote !== '') {
        if (char === '\\') at += 1
        else if (char === quote) quote = ''
      } else if (`'"\``.includes(char)) quote = char
      else if ('([{'.includes(char)) depth += 1
      else if (char === ',' && depth === 0 && text.slice(at + 1).trim()[0] !== ')') comma = at
      else if (')]}'.includes(char)) {
        if (depth === 0) break
        depth -= 1
      }
    }
    const line = text.slice(0, match.index).split('\n').length
    return { at: `${file}:${line}`, ids: text.slice(from, comma), message: text.slice(comma + 1, at).trim() }
  })
}

const calls = globSync('**/*.ts', { cwd: SRC }).flatMap(callsIn)

test('there are many', () => expect(calls.length).toBeGreaterThan(80))

test.each(calls)('$at: a static message', ({ message }) => {
  // One text, or one of two.
  const text = `(?:'[^'\`$]*'|"[^"\`$]*"|STEPS[.[][\\w\\]]+)`
  expect(message.replace(/,$/, '')).toMatch(new RegExp(`^(?:[^?]+ \\? ${text}\\s*: )?${text}$`))
})

test.each(calls)('$at: names of docs/telemetry.md', ({ ids }) => {
  // A version is named whole, by logName(); `id` says of nothing what it is the id of; what to do is `next`.
  expect(ids.replaceAll(/logName\([^)]*\)/g, '')).not.toMatch(/\bversionId(?=\s*[,}:])/)
  expect(ids).not.toMatch(/[{,]\s*(?:id|hint|msg|level|time)\s*[,:}]/)
})
