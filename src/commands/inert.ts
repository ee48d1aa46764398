/** Text from outside (a key, a reason) as JSON writes it where it holds control characters, so that it cannot steer the terminal. */
export function inert(text: string): string {
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text)
    ? JSON.stringify(text).replaceAll(
        /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
        (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`,
      )
    : text
}
