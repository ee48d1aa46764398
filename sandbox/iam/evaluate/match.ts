/**
 * Wildcards and policy variables (IAM user guide, "IAM policy elements: Variables and tags", "Resource").
 *
 * Patterns come from whoever writes a policy, so they are walked, not compiled to expressions that could take for ever.
 */

/** The values of a condition key (lower case) in the request; undefined: the request has no such key. */
export type Context = (key: string) => readonly string[] | undefined

/** Code points, ANY for `*`, ONE for `?`. */
export type Glob = readonly number[]

const ANY = -1
const ONE = -2

const VARIABLE = /\$\{([^}]*)\}/g

/**
 * A pattern of a policy for one request: variables are replaced, and what they hold is no wildcard. Undefined: a variable
 * has no single value, so that nothing matches.
 */
export function globOf(pattern: string, context: Context | undefined): Glob | undefined {
  const glob: number[] = []
  let at = 0
  if (context !== undefined && pattern.includes('${')) {
    for (const match of pattern.matchAll(VARIABLE)) {
      push(glob, pattern.slice(at, match.index), true)
      const value = valueOf(match[1]!, context)
      if (value === undefined) return undefined
      push(glob, value, false)
      at = match.index + match[0].length
    }
  }
  push(glob, pattern.slice(at), true)
  return glob
}

/** The same without wildcards: of `StringEquals` and its like. */
export function textOf(pattern: string, context: Context | undefined): string | undefined {
  if (context === undefined || !pattern.includes('${')) return pattern
  let unknown = false
  const text = pattern.replaceAll(VARIABLE, (_whole, name: string) => {
    const value = valueOf(name, context)
    unknown ||= value === undefined
    return value ?? ''
  })
  return unknown ? undefined : text
}

/** `${*}`, `${?}` and `${$}` stand for themselves; `${aws:username, 'nobody'}` has a default. */
function valueOf(name: string, context: Context): string | undefined {
  if (name === '*' || name === '?' || name === '$') return name
  const [key = '', fallback] = name.split(',', 2).map((part) => part.trim())
  const values = context(key.toLowerCase())
  if (values === undefined) return fallback === undefined ? undefined : fallback.replace(/^'(.*)'$/s, '$1')
  return values.length === 1 ? values[0] : undefined
}

function push(glob: number[], text: string, wild: boolean): void {
  for (const char of text) {
    if (wild && char === '*') glob.push(ANY)
    else glob.push(wild && char === '?' ? ONE : char.codePointAt(0)!)
  }
}

/** In time that grows with the product of both lengths at most. */
export function matchesGlob(glob: Glob, text: string): boolean {
  const chars = Array.from(text, (char) => char.codePointAt(0)!)
  let [g, c, star, mark] = [0, 0, -1, 0]
  while (c < chars.length) {
    if (g < glob.length && (glob[g] === ONE || glob[g] === chars[c])) {
      g += 1
      c += 1
    } else if (glob[g] === ANY) {
      star = g++
      mark = c
    } else if (star >= 0) {
      g = star + 1
      c = ++mark
    } else return false
  }
  while (glob[g] === ANY) g += 1
  return g === glob.length
}

/** `s3:Get*` against `s3:GetObject`, whatever the case. */
export function matchesAction(pattern: string, action: string): boolean {
  return pattern === '*' || matchesGlob(globOf(pattern.toLowerCase(), undefined)!, action.toLowerCase())
}

/** ARNs match member by member; the sixth is all the rest. `*` alone is everything. */
export function matchesArn(pattern: string, arn: string, context: Context | undefined): boolean {
  if (pattern === '*') return true
  const [parts, given] = [arnParts(pattern), arnParts(arn)]
  if (parts === undefined || given === undefined) return false
  return parts.every((part, index) => {
    const glob = globOf(part, context)
    return glob !== undefined && matchesGlob(glob, given[index]!)
  })
}

/** Colons inside a variable (`${aws:username}`) separate nothing. */
function arnParts(arn: string): readonly string[] | undefined {
  const parts: string[] = []
  let [start, depth] = [0, 0]
  for (let at = 0; at < arn.length && parts.length < 5; at += 1) {
    if (arn[at] === '{' && arn[at - 1] === '$') depth += 1
    else if (arn[at] === '}' && depth > 0) depth -= 1
    else if (arn[at] === ':' && depth === 0) {
      parts.push(arn.slice(start, at))
      start = at + 1
    }
  }
  if (parts.length < 5) return undefined
  return [...parts, arn.slice(start)]
}
