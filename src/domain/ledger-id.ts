/** The name that a ledger has from its beginning: another one after a FLUSHALL or a lost volume, whatever the URL says. */

const LENGTH = 16

/** Sixteen hexadecimal digits. `next` gives numbers in [0, 1). */
export function newLedgerId(next: () => number): string {
  return Array.from({ length: LENGTH }, () => Math.floor(next() * 16).toString(16)).join('')
}

/** Stands for the ledger of a snapshot that does not say. */
export const UNNAMED_LEDGER = 'unnamed'

/** What may become a part of a key in S3. */
export function isLedgerId(text: string): boolean {
  return /^[\w-]{1,64}$/.test(text)
}
