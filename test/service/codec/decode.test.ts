/** What Landfall and other tools write, read back; and what was damaged, refused by name. */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { generateKey, readKeys } from 'openpgp'
import { beforeAll, describe, expect, test } from 'vitest'
import { AGE_CHUNK, makeAgeEncrypt } from '../../../src/codec/age-encrypt.ts'
import { makeCompress } from '../../../src/codec/compress.ts'
import { makeDumpDecoder } from '../../../src/codec/decode.ts'
import { makeOpenPgpEncrypt } from '../../../src/codec/openpgp-encrypt.ts'
import type { Compression, Encryption } from '../../../src/domain/dump/name.ts'
import type { DumpDecoder } from '../../../src/ports.ts'
import { findCommand } from '../../support/commands.ts'

const gpg = findCommand('gpg')
const PATH = process.env['PATH'] ?? ''

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function decoded(
  decoder: DumpDecoder,
  bytes: Uint8Array,
  encryption: Encryption,
  compression: Compression,
  size = 10_007,
): Promise<Buffer> {
  return buffer(Readable.from(decoder.decode(pieces(bytes, size), { encryption, compression })))
}

function flipped(bytes: Uint8Array, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at]! ^= 1
  return copy
}

describe('compression', () => {
  let decoder: DumpDecoder
  beforeAll(async () => {
    decoder = await makeDumpDecoder({ path: '' })
  })
  const plain = Buffer.concat([randomBytes(200_000), Buffer.alloc(200_000), Buffer.from('end')])
  const packs = {
    gzip: gzipSync(plain),
    zstd: zstdCompressSync(plain, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }),
  }

  for (const kind of ['gzip', 'zstd'] as const) {
    const packed = packs[kind]
    test.each([1 << 20, 10_007, 17])(`${kind}: one frame and several, in pieces of %i`, async (size) => {
      for (const count of [1, 3]) {
        const stored = Buffer.concat(Array.from({ length: count }, () => packed))
        const back = await decoded(decoder, stored, 'none', kind, size)
        expect(back.equals(Buffer.concat(Array.from({ length: count }, () => plain)))).toBe(true)
      }
    })
    test(`${kind}: what is cut off is refused by name, wherever it is cut`, async () => {
      for (const length of [1, 3, 5, 100, packed.length >> 1, packed.length - 5, packed.length - 1])
        await expect(decoded(decoder, packed.subarray(0, length), 'none', kind)).rejects.toMatchObject({
          code: 'DUMP_TRUNCATED',
        })
      await expect(decoded(decoder, Buffer.alloc(0), 'none', kind)).rejects.toMatchObject({ code: 'DUMP_TRUNCATED' })
    })
    test(`${kind}: a changed byte, garbage and zeros behind the end are refused`, async () => {
      const ends = [Buffer.from('garbage'), Buffer.alloc(512)].map((end) => Buffer.concat([packed, end]))
      for (const stored of [flipped(packed, packed.length >> 1), ...ends])
        for (const size of [10_007, 1 << 20])
          await expect(decoded(decoder, stored, 'none', kind, size)).rejects.toMatchObject({
            code: expect.stringMatching(/^DUMP_CORRUPT$/) as string,
          })
      await expect(decoded(decoder, plain, 'none', kind)).rejects.toMatchObject({ code: 'DUMP_UNREADABLE' })
    })
  }

  test('zstd of many threads, and skippable frames as pzstd writes them', async () => {
    const stored = await buffer(Readable.from([plain]).compose(makeCompress('zstd')!))
    const skippable = Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4])
    const back = await decoded(decoder, Buffer.concat([skippable, stored, skippable, packs.zstd]), 'none', 'zstd')
    expect(back.equals(Buffer.concat([plain, plain]))).toBe(true)
  })
})

