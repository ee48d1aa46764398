/**
 * Decrypts what was encrypted to age recipients. The library reads the header, this room the payload, by the machine's
 * own ChaCha20-Poly1305 (as in age-encrypt.ts). Each chunk is given out only when its tag was found right.
 *
 * Source: the age format, v1 (C2SP age.md, "Header" and "Payload").
 */
import { createDecipheriv, hkdfSync } from 'node:crypto'
import { Decrypter } from 'age-encryption'
import { LandfallError } from '../domain/errors.ts'
import { AGE_CHUNK } from './age-encrypt.ts'
import { type ByteReader, readBytes } from './bytes.ts'

const VERSION = 'age-encryption.org/v1'
const TAG = 16
const NONCE = 16
const COUNTER = 11
const LF = 10
/** A line has 64 letters at most, a stanza's first one a few more; a header of thousands of recipients is none. */
const LONGEST_LINE = 4096
const LONGEST_HEADER = 1 << 20

export interface AgeHeader {
  readonly bytes: Uint8Array
  /** Of each stanza its kind, e.g. `X25519`: whose it is, age does not tell. */
  readonly stanzas: readonly string[]
}

/** `identities`: AGE-SECRET-KEY-1... Throws DUMP_UNREADABLE, DUMP_TRUNCATED, DUMP_KEY_WRONG, DUMP_CORRUPT as it goes. */
export async function* decryptAge(
  source: AsyncIterable<Uint8Array>,
  identities: readonly string[],
): AsyncGenerator<Uint8Array> {
  const bytes = readBytes(source)
  const header = await readAgeHeader(bytes)
  const fileKey = await openHeader(header, identities)
  const nonce = await bytes.take(NONCE)
  if (nonce.length < NONCE) throw truncated('amid its nonce')
  const key = Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32))
  let sealed = await bytes.take(AGE_CHUNK + TAG)
  for (let count = 0; ; count += 1) {
    const full = sealed.length === AGE_CHUNK + TAG
    const next = full ? await bytes.take(AGE_CHUNK + TAG) : new Uint8Array()
    const last = next.length === 0
    const plain = open(key, count, last, sealed)
    if (plain === undefined) {
      // Whole, and not the last one: what came behind it is gone.
      if (last && open(key, count, false, sealed) !== undefined) throw truncated(`behind its chunk ${count + 1}`)
      if (last && !full) throw truncatedOrCorrupt(count)
      throw new LandfallError('DUMP_CORRUPT', `the age chunk ${count + 1} is not what was encrypted`)
    }
    yield plain
    if (last) return
    sealed = next
  }
}

/** Throws DUMP_UNREADABLE, DUMP_TRUNCATED. */
export async function readAgeHeader(bytes: ByteReader): Promise<AgeHeader> {
  const lines: Uint8Array[] = []
  const stanzas: string[] = []
  let length = 0
  for (;;) {
    const line = await bytes.until(LF, LONGEST_LINE)
    const text = Buffer.from(line).toString('latin1')
    if (lines.length === 0 && `${VERSION}\n`.startsWith(text) && line.at(-1) !== LF) throw truncated('amid its header')
    if (lines.length === 0 && text !== `${VERSION}\n`) {
      const armoured = text.startsWith('-----BEGIN AGE') ? ': armoured age, which nobody reads as a stream' : ''
      throw new LandfallError('DUMP_UNREADABLE', `it does not begin as an age file does${armoured}`)
    }
    if (line.at(-1) !== LF) throw truncated('amid its header')
    lines.push(line)
    length += line.length
    if (length > LONGEST_HEADER) throw new LandfallError('DUMP_UNREADABLE', 'its age header does not end')
    if (text.startsWith('-> ')) stanzas.push(text.slice(3).trim().split(' ')[0]!)
    if (text.startsWith('--- ')) return { bytes: Buffer.concat(lines), stanzas }
  }
}

async function openHeader(header: AgeHeader, identities: readonly string[]): Promise<Uint8Array> {
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  try {
    return await decrypter.decryptHeader(header.bytes)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    if (/no identity matched/i.test(said)) {
      const to = `${header.stanzas.length} recipient${header.stanzas.length === 1 ? '' : 's'}`
      throw new LandfallError('DUMP_KEY_WRONG', `none of the identities at hand opens it: it is encrypted to ${to}`)
    }
    throw new LandfallError('DUMP_CORRUPT', `its age header is not what was written: ${said}`)
  }
}

function open(key: Buffer, count: number, last: boolean, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < TAG) return undefined
  const iv = Buffer.alloc(COUNTER + 1)
  iv.writeUIntBE(count, COUNTER - 6, 6)
  iv[COUNTER] = last ? 1 : 0
  const decipher = createDecipheriv('chacha20-poly1305', key, iv, { authTagLength: TAG })
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG))
  try {
    const plain = decipher.update(sealed.subarray(0, sealed.length - TAG))
    decipher.final()
    return plain
  } catch {
    return undefined
  }
}

function truncated(where: string): LandfallError {
  return new LandfallError('DUMP_TRUNCATED', `the age file ends ${where}`)
}

/** The last chunk's tag is wrong: of a cut chunk it is, and of a changed byte in a short one too. */
function truncatedOrCorrupt(count: number): LandfallError {
  return new LandfallError('DUMP_CORRUPT', `its last age chunk (${count + 1}) is cut off, or is not what was encrypted`)
}
