/**
 * Reads a stored dump back and says, check by check, whether it is one: there, as long and with the bytes that were
 * written, opened by the key at hand, whole to its last byte, and of a size that is believed. Then its replica, by content.
 */
import type { Dump } from '../config/estate-dumps.ts'
import { outOfBounds, totalOf } from '../domain/dump/bounds.ts'
import type { CatalogEntry } from '../domain/dump/catalog.ts'
import { type PgVersion, toolUnfit } from '../domain/dump/fit.ts'
import type { DumpManifest, DumpVerified } from '../domain/dump/manifest.ts'
import { verifiedKey } from '../domain/dump/name.ts'
import { inert } from '../domain/inert.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Clock, DumpDecoder, DumpStore, StoredObject } from '../ports.ts'
import { makeChecks, type Checks } from './dump-checks.ts'
import { type CustomAsSql, type ReadDump, readDump } from './dump-read.ts'
import { compareReplica } from './dump-replica.ts'

export interface VerifyDumpNeeds {
  readonly dump: Dump
  readonly store: DumpStore
  /** Absent where no pair replicates its bucket. */
  readonly replica?: DumpStore | undefined
  readonly decoder: DumpDecoder
  readonly customAsSql: CustomAsSql
  /** On this machine; absent where there is none. */
  readonly tools: { readonly psql?: PgVersion | undefined; readonly pgRestore?: PgVersion | undefined }
  readonly clock: Clock
  readonly landfallVersion: string
}

