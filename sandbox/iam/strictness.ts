/** Where policies are evaluated for everybody, and what counts as TLS. Set by `POST /_sandbox/iam`. */
export interface Strictness {
  /** Whether any account is strict: asked first, since it costs nothing. */
  readonly any: boolean
  of(account: string): boolean
  /** All accounts, none, or these. */
  set(strict: boolean | readonly string[]): void
  /** As `set` took it. */
  readonly shown: boolean | readonly string[]
  /** Whether requests count as TLS that do not say so themselves. */
  secureTransport: boolean
}

export function makeStrictness(): Strictness {
  let strict: boolean | ReadonlySet<string> = false
  return {
    get any() {
      return strict !== false
    },
    of: (account) => strict === true || (strict !== false && strict.has(account)),
    set(wanted) {
      strict = typeof wanted === 'boolean' ? wanted : wanted.length === 0 ? false : new Set(wanted)
    },
    get shown() {
      return typeof strict === 'boolean' ? strict : [...strict]
    },
    secureTransport: false,
  }
}