describe('age', () => {
  let decoder: DumpDecoder
  let recipient = ''
  let identity = ''
  beforeAll(async () => {
    identity = await generateIdentity()
    recipient = await identityToRecipient(identity)
    decoder = await makeDumpDecoder({ identity: `# created\n${identity}\n`, path: '' })
  })
  const encrypted = async (plain: Uint8Array): Promise<Buffer> =>
    buffer(Readable.from([plain]).compose(await makeAgeEncrypt([recipient])))

  test.each([0, 1, AGE_CHUNK - 1, AGE_CHUNK, AGE_CHUNK + 1, 3 * AGE_CHUNK])('%i bytes', async (size) => {
    const plain = randomBytes(size)
    const sealed = await encrypted(plain)
    for (const piece of [1 << 20, 1009]) {
      expect((await decoded(decoder, sealed, 'age', 'none', piece)).equals(plain)).toBe(true)
    }
  })

  test('cut off, changed, with more behind it, or to another key: each by name', async () => {
    const sealed = await encrypted(randomBytes(3 * AGE_CHUNK))
    const head = sealed.length - 3 * (AGE_CHUNK + 16) - 16
    const at = (chunks: number): number => head + 16 + chunks * (AGE_CHUNK + 16)
    for (const length of [10, head - 3, head + 5, at(1), at(2)])
      await expect(decoded(decoder, sealed.subarray(0, length), 'age', 'none')).rejects.toMatchObject({
        code: 'DUMP_TRUNCATED',
      })
    const changed = [flipped(sealed, at(1) + 99), flipped(sealed, sealed.length - 1), flipped(sealed, head - 5)]
    for (const stored of [...changed, sealed.subarray(0, at(2) + 100), Buffer.concat([sealed, Buffer.from('x')])])
      await expect(decoded(decoder, stored, 'age', 'none')).rejects.toMatchObject({ code: 'DUMP_CORRUPT' })
    const stranger = await makeDumpDecoder({ identity: await generateIdentity(), path: '' })
    await expect(decoded(stranger, sealed, 'age', 'none')).rejects.toMatchObject({ code: 'DUMP_KEY_WRONG' })
    await expect(decoded(decoder, Buffer.from('no age at all'), 'age', 'none')).rejects.toMatchObject({
      code: 'DUMP_UNREADABLE',
    })
  })

  test('its header is described without a key', async () => {
    const blind = await makeDumpDecoder({ path: '' })
    expect(blind.canDecrypt('age')).toBe(false)
    expect(await blind.describe(pieces(await encrypted(Buffer.from('x')), 100), 'age')).toBe('age, to X25519')
  })
})

describe('OpenPGP', () => {
  let secret = ''
  let other = ''
  let made: Buffer
  const plain = gzipSync(randomBytes(700_000))
  beforeAll(async () => {
    const pair = await generateKey({ userIDs: [{ name: 'Backups', email: 'backups@example.org' }] })
    secret = pair.privateKey
    other = (await generateKey({ userIDs: [{ name: 'Other' }] })).privateKey
    made = await buffer(
      Readable.from([plain]).compose(makeOpenPgpEncrypt(await readKeys({ armoredKeys: pair.publicKey }))),
    )
  })

  describe.each([
    ['by gpg', PATH],
    ['by the library', ''],
  ])('%s', (_how, path) => {
    test('whole, cut off, changed, or to another key', async (context) => {
      context.skip(path !== '' && gpg === undefined, 'no gpg here')
      const decoder = await makeDumpDecoder({ identity: secret, path })
      expect((await decoded(decoder, made, 'openpgp', 'none')).equals(plain)).toBe(true)
      expect((await decoded(decoder, made, 'openpgp', 'gzip')).length).toBe(700_000)
      const refused = async (bytes: Uint8Array, code: unknown): Promise<void> => {
        await expect(decoded(decoder, bytes, 'openpgp', 'none')).rejects.toMatchObject({ code })
      }
      await refused(flipped(made, made.length >> 1), 'DUMP_CORRUPT')
      await refused(flipped(made, made.length - 5), 'DUMP_CORRUPT')
      await refused(made.subarray(0, made.length >> 1), expect.stringMatching(/^DUMP_(TRUNCATED|CORRUPT)$/))
      await refused(made.subarray(0, 40), 'DUMP_TRUNCATED')
      await refused(Buffer.from('no message'), 'DUMP_UNREADABLE')
      const stranger = await makeDumpDecoder({ identity: other, path })
      await expect(decoded(stranger, made, 'openpgp', 'none')).rejects.toMatchObject({ code: 'DUMP_KEY_WRONG' })
    })
  })

  test('what `gzip | gpg` made is read, and no home of gpg stays behind', async (context) => {
    context.skip(gpg === undefined, 'no gpg here')
    const home = await mkdtemp(join(tmpdir(), 'lf-gpg-test-'))
    try {
      const run = (args: readonly string[], input?: Uint8Array): Buffer =>
        execFileSync(gpg!, ['--homedir', home, '--batch', '--quiet', '--passphrase', '', ...args], {
          input,
          maxBuffer: 1 << 26,
        })
      run(['--quick-gen-key', 'Old estate <dumps@example.org>', 'rsa2048', 'encr'])
      const stored = run(['--trust-model', 'always', '--encrypt', '--recipient', 'dumps@example.org'], plain)
      const identity = run(['--armor', '--export-secret-keys']).toString()
      for (const path of [PATH, '']) {
        const decoder = await makeDumpDecoder({ identity, path })
        expect((await decoded(decoder, stored, 'openpgp', 'gzip')).length).toBe(700_000)
      }
      expect((await readdir(tmpdir())).filter((name) => name.startsWith('landfall-gpg-'))).toEqual([])
    } finally {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'])
      await rm(home, { recursive: true, force: true })
    }
  })
})

test('what is no key is refused, and is not in the message', async () => {
  await expect(makeDumpDecoder({ identity: 'hunter2', path: '' })).rejects.toMatchObject({
    code: 'IDENTITY_INVALID',
    message: expect.not.stringContaining('hunter2') as string,
  })
})
