/** From what `pg_dump` writes to what is stored: hashed, its rows counted, compressed, encrypted. */
import { readFile } from 'node:fs/promises'
import type { Dump } from '../config/estate-dumps.ts'
import type { Compression } from '../domain/dump/name.ts'
import { makePlainScanner } from '../domain/dump/plain-scanner.ts'
import { LandfallError } from '../domain/errors.ts'
import type { DumpEncoder } from '../ports.ts'
import { makeAgeEncrypt } from './age-encrypt.ts'
import { makeCompress } from './compress.ts'
import { checkPublicKeys, makeOpenPgpEncrypt, readPublicKeys } from './openpgp-encrypt.ts'
import type { Stage } from './stage.ts'
import { makeTap } from './tap.ts'

const CUSTOM_MAGIC = Buffer.from('PGDMP')

interface Encryption {
  readonly recipients: readonly string[]
  readonly encrypt?: Stage | undefined
}

/** pg_dump compresses its custom format by itself. */
export function compressionOf(dump: Pick<Dump, 'format' | 'compression'>): Compression {
  return dump.format === 'custom' ? 'none' : dump.compression
}

/** Throws DUMP_KEY_INVALID. It encodes once. */
export async function makeDumpEncoder(
  dump: Pick<Dump, 'name' | 'format' | 'compression' | 'encryption'>,
): Promise<DumpEncoder> {
  const { recipients, encrypt } = await encryptionOf(dump)
  return {
    recipients,
    encode(source) {
      const scanner = dump.format === 'plain' ? makePlainScanner() : undefined
      const head: number[] = []
      const tap = makeTap((chunk) => {
        scanner?.push(chunk)
        for (let at = 0; head.length < CUSTOM_MAGIC.length && at < chunk.length; at += 1) head.push(chunk[at]!)
      })
      const stages = [makeCompress(compressionOf(dump)), encrypt].filter((stage) => stage !== undefined)
      return {
        stream: stages.reduce<AsyncIterable<Uint8Array>>((stream, stage) => stage(stream), tap.stage(source)),
        get plainBytes() {
          return tap.bytes
        },
        // What is stored as it came is hashed once.
        ...(stages.length === 0 && { stored: () => tap.digest() }),
        end() {
          const plain = tap.digest()
          if (!tap.ended) return { plain, lacks: 'it was not read to its end' }
          const scan = scanner?.end()
          if (scan !== undefined) return { plain, rows: scan.tables, lacks: scan.lacks }
          const lacks = CUSTOM_MAGIC.equals(Uint8Array.from(head))
            ? undefined
            : 'it does not begin as the custom format does'
          return { plain, lacks }
        },
      }
    },
  }
}

async function encryptionOf({ name, encryption }: Pick<Dump, 'name' | 'encryption'>): Promise<Encryption> {
  if (encryption === undefined) return { recipients: [] }
  try {
    if (encryption.kind === 'age') {
      return { recipients: encryption.recipients, encrypt: await makeAgeEncrypt(encryption.recipients) }
    }
    const keys = await readPublicKeys(
      await Promise.all(encryption.keyFiles.map(async (file) => readFile(file, 'utf8'))),
    )
    await checkPublicKeys(keys)
    return { recipients: keys.map((key) => key.getFingerprint().toUpperCase()), encrypt: makeOpenPgpEncrypt(keys) }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new LandfallError('DUMP_KEY_INVALID', `the keys of the dump ${name} cannot be used: ${said}`, {
      cause: error,
    })
  }
}
