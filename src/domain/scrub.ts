/**
 * Takes secrets out of a text that somebody else wrote: an error of a driver, of the SDK, of PostgreSQL, down to its last
 * cause. What goes is what looks like a secret, and the estate's own secrets wherever they stand.
 */
export type Scrub = (text: string) => string

const HIDDEN = '[redacted]'

/**
 * Each keeps what stands in its first group. The text may be a line of JSON with keys in it that strangers chose: none runs
 * over a quote that ends a string, else a key such as `authorization:` would take the next field with it, and the line would
 * be JSON no more. A quote within a string has a backslash before it there.
 */
const PATTERNS: readonly RegExp[] = [
  // Connection strings: the user stays, the password goes, up to the last @ (it may hold one, and a slash). A port and an
  // @ in a path go with it: better too much than too little.
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/"'\\]{0,128}:)[^\s"'\\]{1,512}(?=@)/gi,
  // Presigned URLs, Signature Version 4 and 2, and whatever names itself so in a query or a form.
  /((?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|AWSAccessKeyId|Signature|access_token|token|password|passwd)=)[^\s&"'\\<>;]{1,4096}/gi,
  // libpq's `password='it''s'`, up to its closing quote.
  /(\bpassword\s*=\s*')(?:[^'"\\]|''|\\.){1,512}(?=['"])/gi,
  // Headers, as JSON (plain, and escaped once) and as text.
  /((?:authorization|x-amz-security-token|x-landfall-token)(?:"\s*:\s*"|\\"\s*:\s*\\"))[^"'\\\n]{1,4096}/gi,
  /((?:authorization|x-amz-security-token|x-landfall-token)'?\s*[:=]\s*(?:'|\\"|"(?=(?:Bearer|Basic|AWS4-HMAC-SHA256)\s))?)[^"'\\\n]{1,4096}/gi,
  /(\bBearer\s+)[\w.~+/=-]{6,4096}/g,
  // Fields of JSON, with the escapes in them; and of JSON in a string of JSON, where each escape is escaped.
  /((?:secretAccessKey|sessionToken|SecretAccessKey|SessionToken|externalId|ExternalId|password|passphrase)"\s*:\s*")(?:[^"\\]|\\.){1,4096}/g,
  /((?:secretAccessKey|sessionToken|SecretAccessKey|SessionToken|externalId|ExternalId|password|passphrase)\\"\s*:\s*\\")(?:[^"\\]|\\\\(?:\\["\\]|[^"\\])){1,4096}/g,
  // Access key ids say whose they are, and are half of a credential.
  /(\b(?:AKIA|ASIA))[A-Z0-9]{12,124}\b/g,
]

/** A secret shorter than this would take innocent words with it; Landfall's own are longer (config/secret.ts). */
const LEAST = 6

/** `secrets`: whatever the estate holds that nobody may read. */
export function makeScrub(secrets: readonly (string | undefined)[] = []): Scrub {
  const all = new Set(
    secrets.flatMap((secret) =>
      secret === undefined || secret.length < LEAST
        ? []
        : [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)],
    ),
  )
  // The longest first: one may begin with another.
  const known = [...all].toSorted((a, b) => b.length - a.length)
  return (text) => {
    let clean = text
    for (const secret of known) clean = clean.replaceAll(secret, HIDDEN)
    for (const pattern of PATTERNS) clean = clean.replace(pattern, `$1${HIDDEN}`)
    return clean
  }
}
