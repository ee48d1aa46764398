/**
 * Reads a plain dump as it streams by: counts the rows of its COPY blocks, and tells whether it is whole.
 *
 * A line that looks like a COPY statement may stand inside a function's body, and one that looks like the end of a block
 * inside a string, so what is not data is read as psql reads it: strings, quoted names, dollar quotes, comments, meta
 * commands. Data need no such care: a row is a line, and only the end of a block is a line of `\.` alone.
 *
 * Source: PostgreSQL documentation, "SQL Syntax: Lexical Structure", COPY ("Text Format"); psql, `\restrict`.
 */
import { tableOfCopy } from './table-name.ts'

export interface PlainScan {
  /** Rows per table, as `tableName` has it; a table without rows is in it too. */
  readonly tables: ReadonlyMap<string, number>
  /** Undefined where the dump is whole: else what its end lacks. */
  readonly lacks?: string | undefined
}

export interface PlainScanner {
  push(chunk: Uint8Array): void
  /** Call it once all bytes were pushed. */
  end(): PlainScan
}

const LF = 10
const QUOTE = 39
const DOUBLE = 34
const DOLLAR = 36
const DASH = 45
const SLASH = 47
const STAR = 42
const SEMICOLON = 59
const BACKSLASH = 92
const DOT = 46

/** A COPY statement that names 1,600 columns of 63 letters fits; what is longer is none. */
const LONGEST_STATEMENT = 1 << 20
const LONGEST_LINE = 256
const COPY = Buffer.from('COPY ')
export const END_MARKER = '-- PostgreSQL database dump complete'

type Mode = 'sql' | 'string' | 'escapes' | 'name' | 'tag' | 'dollar' | 'comment' | 'block' | 'meta' | 'header' | 'data'

