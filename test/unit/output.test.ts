import { expect, test } from 'vitest'
import { LandfallError } from '../../src/domain/errors.ts'
import type { Io, Out } from '../../src/commands/command.ts'
import { printError, printJson } from '../../src/commands/output.ts'

/** What a terminal obeys: CSI in one byte, an escape, an override of the writing direction. */
const HOSTILE = 'a\u009B2Jb\u001B[31mc\u202Ed'
// oxlint-disable-next-line no-control-regex
const OBEYED = /[\u001B\u0080-\u009F\u202A-\u202E]/

function capture(isTTY: boolean): { readonly out: Out; text: () => string } {
  let text = ''
  const out = { write: (more: string) => void (text += more), isTTY, columns: 80, colour: false }
  return { out, text: () => text }
}

test.each([true, false])('JSON steers no terminal, and means the same (terminal: %s)', (isTTY) => {
  const { out, text } = capture(isTTY)
  const data = { key: HOSTILE, list: [HOSTILE, 1] }
  printJson(out, data)
  expect(text()).not.toMatch(OBEYED)
  expect(JSON.parse(text())).toEqual(data)
  expect(text().trimEnd().split('\n')).toHaveLength(isTTY ? 7 : 1)
})

test('neither does the message of an error, whose lines stay lines', () => {
  const { out, text } = capture(true)
  const io: Io = { env: {}, stdout: out, stderr: out, exitCode: 0 }
  printError(new LandfallError('AWS_ERROR', `two things:\n  - ${HOSTILE}\n  - plain`, { hint: HOSTILE }), io, false)
  expect(text()).not.toMatch(OBEYED)
  expect(text()).toContain('two things:\n')
  expect(text()).toContain('\n  - plain\n')
})
