/**
 * Restores one dump, from wherever it is read, into a scratch database, and compares what came out with what went in. Its
 * report says how long that took: the time to restore that was measured, not hoped for.
 */
import type { Dump } from '../config/estate-dumps.ts'
import type { BucketPlace } from '../config/estate.ts'
import { differingRows, totalOf } from '../domain/dump/bounds.ts'
import type { CatalogEntry, Held } from '../domain/dump/catalog.ts'
import { type DumpOrigin, parsePgVersion, type PgVersion, serverUnfit, toolUnfit } from '../domain/dump/fit.ts'
import type { DrillReport, DumpManifest } from '../domain/dump/manifest.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import { inert } from '../domain/inert.ts'
import type { Clock, DumpDecoder, DumpStore, Scratch } from '../ports.ts'
import { type Checks, makeChecks } from './dump-checks.ts'
import { type CustomAsSql, makeSum, type Plain, type StoredDigest, watchPlain } from './dump-read.ts'
import { isOwnFault, named } from './dump-verify.ts'

export interface DrillNeeds {
  readonly dump: Dump
  /** Where it is read from. */
  readonly place: BucketPlace
  readonly store: Pick<DumpStore, 'read'>
  readonly decoder: DumpDecoder
  readonly customAsSql: CustomAsSql
  readonly tools: { readonly psql?: PgVersion | undefined; readonly pgRestore?: PgVersion | undefined }
  readonly openScratch: (signal: AbortSignal) => Promise<Scratch>
  readonly clock: Clock
  readonly landfallVersion: string
}

export interface DrillOptions {
  readonly signal: AbortSignal
  /** Of what is stored, as it is read. */
  readonly onBytes?: ((bytes: number) => void) | undefined
  /** What it is at. */
  readonly onStep?: ((step: string) => void) | undefined
}

export type Drill = (
  which: { readonly entry: CatalogEntry; readonly held: Held },
  options: DrillOptions,
) => Promise<DrillReport>

/** Enough for the lines that say what made a dump. */
const HEAD = 4096

/**
 * Throws only what is no fault of the dump: S3 or the scratch server not there or full, INTERRUPTED. Nothing of the scratch
 * database is left, whatever happens.
 */
export function makeDrill(needs: DrillNeeds): Drill {
  const { dump, place, store, clock } = needs

  return async ({ entry, held }, options) => {
    const startedMs = clock.now()
    const checks = makeChecks()
    checks.pass(
      'found',
      `version ${held.versionId}, ${held.size} bytes${held.hidden ? ', behind a delete marker' : ''}`,
    )
    const run: Run = { checks, entry, held, options, server: 'none was started' }
    try {
      await attempt(run)
    } catch (error) {
      if (options.signal.aborted)
        throw new LandfallError('INTERRUPTED', `the drill of ${dump.name} was interrupted`, { cause: error })
      if (!isLandfallError(error) || !(isOwnFault(error) || error.code === 'RESTORE_FAILED')) throw error
      checks.fail(run.step ?? 'restore', named(error))
    }
    const endedMs = clock.now()
    return {
      format: 1,
      dump: dump.name,
      key: entry.key,
      versionId: held.versionId,
      from: { bucket: place.bucket, region: place.region },
      startedAt: new Date(startedMs).toISOString(),
      endedAt: new Date(endedMs).toISOString(),
      verdict: checks.failed() ? 'failed' : 'restored',
      restoreSeconds: (endedMs - startedMs) / 1000,
      server: run.server,
      checks: checks.all,
      ...(run.rows && { rows: run.rows }),
      dumpAt: new Date(entry.at).toISOString(),
      ...(run.stored && { stored: { bytes: run.stored.bytes, sha256: run.stored.sha256 } }),
      ...(run.plain && { plain: run.plain }),
      landfallVersion: needs.landfallVersion,
    }
  }

  async function attempt(run: Run): Promise<void> {
    const { checks, entry, held, options } = run
    const { manifest, key, name } = entry
    aboutManifest(checks, entry)
    // Before a byte is read, where the manifest tells; else as soon as the dump itself does.
    if (manifest !== undefined) fit(originIn(manifest), name.format)
    const sum = makeSum()
    async function* stored(): AsyncGenerator<Uint8Array> {
      for await (const chunk of store.read({ key, versionId: held.versionId, signal: options.signal })) {
        sum.push(chunk)
        options.onBytes?.(chunk.length)
        yield chunk
      }
    }
    const decoded = needs.decoder.decode(stored(), name, (layer) => {
      run.step = layer
    })
    const plain = watchPlain(decoded, name, (bytes) => needs.customAsSql(bytes, options.signal))
    const sql = plain.sql[Symbol.asyncIterator]()
    try {
      const head = await firstOf(sql)
      const origin = manifest === undefined ? plain.origin() : originIn(manifest)
      fit(origin, name.format)
      checks.pass(
        'version',
        `pg_dump ${origin.pgDump?.text ?? 'unknown'}, from a server ${origin.server?.text ?? 'unknown'}`,
      )
      options.onStep?.('starting a scratch server')
      const scratch = await needs.openScratch(options.signal)
      try {
        run.server = scratch.said
        const unfit = serverUnfit(parsePgVersion(scratch.serverVersion)!, origin)
        if (unfit !== undefined) throw new LandfallError('DUMP_NEWER', unfit)
        options.onStep?.('restoring')
        const restored = await scratch.restore(whole(head, sql, plain), options.signal)
        const said = restored.extensions.length === 0 ? '' : `; extensions ${restored.extensions.map(inert).join(', ')}`
        checks.pass('restore', `by a plain role${said}`)
        if (restored.withoutRole > 0)
          checks.pass('roles', `${restored.withoutRole} statements about roles that it does not hold were passed over`)
        run.stored = sum.digest()
        options.onStep?.('comparing')
        await compare(run, plain, scratch)
      } finally {
        await scratch.close()
      }
    } finally {
      await sql.return?.()
    }
  }

  function fit(origin: DumpOrigin, format: 'plain' | 'custom'): void {
    const { psql, pgRestore } = needs.tools
    const unfit =
      (format === 'custom' && pgRestore !== undefined ? toolUnfit('pg_restore', pgRestore, origin) : undefined) ??
      (psql === undefined ? undefined : toolUnfit('psql', psql, origin))
    if (unfit !== undefined) throw new LandfallError('DUMP_NEWER', unfit)
  }

  async function compare(run: Run, plain: Plain, scratch: Scratch): Promise<void> {
    const { checks, entry, options } = run
    const { manifest } = entry
    const ended = plain.end()
    run.plain = ended.plain
    checks.pass('whole', `${ended.plain.bytes} bytes of dump, to its last line`)
    if (manifest !== undefined) {
      sameSum(checks, 'stored checksum', run.stored!.sha256, manifest.stored.sha256)
      sameSum(checks, 'plain checksum', ended.plain.sha256, manifest.plain.sha256)
    }
    const look = await scratch.look(options.signal)
    const found = Object.fromEntries(look.rows)
    const expected =
      manifest?.rows?.tables ?? (ended.scan.tables.size > 0 ? Object.fromEntries(ended.scan.tables) : undefined)
    const differing = expected === undefined ? [] : differingRows(expected, found).map(inert)
    run.rows = { tables: look.rows.size, total: totalOf(found), differing }
    if (expected === undefined) checks.skip('rows', 'nothing says how many there were')
    else {
      const by = manifest?.rows === undefined ? 'the dump itself' : 'its manifest'
      checks.that('rows', differing.length === 0, {
        pass: `${run.rows.total} rows in ${run.rows.tables} tables, as ${by} says`,
        fail: `${differing.length} tables differ from what ${by} says: ${differing.slice(0, 5).join('; ')}`,
      })
    }
    const schema = manifest?.schemaFingerprint
    if (schema === undefined) checks.skip('schema', 'it has no fingerprint to compare with')
    else sameSum(checks, 'schema', look.fingerprint, schema)
    for (const { name, sql } of dump.drill.checks) await operatorCheck(checks, scratch, { name, sql }, options.signal)
  }
}

