/**
 * Text from outside (keys, bodies, names) shown so that it cannot steer a terminal: no control character, no override of
 * the writing direction, no invisible character and no line break of its own survives.
 */

/** Control and format characters (C1 and bidirectional overrides among them), line and paragraph separators, lone surrogates. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
const EACH = new RegExp(HARMFUL.source, 'gu')

/** As it is where it is harmless, else as JSON writes a string, with everything harmful escaped. */
export function inert(text: string): string {
  return HARMFUL.test(text) ? escaped(JSON.stringify(text)) : text
}

/** `inert`, cut to `most` characters. */
export function inertExcerpt(text: string, most: number): string {
  return inert(text.length > most ? `${text.slice(0, Math.max(0, most - 1)).toWellFormed()}…` : text)
}

/** JSON that is safe to print, and still means the same: on one line, or indented by so much. */
export function inertJson(data: unknown, indent?: number): string {
  if (indent === undefined) return escaped(JSON.stringify(data))
  return JSON.stringify(data, null, indent).split('\n').map(escaped).join('\n')
}

/** For JSON: by UTF-16 units, since JSON knows no longer escape. */
function escaped(json: string): string {
  return json.replaceAll(EACH, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )
}