export function makePlainScanner(): PlainScanner {
  const tables = new Map<string, number>()
  let mode: Mode = 'sql'
  /** The statement under way, as long as it may be a COPY. */
  let statement: number[] = []
  let maybeCopy = true
  let begun = false
  /** A dash or a slash that may begin a comment with the next byte. */
  let pending = 0
  /** Of a comment in a block: the byte before this one. */
  let last = 0
  /** Letters of the identifier under way, and its first one: `E` alone before a quote makes it a string with escapes. */
  let letters = 0
  let firstLetter = 0
  let escaped = false
  let depth = 0
  let line: number[] = []
  let tag: number[] = []
  let matched = 0
  // Of the block of data under way.
  let table = ''
  let rows = 0
  let carried = 0
  let carriedFirst = 0
  let carriedSecond = 0
  // Of the end.
  let restrictedBy: string | undefined
  let released = false
  let complete = false
  let anything = false

  /** Reads data from `at` on; gives back where they end. */
  function data(bytes: Buffer, from: number): number {
    // Node's search for a byte is native: a loop here would take longer than pg_dump.
    let start = from
    for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
      const length = carried + at - start
      if (length === 2) {
        const first = carried > 0 ? carriedFirst : bytes[start]
        const second = carried > 1 ? carriedSecond : bytes[at - 1]
        if (first === BACKSLASH && second === DOT) {
          tables.set(table, (tables.get(table) ?? 0) + rows)
          carried = 0
          mode = 'sql'
          return at + 1
        }
      }
      rows += 1
      carried = 0
      start = at + 1
    }
    for (let at = start; at < bytes.length && carried + at - start < 2; at += 1) {
      if (carried + at - start === 0) carriedFirst = bytes[at]!
      else carriedSecond = bytes[at]!
    }
    carried += bytes.length - start
    return bytes.length
  }

  function startStatement(): void {
    statement = []
    maybeCopy = true
    begun = false
    letters = 0
  }

  /** A byte of the statement under way. */
  function keep(byte: number): void {
    if (!begun) {
      if (isSpace(byte)) return
      begun = true
      complete = false
      anything = true
    }
    if (!maybeCopy) return
    const at = statement.length
    maybeCopy = at < COPY.length ? byte === COPY[at] : at < LONGEST_STATEMENT
    if (maybeCopy) statement.push(byte)
  }

  function endStatement(): void {
    const found = maybeCopy && statement.length > COPY.length ? tableOfCopy(textOf(statement)) : undefined
    startStatement()
    if (found === undefined) return
    table = found
    rows = 0
    carried = 0
    mode = 'header'
  }

  function sql(byte: number): void {
    const before = pending
    pending = 0
    if (before === DASH && byte === DASH) {
      mode = 'comment'
      line = [DASH, DASH]
      return
    }
    if (before === SLASH && byte === STAR) {
      mode = 'block'
      depth = 1
      return
    }
    if (before !== 0) outside(before)
    if (byte === DASH || byte === SLASH) pending = byte
    else if (byte === BACKSLASH && !begun) {
      mode = 'meta'
      line = [BACKSLASH]
    } else if (byte === SEMICOLON) endStatement()
    else outside(byte)
  }

  /** A byte of a statement, outside of strings and comments. */
  function outside(byte: number): void {
    keep(byte)
    if (byte === QUOTE) mode = letters === 1 && (firstLetter === 69 || firstLetter === 101) ? 'escapes' : 'string'
    else if (byte === DOUBLE) mode = 'name'
    else if (byte === DOLLAR && letters === 0) {
      mode = 'tag'
      tag = [DOLLAR]
    }
    if (isLetter(byte) || (byte === DOLLAR && letters > 0)) {
      if (letters === 0) firstLetter = byte
      letters += 1
    } else letters = 0
  }

  function other(byte: number): void {
    switch (mode) {
      case 'string':
        // Two quotes in a row end a string and begin the next: it comes to the same.
        if (byte === QUOTE) mode = 'sql'
        return
      case 'escapes':
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) {
          mode = 'sql'
          // Another quote now goes on with the same string: as if the E stood before it again.
          letters = 1
          firstLetter = 69
        }
        return
      case 'name':
        keep(byte)
        if (byte === DOUBLE) mode = 'sql'
        return
      case 'tag':
        inTag(byte)
        return
      case 'dollar':
        if (byte === tag[matched]) matched += 1
        else matched = byte === DOLLAR ? 1 : 0
        if (matched === tag.length) mode = 'sql'
        return
      case 'comment':
        if (byte !== LF) {
          if (line.length < LONGEST_LINE) line.push(byte)
          return
        }
        if (!begun && textOf(line) === END_MARKER) complete = true
        mode = 'sql'
        return
      case 'block':
        inBlock(byte)
        return
      case 'meta':
        if (byte !== LF) {
          if (line.length < LONGEST_LINE) line.push(byte)
          return
        }
        meta(textOf(line))
        mode = 'sql'
        return
      case 'header':
        if (byte === LF) mode = 'data'
        return
      default:
    }
  }

  /** `$tag$`; what turns out to be none (`$1`) is a statement's own. */
  function inTag(byte: number): void {
    const isFirst = tag.length === 1
    if (byte === DOLLAR) {
      tag.push(byte)
      matched = 0
      mode = 'dollar'
    } else if (isLetter(byte) && !(isFirst && isDigit(byte))) tag.push(byte)
    else {
      mode = 'sql'
      sql(byte)
    }
  }

  function inBlock(byte: number): void {
    const before = last
    last = byte
    if (byte === STAR && before === SLASH) depth += 1
    else if (byte === SLASH && before === STAR) depth -= 1
    else return
    // `*/*` ends one and begins none.
    last = 0
    if (depth === 0) mode = 'sql'
  }

  function meta(text: string): void {
    const [command, key] = text.split(/\s+/)
    if (command === String.raw`\restrict`) {
      restrictedBy = key
      released = false
    } else if (command === String.raw`\unrestrict` && key === restrictedBy) released = true
  }

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      let at = 0
      while (at < bytes.length) {
        // Large objects are long strings, and functions long bodies: to their end by the native search, too.
        const quote = mode === 'string' ? QUOTE : mode === 'dollar' && matched === 0 ? DOLLAR : undefined
        if (quote !== undefined) {
          at = bytes.indexOf(quote, at)
          if (at === -1) return
        }
        if (mode === 'data') at = data(bytes, at)
        else {
          if (mode === 'sql') sql(bytes[at]!)
          else other(bytes[at]!)
          at += 1
        }
      }
    },
    end() {
      if (mode === 'comment' || mode === 'meta') other(LF)
      return { tables, lacks: lack() }
    },
  }

  function lack(): string | undefined {
    if (mode === 'data' || mode === 'header') return `it ends amid the rows of ${table}`
    if (!anything && !complete) return 'it is empty'
    if (mode !== 'sql' || begun || pending !== 0) return 'it ends amid a statement'
    if (!complete) return `its last line is not "${END_MARKER}"`
    if (restrictedBy !== undefined && !released) return String.raw`its \unrestrict is missing`
    return undefined
  }
}

function textOf(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString('utf8')
}

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57
}

/** What an identifier may hold; a `$` in one begins no dollar quote. */
function isLetter(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || isDigit(byte) || byte === 95 || byte >= 128
}
