/**
 * Decrypts OpenPGP messages of any maker. The library opens the session key; the bulk goes through `gpg` where the
 * machine has it (it reads every dialect, some twenty times as fast, in constant memory), else through the library. gpg
 * is given the session key by a pipe and an empty home: no private key is ever on disk, and no agent is started.
 *
 * Bytes come out before the message's integrity is known, which stands at its end: whoever uses them must wait for the
 * end of the stream before believing them.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { decrypt, type PrivateKey, readMessage } from 'openpgp'
import { LandfallError } from '../domain/errors.ts'
import { readBytes, type ByteReader } from './bytes.ts'
import { openSessionKey, readOpenPgpHead, type SessionKey, sessionKeyText } from './openpgp-packets.ts'
import { toWeb } from './openpgp-encrypt.ts'

const SAID = 4096
const PIECE = 256 * 1024

/** `gpg`: its file; absent: the library does it all. Throws DUMP_UNREADABLE, DUMP_TRUNCATED, DUMP_KEY_WRONG, DUMP_CORRUPT. */
export async function* decryptOpenPgp(
  source: AsyncIterable<Uint8Array>,
  keys: readonly PrivateKey[],
  gpg: string | undefined,
): AsyncGenerator<Uint8Array> {
  const bytes = readBytes(source)
  const head = await readOpenPgpHead(bytes)
  const sessionKey = await openSessionKey(head, keys)
  const message = rest(bytes, [head.packets, head.started])
  yield* gpg === undefined ? byLibrary(message, sessionKey) : byGpg(message, sessionKey, gpg)
}

async function* rest(bytes: ByteReader, before: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* before.filter((chunk) => chunk.length > 0)
  for (;;) {
    const chunk = await bytes.some(PIECE)
    if (chunk.length === 0) return
    yield chunk
  }
}

async function* byGpg(message: AsyncIterable<Uint8Array>, key: SessionKey, gpg: string): AsyncGenerator<Uint8Array> {
  const home = await mkdtemp(join(tmpdir(), 'landfall-gpg-'))
  const args = ['--homedir', home, '--batch', '--no-tty', '--no-options', '--no-autostart', '--quiet']
  const child = spawn(gpg, [...args, '--override-session-key-fd', '3', '--decrypt'], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', GNUPGHOME: home },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID)
  })
  const ended = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null))
    child.on('close', (code) => resolve(code))
  })
  const secret = child.stdio[3] as Writable
  secret.on('error', () => {})
  secret.end(`${sessionKeyText(key)}\n`)
  child.stdin.on('error', () => {})
  let fault: unknown
  const feeding = feed(message, child.stdin).catch((error: unknown) => {
    fault = error
    child.kill('SIGKILL')
  })
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>
    const code = await ended
    await feeding
    if (fault !== undefined) throw fault
    if (code !== 0) throw gpgFault(said)
  } finally {
    child.kill('SIGKILL')
    await ended
    await rm(home, { recursive: true, force: true })
  }
}

async function feed(message: AsyncIterable<Uint8Array>, into: Writable): Promise<void> {
  for await (const chunk of message) {
    if (into.destroyed) return
    if (into.write(chunk)) continue
    await new Promise<void>((resolve) => {
      const done = (): void => {
        into.off('drain', done).off('close', done)
        resolve()
      }
      into.on('drain', done).on('close', done)
    })
  }
  into.end()
}

/** Never its own words as they are: it prints the session key among them. */
function gpgFault(said: string): LandfallError {
  // A message that ends in the middle of a length, or of the packet that the length promised.
  if (/block_filter|premature|unexpected end|1st length byte missing/i.test(said)) {
    return new LandfallError('DUMP_TRUNCATED', 'the OpenPGP message ends before its end')
  }
  const last = said
    .split('\n')
    .filter((line) => line.startsWith('gpg: ') && !/seskey|session key/i.test(line))
    .at(-1)
  return new LandfallError(
    'DUMP_CORRUPT',
    `the OpenPGP message is not what was encrypted (${last ?? 'gpg says no more'})`,
  )
}

async function* byLibrary(message: AsyncIterable<Uint8Array>, key: SessionKey): AsyncGenerator<Uint8Array> {
  try {
    const { data } = (await decrypt({
      message: await readMessage({ binaryMessage: toWeb(message) as never }),
      sessionKeys: [key as never],
      format: 'binary',
      config: { allowUnauthenticatedStream: true },
    })) as unknown as { data: AsyncIterable<Uint8Array> }
    yield* data
  } catch (error) {
    if (error instanceof LandfallError) throw error
    const text = error instanceof Error ? error.message : String(error)
    const code = /unexpected end|premature/i.test(text) ? 'DUMP_TRUNCATED' : 'DUMP_CORRUPT'
    throw new LandfallError(code, `the OpenPGP message is not what was encrypted (${text})`, { cause: error })
  }
}