interface Run {
  readonly checks: Checks
  readonly entry: CatalogEntry
  readonly held: Held
  readonly options: DrillOptions
  server: string
  step?: string
  stored?: StoredDigest
  plain?: NonNullable<DrillReport['plain']>
  rows?: NonNullable<DrillReport['rows']>
}

function aboutManifest(checks: Checks, { manifest, faults }: CatalogEntry): void {
  if (manifest !== undefined) checks.pass('manifest', `of run ${inert(manifest.runId)}`)
  else if (faults.length > 0) checks.fail('manifest', inert(faults.join('; ')))
  else checks.skip('manifest', 'it has none: others made it')
}

function originIn(manifest: DumpManifest): DumpOrigin {
  return { server: parsePgVersion(manifest.serverVersion), pgDump: parsePgVersion(manifest.pgDumpVersion) }
}

/** Each must give one row of one column that is true. */
async function operatorCheck(
  checks: Checks,
  scratch: Scratch,
  { name, sql }: { readonly name: string; readonly sql: string },
  signal: AbortSignal,
): Promise<void> {
  const check = `check: ${inert(name)}`
  try {
    const rows = await scratch.query(sql, signal)
    checks.that(check, rows.length === 1 && rows[0]!.length === 1 && rows[0]![0] === true, {
      pass: 'true',
      fail: `it gave ${inert(JSON.stringify(rows).slice(0, 200))}, and not one true`,
    })
  } catch (error) {
    if (!isLandfallError(error) || error.code === 'DISK_FULL' || signal.aborted) throw error
    checks.fail(check, named(error))
  }
}

function sameSum(checks: Checks, check: string, found: string, expected: string): void {
  checks.that(check, found === expected, {
    pass: `SHA-256 ${found}, as its manifest says`,
    fail: `SHA-256 ${found}, and its manifest says ${expected}`,
  })
}

async function firstOf(sql: AsyncIterator<Uint8Array>): Promise<readonly Uint8Array[]> {
  const head: Uint8Array[] = []
  for (let length = 0; length < HEAD;) {
    const { done, value } = await sql.next()
    if (done === true) break
    head.push(value)
    length += value.length
  }
  return head
}

/** Before psql is told that this was all, and complains of what a cut left in its hands. */
async function* whole(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
  plain: Plain,
): AsyncGenerator<Uint8Array> {
  yield* head
  for (;;) {
    const { done, value } = await rest.next()
    if (done === true) break
    yield value
  }
  const lacks = plain.lacks()
  if (lacks !== undefined) throw new LandfallError('DUMP_TRUNCATED', lacks)
}