export interface VerifyOptions {
  readonly signal: AbortSignal
  /** A person says that its size is right. */
  readonly acceptBounds?: boolean | undefined
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/** `entries`: the catalog, by which its size is judged; `which`: one of them that is in the dump's own bucket. */
export type VerifyDump = (
  entries: readonly CatalogEntry[],
  which: CatalogEntry,
  options: VerifyOptions,
) => Promise<DumpVerified>

/** It writes its record beside the dump, whatever the verdict. Throws only what S3 throws. */
export function makeVerifyDump(needs: VerifyDumpNeeds): VerifyDump {
  const { dump, store, decoder, tools, clock } = needs

  return async (entries, which, options) => {
    const { key, name } = which
    const versionId = which.here!.versionId
    const checks = makeChecks()
    const head = await store.head({ key, versionId })
    if (head === undefined)
      throw new LandfallError('DUMP_MISSING', `no ${dump.place.bucket}/${key}, version ${versionId}`)
    checks.pass('existence', `version ${versionId}, ${head.size} bytes`)
    const known = aboutManifest(checks, which)
    const canRead = decoder.canDecrypt(name.encryption)
    const canSql = name.format === 'plain' || tools.pgRestore !== undefined
    const read = await readDump({
      store,
      at: { key, versionId },
      name: canSql ? name : { ...name, format: 'plain' },
      ...(canRead && { decoder }),
      customAsSql: needs.customAsSql,
      signal: options.signal,
      onBytes: options.onBytes,
    })
    aboutStored(checks, head, read, known)
    if (canRead) aboutPlain({ checks, which, read, known, canSql })
    else await aboutHeader(checks, which)
    const rows = canRead && canSql && read.scan !== undefined ? Object.fromEntries(read.scan.tables) : undefined
    aboutBounds({ checks, entries, which, read, rows, accept: options.acceptBounds === true })
    const replica = await aboutReplica(checks, which, head, read, options)
    const record: DumpVerified = {
      format: 1,
      key,
      versionId,
      at: new Date(clock.now()).toISOString(),
      verdict: checks.failed() ? 'failed' : 'verified',
      checks: checks.all,
      stored: { bytes: read.stored.bytes, sha256: read.stored.sha256 },
      ...(read.plain !== undefined && { plain: read.plain }),
      ...(rows !== undefined && { rows }),
      replica,
      landfallVersion: needs.landfallVersion,
    }
    await store.putDocument({ key: verifiedKey(key), body: `${JSON.stringify(record, null, 2)}\n` })
    return record
  }

  function aboutManifest(checks: Checks, { manifest, faults }: CatalogEntry): DumpManifest | undefined {
    if (manifest !== undefined) {
      checks.pass('manifest', `of run ${inert(manifest.runId)}, pg_dump ${inert(manifest.pgDumpVersion)}`)
    } else if (faults.length > 0) checks.fail('manifest', inert(faults.join('; ')))
    else checks.skip('manifest', 'it has none: others made it')
    return manifest
  }

  function aboutStored(checks: Checks, head: StoredObject, { stored }: ReadDump, manifest?: DumpManifest): void {
    const expected = manifest?.stored.bytes ?? head.size
    checks.that('size', stored.bytes === expected && head.size === expected, {
      pass: `${stored.bytes} bytes were read`,
      fail: `${stored.bytes < expected ? 'DUMP_TRUNCATED' : 'DUMP_CORRUPT'}: ${stored.bytes} bytes, and ${expected} were written`,
    })
    if (manifest !== undefined) {
      checks.that('checksum', stored.sha256 === manifest.stored.sha256, {
        pass: `SHA-256 ${stored.sha256}, as its manifest says`,
        fail: `DUMP_CORRUPT: SHA-256 ${stored.sha256}, and its manifest says ${manifest.stored.sha256}`,
      })
    }
    const [algorithm, type, value] = (head.checksum ?? '').split(' ')
    const own =
      type !== 'FULL_OBJECT'
        ? undefined
        : algorithm === 'CRC32'
          ? stored.crc32
          : algorithm === 'SHA256'
            ? Buffer.from(stored.sha256, 'hex').toString('base64')
            : undefined
    if (own === undefined)
      checks.skip(
        'S3 checksum',
        head.checksum === undefined ? 'S3 has none' : `${algorithm} ${type} is none that is computed here`,
      )
    else {
      checks.that('S3 checksum', own === value, {
        pass: `${algorithm} ${own}, as S3 has it`,
        fail: `DUMP_CORRUPT: ${algorithm} ${own}, and S3 has ${value}`,
      })
    }
  }

  /** Without a key: as much as its header says. */
  async function aboutHeader(checks: Checks, { key, here, name }: CatalogEntry): Promise<void> {
    try {
      const described = await decoder.describe(store.read({ key, versionId: here!.versionId }), name.encryption)
      checks.pass('encryption header', described)
    } catch (error) {
      if (!isLandfallError(error) || !isOwnFault(error)) throw error
      checks.fail('encryption header', named(error))
    }
    for (const check of ['decryption', 'compression', 'structure']) {
      checks.skip(check, 'no private key is at hand (dumps[].identity)')
    }
  }

  function aboutPlain(at: {
    readonly checks: Checks
    readonly which: CatalogEntry
    readonly read: ReadDump
    readonly known: DumpManifest | undefined
    readonly canSql: boolean
  }): void {
    const { checks, read, known, canSql } = at
    const { name } = at.which
    const unfit = read.origin === undefined ? undefined : unfitTool(name.format, read)
    if (read.fault !== undefined) {
      // Its layers lie in each other: the first one that fails tells of itself, and hides the rest.
      checks.fail(read.layer ?? 'structure', named(read.fault))
    } else {
      checks.pass('decryption', name.encryption === 'none' ? 'not encrypted' : `${name.encryption}, to its end`)
      checks.pass(
        'compression',
        name.compression === 'none' ? 'not compressed' : `${name.compression}, to its last byte`,
      )
      const lacks = canSql ? read.scan?.lacks : undefined
      if (!canSql) checks.skip('structure', 'no pg_restore is here to read the custom format')
      else
        checks.that('structure', lacks === undefined, {
          pass: `${name.format}, whole: ${read.scan!.tables.size} tables, ${totalOf(Object.fromEntries(read.scan!.tables))} rows`,
          fail: `DUMP_TRUNCATED: ${lacks}`,
        })
    }
    if (unfit !== undefined) checks.fail('version', `DUMP_NEWER: ${unfit}`)
    else if (read.origin?.pgDump === undefined) checks.skip('version', 'it does not say what made it')
    else
      checks.pass(
        'version',
        `pg_dump ${read.origin.pgDump.text}, from a server ${read.origin.server?.text ?? 'unknown'}`,
      )
    if (known === undefined || read.plain === undefined) return
    checks.that('plain checksum', read.plain.sha256 === known.plain.sha256, {
      pass: `SHA-256 ${read.plain.sha256}, as its manifest says`,
      fail: `DUMP_CORRUPT: SHA-256 ${read.plain.sha256}, and its manifest says ${known.plain.sha256}`,
    })
  }

  function unfitTool(format: 'plain' | 'custom', { origin }: ReadDump): string | undefined {
    const { psql, pgRestore } = tools
    const custom =
      format === 'custom' && pgRestore !== undefined ? toolUnfit('pg_restore', pgRestore, origin!) : undefined
    return custom ?? (psql === undefined ? undefined : toolUnfit('psql', psql, origin!))
  }

  function aboutBounds(at: {
    readonly checks: Checks
    readonly entries: readonly CatalogEntry[]
    readonly which: CatalogEntry
    readonly read: ReadDump
    readonly rows: Readonly<Record<string, number>> | undefined
    readonly accept: boolean
  }): void {
    const { checks, read } = at
    const last = lastBefore(at.entries, at.which)
    if (last === undefined) return checks.skip('bounds', 'no dump before it was verified')
    const said = outOfBounds(
      { stored: read.stored.bytes, plain: read.plain?.bytes, rows: at.rows },
      { stored: last.stored!.bytes, plain: last.plain?.bytes, rows: last.rows },
      dump.bounds,
    ).map(inert)
    if (said.length === 0) checks.pass('bounds', `as big as ${last.key}, within bounds`)
    else if (at.accept) checks.pass('bounds', `accepted by a person: ${said.join('; ')}`)
    else checks.fail('bounds', `${said.join('; ')} (since ${last.key})`)
  }

  async function aboutReplica(
    checks: Checks,
    which: CatalogEntry,
    head: StoredObject,
    { stored }: ReadDump,
    { signal }: VerifyOptions,
  ): Promise<NonNullable<DumpVerified['replica']>> {
    if (needs.replica === undefined) {
      checks.skip('replica', 'no pair replicates its bucket (dumps[].pair)')
      return 'none'
    }
    const found = await compareReplica({
      replica: needs.replica,
      which: { key: which.key, versionId: which.here!.versionId },
      head,
      sha256: stored.sha256,
      signal,
    })
    if (found.result === 'pending') checks.skip('replica', found.detail)
    else checks.that('replica', found.result === 'same', { pass: found.detail, fail: found.detail })
    return found.result
  }
}

/** The newest one before it that was verified, and whose size is known. */
function lastBefore(entries: readonly CatalogEntry[], which: CatalogEntry): DumpVerified | undefined {
  const before = entries.filter(({ at, verified }) => at < which.at && verified?.stored !== undefined)
  return before.find(({ verified }) => verified!.verdict === 'verified')?.verified
}

/** Codes that are the dump's own: anything else is S3's, or this machine's. */
const OWN = new Set(['DUMP_CORRUPT', 'DUMP_TRUNCATED', 'DUMP_KEY_WRONG', 'DUMP_NEWER', 'DUMP_UNREADABLE'])

export function isOwnFault(error: LandfallError): boolean {
  return OWN.has(error.code)
}

export function named({ code, message }: LandfallError): string {
  return `${code}: ${inert(message)}`
}
