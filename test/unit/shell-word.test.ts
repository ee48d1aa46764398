/** What is printed as the next command can be pasted, whatever a key holds. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shellWord } from '../../src/domain/shell-word.ts'
import { inert } from '../../src/domain/inert.ts'
import { fc } from '../support/fc.ts'

test('plain words stay as they are, others are quoted', () => {
  expect(shellWord('s3://b/a-b_c.pdf')).toBe('s3://b/a-b_c.pdf')
  expect(shellWord('')).toBe("''")
  expect(shellWord('a b$(x)')).toBe("'a b$(x)'")
  expect(shellWord("it's")).toBe(`'it'\\''s'`)
  expect(shellWord('a\u001B[2J')).toBe(String.raw`$'a\033[2J'`)
})

test('no word holds a control character, and bash reads each back as it was', () => {
  const hostile = fc.constantFrom("'", '\\', '\n', '\u001B', '\u202E', '$', '`', ' ', '!', '"', '7', '\u0085')
  const text = fc.string({
    unit: fc.oneof(hostile, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
    minLength: 1,
  })
  const texts = fc.array(
    text.map((one) => one.replaceAll('\0', '').toWellFormed()),
    { minLength: 20, maxLength: 40 },
  )
  fc.assert(
    fc.property(texts, (words) => {
      const line = words.map(shellWord).join(' ')
      // A control character in it would have been shown as an escape.
      expect(inert(line)).toBe(line)
      const { stdout } = spawnSync('bash', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
      expect(stdout.split('\0').slice(0, -1)).toEqual(words)
    }),
    { numRuns: 20 },
  )
})
