/**
 * Encrypts to age recipients. The `age-encryption` library makes the header (recipients, stanzas, MAC); the payload is
 * sealed here by the machine's own ChaCha20-Poly1305, which is some thirty times as fast as the library's, in plain
 * JavaScript (docs/adr/0010-dump-pipeline.md).
 *
 * Source: the age format, v1 (C2SP age.md, "Header" and "Payload").
 */
import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { Encrypter } from 'age-encryption'
import type { Stage } from './stage.ts'

/** What one sealed chunk holds, and the tag behind it. */
export const AGE_CHUNK = 64 * 1024
const TAG = 16
const NONCE = 16
const COUNTER = 11

/** Throws where a recipient is none. */
export async function makeAgeEncrypt(recipients: readonly string[]): Promise<Stage> {
  const { header, fileKey } = await makeHeader(recipients)
  // One of our own: the library has used its nonce, with the same key, for the empty file that it made the header of.
  const nonce = randomBytes(NONCE)
  const key = Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32))
  return (source) => sealed(source, Buffer.concat([header, nonce]), key)
}

async function* sealed(
  source: AsyncIterable<Uint8Array>,
  head: Uint8Array,
  key: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const pending = Buffer.allocUnsafeSlow(AGE_CHUNK)
  let filled = 0
  let count = 0

  /** The body, and the tag behind it. */
  function seal(chunk: Uint8Array, last: boolean): readonly [Uint8Array, Uint8Array] {
    const iv = Buffer.alloc(COUNTER + 1)
    iv.writeUIntBE(count, COUNTER - 6, 6)
    iv[COUNTER] = last ? 1 : 0
    count += 1
    const cipher = createCipheriv('chacha20-poly1305', key, iv, { authTagLength: TAG })
    const body = cipher.update(chunk)
    cipher.final()
    return [body, cipher.getAuthTag()]
  }

  yield head
  for await (const chunk of source) {
    let at = 0
    while (at < chunk.length) {
      // A full chunk is sealed only when more comes: the last one says that it is.
      if (filled === AGE_CHUNK) {
        yield* seal(pending, false)
        filled = 0
      }
      if (filled === 0 && chunk.length - at > AGE_CHUNK) {
        yield* seal(chunk.subarray(at, at + AGE_CHUNK), false)
        at += AGE_CHUNK
        continue
      }
      const taken = Math.min(AGE_CHUNK - filled, chunk.length - at)
      pending.set(chunk.subarray(at, at + taken), filled)
      filled += taken
      at += taken
    }
  }
  yield* seal(pending.subarray(0, filled), true)
}

/** The header of an empty file that the library encrypts, and the key that it drew for it. */
async function makeHeader(
  recipients: readonly string[],
): Promise<{ readonly header: Uint8Array; readonly fileKey: Uint8Array }> {
  const encrypter = new Encrypter()
  let fileKey: Uint8Array | undefined
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  encrypter.addRecipient({
    wrapFileKey(key) {
      fileKey = key.slice()
      return []
    },
  })
  const empty = await encrypter.encrypt(new Uint8Array())
  return { header: empty.subarray(0, empty.length - NONCE - TAG), fileKey: fileKey! }
}
