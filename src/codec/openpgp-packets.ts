/**
 * The packets before the encrypted data of an OpenPGP message: to whom it is encrypted, and the session key for whoever
 * has the private key. What follows is bulk, and is left to who reads bulk fast (openpgp-decrypt.ts).
 *
 * Source: RFC 9580, sections 4.2 (packet headers), 5.1, 5.13.
 */
import { decryptSessionKeys, enums, type PrivateKey, readMessage } from 'openpgp'
import { LandfallError } from '../domain/errors.ts'
import type { ByteReader } from './bytes.ts'

const PUBLIC_KEY_ENCRYPTED = 1
const PASSWORD_ENCRYPTED = 3
const WITHOUT_INTEGRITY = 9
const MARKER = 10
const WITH_INTEGRITY = 18
const GNUPG_AEAD = 20
/** A session key for one recipient has some hundred bytes. */
const LONGEST_PACKET = 1 << 16
const MOST_PACKETS = 1000
/** `gpg --override-session-key` and the library must be asked about something that looks like a message. */
const SOME_DATA = Uint8Array.of(0xd2, 4, 1, 0, 0, 0)

export interface OpenPgpHead {
  /** All packets up to the encrypted data. */
  readonly packets: Uint8Array
  /** Tag and first length bytes of the encrypted data: they were read, and belong before what follows. */
  readonly started: Uint8Array
  /** Key ids, sixteen hexadecimal digits; zeros where it hides them. */
  readonly recipients: readonly string[]
}

export interface SessionKey {
  readonly algorithm: string
  readonly data: Uint8Array
}

/** Throws DUMP_UNREADABLE, DUMP_TRUNCATED. */
export async function readOpenPgpHead(bytes: ByteReader): Promise<OpenPgpHead> {
  const packets: Uint8Array[] = []
  const recipients: string[] = []
  for (let count = 0; count < MOST_PACKETS; count += 1) {
    const first = await bytes.take(1)
    if (first.length === 0) throw new LandfallError('DUMP_TRUNCATED', 'the OpenPGP message ends before its data')
    const tag = tagOf(first[0]!)
    if (tag === WITH_INTEGRITY || tag === GNUPG_AEAD) {
      return { packets: Buffer.concat(packets), started: first, recipients }
    }
    if (tag === WITHOUT_INTEGRITY) {
      throw new LandfallError('DUMP_UNREADABLE', 'it is encrypted in the old way that notices no change: make it anew')
    }
    if (tag !== PUBLIC_KEY_ENCRYPTED && tag !== PASSWORD_ENCRYPTED && tag !== MARKER) break
    const length = await lengthOf(bytes, first[0]!)
    const body = await bytes.take(length.value)
    if (body.length < length.value) throw new LandfallError('DUMP_TRUNCATED', 'the OpenPGP message ends in its header')
    packets.push(first, length.bytes, body)
    if (tag === PUBLIC_KEY_ENCRYPTED) recipients.push(recipientOf(body))
  }
  throw new LandfallError('DUMP_UNREADABLE', 'it does not begin as an encrypted OpenPGP message does')
}

/** Throws DUMP_KEY_WRONG. */
export async function openSessionKey(head: OpenPgpHead, keys: readonly PrivateKey[]): Promise<SessionKey> {
  const binaryMessage = Buffer.concat([head.packets, SOME_DATA])
  try {
    const message = await readMessage({ binaryMessage })
    const found = (await decryptSessionKeys({ message, decryptionKeys: [...keys] })) as readonly {
      data: Uint8Array
      algorithm: string
    }[]
    return found[0]!
  } catch (error) {
    const ids = head.recipients.length === 0 ? 'a passphrase' : head.recipients.join(', ')
    const said = error instanceof Error ? error.message : String(error)
    throw new LandfallError(
      'DUMP_KEY_WRONG',
      `the private key at hand does not open it: it is encrypted to ${ids} (${said})`,
    )
  }
}

/** As `gpg --override-session-key` takes it. */
export function sessionKeyText({ algorithm, data }: SessionKey): string {
  const number = enums.symmetric[algorithm as keyof typeof enums.symmetric]
  return `${number}:${Buffer.from(data).toString('hex').toUpperCase()}`
}

function tagOf(byte: number): number | undefined {
  if ((byte & 0x80) === 0) return undefined
  return (byte & 0x40) === 0 ? (byte & 0x3c) >> 2 : byte & 0x3f
}

async function lengthOf(
  bytes: ByteReader,
  first: number,
): Promise<{ readonly value: number; readonly bytes: Uint8Array }> {
  const isOld = (first & 0x40) === 0
  const head = isOld ? await bytes.take([1, 2, 4, 0][first & 3]!) : await newLength(bytes)
  const value = isOld ? Buffer.from(head).readUIntBE(0, Math.max(1, head.length)) : newValue(head)
  if (head.length === 0 || value === undefined || value > LONGEST_PACKET) {
    throw new LandfallError('DUMP_UNREADABLE', 'a packet of its OpenPGP header has no usable length')
  }
  return { value, bytes: head }
}

async function newLength(bytes: ByteReader): Promise<Uint8Array> {
  const first = await bytes.take(1)
  const more = first.length === 0 ? 0 : first[0]! < 192 ? 0 : first[0]! < 224 ? 1 : first[0] === 255 ? 4 : 0
  return Buffer.concat([first, await bytes.take(more)])
}

/** Undefined: a partial length, which no such packet has. */
function newValue(head: Uint8Array): number | undefined {
  const [first, second] = head
  if (first === undefined) return undefined
  if (first < 192) return first
  if (first < 224) return second === undefined ? undefined : ((first - 192) << 8) + second + 192
  return first === 255 && head.length === 5 ? Buffer.from(head).readUInt32BE(1) : undefined
}

/** Version 3: the key id follows. Version 6 has a fingerprint. */
function recipientOf(body: Uint8Array): string {
  const from = body[0] === 3 ? 1 : 3
  const length = body[0] === 3 ? 8 : Math.max(0, (body[1] ?? 1) - 1)
  return Buffer.from(body.subarray(from, from + length))
    .toString('hex')
    .toUpperCase()
}
