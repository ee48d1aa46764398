/** What Landfall writes, read by the tools that a person would read it with. */
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption'
import { generateKey } from 'openpgp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AGE_CHUNK, makeAgeEncrypt } from '../../../src/codec/age-encrypt.ts'
import { makeCompress } from '../../../src/codec/compress.ts'
import { decompress } from '../../../src/codec/decompress.ts'
import { makeDumpEncoder } from '../../../src/codec/encode.ts'
import { checkPublicKeys, makeOpenPgpEncrypt, readPublicKeys } from '../../../src/codec/openpgp-encrypt.ts'
import { zstdPieces } from '../../../src/codec/zstd-compress.ts'
import { END_MARKER } from '../../../src/domain/dump/plain-scanner.ts'
import { fc, runs } from '../../support/fc.ts'
import { findCommand } from '../../support/commands.ts'

const [age, zstd, gzip, gpg] = ['age', 'zstd', 'gzip', 'gpg'].map((name) => findCommand(name))
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'landfall-codec-'))
  await chmod(folder, 0o700)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const SIZES = [0, 1, AGE_CHUNK - 1, AGE_CHUNK, AGE_CHUNK + 1, 3 * AGE_CHUNK, 5 * AGE_CHUNK + 7]

describe('age', () => {
  let identity = ''
  let recipient = ''
  beforeAll(async () => {
    identity = await generateIdentity()
    recipient = await identityToRecipient(identity)
  })

  async function encrypted(plain: Buffer, to: readonly string[] = [recipient]): Promise<Buffer> {
    const pieces = Array.from({ length: Math.ceil(plain.length / 10_000) }, (_, index) =>
      plain.subarray(index * 10_000, (index + 1) * 10_000),
    )
    return buffer(Readable.from(pieces).compose(await makeAgeEncrypt(to)))
  }

  test.each(SIZES)('the library reads %i bytes back, in pieces and in one', async (size) => {
    const plain = randomBytes(size)
    const decrypter = new Decrypter()
    decrypter.addIdentity(identity)
    expect(Buffer.from(await decrypter.decrypt(await encrypted(plain))).equals(plain)).toBe(true)
    const whole = await buffer(Readable.from([plain]).compose(await makeAgeEncrypt([recipient])))
    expect(Buffer.from(await decrypter.decrypt(whole)).equals(plain)).toBe(true)
  })

  test.skipIf(age === undefined)('`age -d` reads it, with any of several identities', async () => {
    const other = await generateIdentity()
    const plain = randomBytes(3 * AGE_CHUNK)
    const sealed = await encrypted(plain, [recipient, await identityToRecipient(other)])
    for (const key of [identity, other]) {
      const file = join(folder, 'identity')
      await writeFile(file, `${key}\n`, { mode: 0o600 })
      expect((await through([age!, '-d', '-i', file], sealed)).equals(plain)).toBe(true)
    }
  })

  test('what is no recipient is refused', async () => {
    await expect(makeAgeEncrypt(['age1nobody'])).rejects.toThrow()
  })
})

describe('OpenPGP', () => {
  test('`gpg -d` reads it, and a key that cannot encrypt is refused', async (context) => {
    context.skip(gpg === undefined, 'no gpg here')
    const made = await generateKey({ userIDs: [{ name: 'Backups', email: 'backups@example.org' }] })
    const home = ['--homedir', folder, '--batch', '--quiet', '--no-autostart']
    await through([gpg!, ...home.slice(0, 4), '--import'], Buffer.from(made.privateKey))
    const keys = await readPublicKeys([made.publicKey])
    await checkPublicKeys(keys)
    for (const size of [0, 1, 3_000_001]) {
      const plain = randomBytes(size)
      const sealed = await buffer(Readable.from([plain]).compose(makeOpenPgpEncrypt(keys)))
      const back = await through([gpg!, ...home.slice(0, 4), '--decrypt'], sealed)
      expect(back.equals(plain)).toBe(true)
    }
  })
})

describe('compression', () => {
  test.each([
    ['zstd', zstd],
    ['gzip', gzip],
  ] as const)('%s -d reads it, and knows a damaged byte', async (kind, command) => {
    if (command === undefined) return
    const plain = Buffer.from(Array.from({ length: 100_000 }, (_, index) => `${index}\trow\n`).join(''))
    const packed = await buffer(
      Readable.from([plain.subarray(0, 12_345), plain.subarray(12_345)]).compose(makeCompress(kind)!),
    )
    expect(packed.length).toBeLessThan(plain.length)
    expect((await through([command, '-d', '-c'], packed)).equals(plain)).toBe(true)
    packed[packed.length >> 1]! ^= 1
    await expect(through([command, '-d', '-c'], packed)).rejects.toThrow()
  })
})

