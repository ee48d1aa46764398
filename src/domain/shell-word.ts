/**
 * A text as one word of a POSIX shell's command line, so that what is printed as the next command can be pasted. Keys come
 * from outside: a quote in one must not end the word, a control character not reach the terminal (`$'...'`, which bash,
 * zsh and POSIX of 2024 know, writes it as an escape).
 */
import { inert } from './inert.ts'

export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  if (inert(text) === text) return `'${text.replaceAll("'", `'\\''`)}'`
  const bytes = [...Buffer.from(text, 'utf8')].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\${byte.toString(8).padStart(3, '0')}`,
  )
  return `$'${bytes.join('')}'`
}

export function commandLine(...words: readonly string[]): string {
  return words.map(shellWord).join(' ')
}
