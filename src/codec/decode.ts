/** From what is stored to what `pg_dump` wrote: decrypted, decompressed, in constant memory, nothing on disk. */
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Encryption } from '../domain/dump/name.ts'
import { LandfallError } from '../domain/errors.ts'
import type { DumpDecoder, DumpLayer } from '../ports.ts'
import { decryptAge, readAgeHeader } from './age-decrypt.ts'
import { readBytes } from './bytes.ts'
import { decompress } from './decompress.ts'
import { type Identity, readIdentity } from './identity.ts'
import { decryptOpenPgp } from './openpgp-decrypt.ts'
import { readOpenPgpHead } from './openpgp-packets.ts'

/** `identity`: the private key's text; absent: encrypted ones are read as far as their header. Throws IDENTITY_INVALID. */
export async function makeDumpDecoder(needs: {
  readonly identity?: string | undefined
  /** The PATH, on which gpg is looked for. */
  readonly path: string
}): Promise<DumpDecoder> {
  const identity = needs.identity === undefined ? undefined : await readIdentity(needs.identity)
  const gpg = await findGpg(needs.path)
  return {
    canDecrypt: (kind) => kind === 'none' || identity?.kind === kind,
    describe: async (head, kind) => describe(head, kind),
    decode(source, { encryption, compression }, tell = () => {}) {
      let told = false
      const fault = (layer: DumpLayer) => (): void => {
        // The outer layers fail with the inner one.
        if (!told) tell(layer)
        told = true
      }
      const inner = watched(() => decrypted(source, encryption, identity, gpg), fault('decryption'))
      return watched(() => decompress(inner, compression), fault('compression'))
    },
  }
}

async function* watched(open: () => AsyncIterable<Uint8Array>, fault: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* open()
  } catch (error) {
    fault()
    throw error
  }
}

function decrypted(
  source: AsyncIterable<Uint8Array>,
  kind: Encryption,
  identity: Identity | undefined,
  gpg: string | undefined,
): AsyncIterable<Uint8Array> {
  if (kind === 'none') return source
  if (identity?.kind === 'age' && kind === 'age') return decryptAge(source, identity.identities)
  if (identity?.kind === 'openpgp' && kind === 'openpgp') return decryptOpenPgp(source, identity.keys, gpg)
  const have =
    identity === undefined ? 'no private key is at hand' : `the private key at hand is one of ${identity.kind}`
  throw new LandfallError('DUMP_KEY_WRONG', `it is encrypted by ${kind}, and ${have}`)
}

/** In words, what its header says without a key. Throws DUMP_UNREADABLE, DUMP_TRUNCATED. */
async function describe(head: AsyncIterable<Uint8Array>, kind: Encryption): Promise<string> {
  const bytes = readBytes(head)
  if (kind === 'age') return `age, to ${(await readAgeHeader(bytes)).stanzas.join(', ')}`
  if (kind === 'openpgp') {
    const { recipients } = await readOpenPgpHead(bytes)
    return `OpenPGP, to ${recipients.length === 0 ? 'a passphrase' : recipients.join(', ')}`
  }
  return 'not encrypted'
}

async function findGpg(path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, 'gpg')
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (folder !== '' && isThere) return file
  }
  return undefined
}
