/** A word, a number, a quoted text or a sign; `at` for messages. */
export interface Token {
  readonly kind: 'word' | 'number' | 'text' | 'sign'
  readonly text: string
  readonly at: number
}

const PATTERN = /\s+|(\d+(?:\.\d+)?)|([A-Za-z_][\w:./-]*)|"([^"]*)"|(&&|\|\||[=!<>]=|[-+*/^<>(),[\]])/gy

/**
 * The tokens of a metric math expression or of a composite alarm's rule. `words` says what a word may be: names in rules
 * hold signs that are operators in expressions. Undefined where a character fits nothing.
 */
export function tokenize(text: string, words: 'expression' | 'rule'): Token[] | undefined {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    PATTERN.lastIndex = at
    const match = PATTERN.exec(text)
    if (match === null) return undefined
    const [whole, number, word, quoted] = match
    if (word !== undefined) {
      const kept = words === 'rule' ? word : /^\w+/.exec(word)![0]
      tokens.push({ kind: 'word', text: kept, at })
      at += kept.length
      continue
    }
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at })
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted, at })
    else if (whole.trim() !== '') tokens.push({ kind: 'sign', text: whole, at })
    at += whole.length
  }
  return tokens
}

/** Reads tokens one after the other. */
export class Cursor {
  readonly #tokens: readonly Token[]
  #next = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  peek(): Token | undefined {
    return this.#tokens[this.#next]
  }

  take(): Token | undefined {
    const token = this.#tokens[this.#next]
    this.#next += 1
    return token
  }

  /** Takes the next token if it is one of these signs or words (in any case). */
  takeIf(...texts: readonly string[]): string | undefined {
    const token = this.peek()
    if (token === undefined || token.kind === 'text' || !texts.includes(token.text.toUpperCase())) return undefined
    this.#next += 1
    return token.text.toUpperCase()
  }
}
