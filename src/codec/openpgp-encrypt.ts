/**
 * Encrypts to OpenPGP public keys, as `gpg --encrypt` does: a binary message, uncompressed, since what comes in is
 * compressed already.
 */
import type { ReadableStream } from 'node:stream/web'
import { createMessage, encrypt, enums, type Key, readKeys } from 'openpgp'
import { copies, type Stage } from './stage.ts'

/** Keys of armoured text. Throws where there is none. */
export async function readPublicKeys(armoured: readonly string[]): Promise<readonly Key[]> {
  const all = await Promise.all(armoured.map((armoredKeys) => readKeys({ armoredKeys })))
  return all.flat()
}

/** Throws where a key has expired, was revoked, or cannot encrypt. */
export async function checkPublicKeys(keys: readonly Key[]): Promise<void> {
  for (const key of keys) await key.getEncryptionKey()
}

export function makeOpenPgpEncrypt(keys: readonly Key[]): Stage {
  return async function* (source) {
    const message = await createMessage({ binary: toWeb(copies(source)) as never })
    const encrypted = (await encrypt({
      message,
      encryptionKeys: [...keys],
      format: 'binary',
      config: { preferredCompressionAlgorithm: enums.compression.uncompressed },
    })) as unknown as AsyncIterable<Uint8Array>
    yield* encrypted
  }
}

/** One chunk at a time, when it is asked for: what is not asked for stays with the source. */
export function toWeb(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]()
  return new globalThis.ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
      },
      async cancel() {
        await chunks.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
