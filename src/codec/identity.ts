/** The private key of a dump, as the configuration's `identity` has it: age identities, or an armoured OpenPGP key. */
import { type PrivateKey, readPrivateKeys } from 'openpgp'
import { identityToRecipient } from 'age-encryption'
import { LandfallError } from '../domain/errors.ts'

export type Identity =
  | { readonly kind: 'age'; readonly identities: readonly string[] }
  | { readonly kind: 'openpgp'; readonly keys: readonly PrivateKey[] }

/** Throws IDENTITY_INVALID, whose message has nothing of the key in it. */
export async function readIdentity(text: string): Promise<Identity> {
  return text.includes('-----BEGIN PGP PRIVATE KEY BLOCK-----') ? readOpenPgp(text) : readAge(text)
}

async function readAge(text: string): Promise<Identity> {
  const identities = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (identities.length === 0 || !identities.every((line) => line.startsWith('AGE-SECRET-KEY-'))) {
    throw invalid('it is neither age identities (AGE-SECRET-KEY-1...) nor an armoured OpenPGP private key')
  }
  try {
    for (const identity of identities) await identityToRecipient(identity)
  } catch {
    throw invalid('a line of it is no age identity, although it begins as one')
  }
  return { kind: 'age', identities }
}

async function readOpenPgp(text: string): Promise<Identity> {
  const keys = await readPrivateKeys({ armoredKeys: text }).catch(() => {
    throw invalid('the OpenPGP private key in it cannot be read')
  })
  // A passphrase would have to be kept beside the key: it would guard nothing.
  if (keys.some((key) => !key.isDecrypted()))
    throw invalid('its OpenPGP private key has a passphrase: export it without')
  return { kind: 'openpgp', keys }
}

function invalid(why: string): LandfallError {
  return new LandfallError('IDENTITY_INVALID', `the private key cannot be used: ${why}`)
}