test('a stream that pauses and goes on is whole, to its last byte', async () => {
  const encoder = await makeDumpEncoder({ name: 'x', format: 'plain', compression: 'zstd', encryption: undefined })
  const line = (n: number): string => `${n}\t${((n * 2_654_435_761) >>> 0).toString(16)}\t2026-11-24 02:00:00\tdraft\n`
  const pieces = Array.from({ length: 400 }, (_, at) =>
    Buffer.from(Array.from({ length: 4_000 }, (_unused, index) => line(at * 4_000 + index)).join('')),
  )
  const written = [
    Buffer.from('COPY public.t (a) FROM stdin;\n'),
    ...pieces,
    Buffer.from('\\.\n'),
    Buffer.from(`${END_MARKER}\n`),
  ]
  const encoded = encoder.encode(Readable.from(written, { objectMode: false, highWaterMark: 1 }))
  const hash = createHash('sha256')
  for await (const chunk of decompress(encoded.stream, 'zstd')) hash.update(chunk)
  const { plain, lacks, rows } = encoded.end()
  expect(lacks).toBeUndefined()
  expect(plain.sha256).toBe(createHash('sha256').update(Buffer.concat(written)).digest('hex'))
  expect(hash.digest('hex')).toBe(plain.sha256)
  expect(rows).toEqual(new Map([['public.t', 1_600_000]]))
})

test('zstd: whatever the chunks and the pieces, what comes back is what went in', async () => {
  const cuts = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 20 })
  const pieces = fc.integer({ min: 1, max: 4_096 })
  await fc.assert(
    fc.asyncProperty(cuts, pieces, fc.integer({ min: 1, max: 4 }), async (lengths, size, atOnce) => {
      const chunks = lengths.map((length) => randomBytes(length >> 1).toString('hex')).map((text) => Buffer.from(text))
      const plain = Buffer.concat(chunks)
      const stored = Buffer.concat(await all(zstdPieces(Readable.from(chunks), size, atOnce)))
      const back = await all(decompress(Readable.from([stored]), 'zstd'))
      expect(Buffer.concat(back).equals(plain)).toBe(true)
      // A cut anywhere but between two frames is known from the frames alone; there, the end of the dump is missing.
      if (stored.length > 12) {
        const cut = all(decompress(Readable.from([stored.subarray(0, stored.length - 3)]), 'zstd'))
        await expect(cut).rejects.toMatchObject({ code: 'DUMP_TRUNCATED' })
      }
    }),
    runs(30),
  )
})

test('a source that fails ends every step after it, with its own fault', async () => {
  const fault = new Error('the disk is gone')
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(100_000)
    throw fault
  }
  for (const kind of ['zstd', 'gzip'] as const) {
    await expect(all(makeCompress(kind)!(source()))).rejects.toBe(fault)
  }
})

test('who reads no further lets the source go', async () => {
  for (const kind of ['zstd', 'gzip'] as const) {
    const { promise, resolve } = Promise.withResolvers<void>()
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield randomBytes(64 * 1024)
      } finally {
        resolve()
      }
    }
    for await (const chunk of makeCompress(kind)!(source())) if (chunk.length > 0) break
    await promise
  }
})

test('a source that fills one buffer again and again', async () => {
  const plain = randomBytes(300_000)
  const room = Buffer.alloc(10_000)
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < plain.length; at += room.length) {
      plain.copy(room, 0, at)
      yield room
    }
    room.fill(0)
  }
  const identity = await generateIdentity()
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  const sealed = Buffer.concat(await all((await makeAgeEncrypt([await identityToRecipient(identity)]))(source())))
  expect(Buffer.from(await decrypter.decrypt(sealed)).equals(plain)).toBe(true)
  for (const kind of ['zstd', 'gzip'] as const) {
    const packed = Buffer.concat(await all(makeCompress(kind)!(source())))
    expect(Buffer.concat(await all(decompress(Readable.from([packed]), kind))).equals(plain)).toBe(true)
  }
})

async function all(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks
}

async function through([command, ...args]: readonly string[], input: Uint8Array): Promise<Buffer> {
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve) => void child.on('close', resolve))
  const [out, said, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), ended])
  if (code !== 0) throw new Error(`${command} ended with ${String(code)}: ${said.toString()}`)
  return out
}
