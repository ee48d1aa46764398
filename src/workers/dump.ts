/**
 * Makes one dump: `pg_dump` through the encoder into a multipart upload, which is completed only when `pg_dump` has
 * ended with 0 and what it wrote is whole. Whatever else happens aborts the upload: nothing truncated is ever visible.
 */
import type { Dump } from '../config/estate-dumps.ts'
import { type DumpManifest } from '../domain/dump/manifest.ts'
import { dumpKey, manifestKey, type Compression } from '../domain/dump/name.ts'
import { planParts } from '../domain/dump/parts.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type {
  Clock,
  DumpEncoder,
  DumpLedger,
  DumpStore,
  EncodedDump,
  Log,
  OpenedDump,
  Random,
  Upload,
} from '../ports.ts'
import { completeUpload, type Completed, RUN_METADATA } from './dump-complete.ts'
import { type HeldLease, holdLease } from './dump-lease.ts'
import { abortLeftovers, abortRecorded } from './dump-leftovers.ts'
import { type UploadedStream, uploadStream } from './dump-upload.ts'
import { retry, type RetryPolicy } from './retry.ts'

export interface DumpNeeds {
  readonly dump: Dump
  readonly store: DumpStore
  readonly ledger: DumpLedger
  /** Starts pg_dump; what it starts ends when the signal aborts. */
  readonly open: (signal: AbortSignal) => Promise<OpenedDump>
  readonly encoder: () => Promise<DumpEncoder>
  /** What the stream is compressed by; of custom format none. */
  readonly compression: Compression
  readonly runId: string
  readonly landfallVersion: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly leaseMs?: number | undefined
  readonly policy?: RetryPolicy | undefined
}

export interface DumpProgress {
  readonly key: string
  readonly plainBytes: number
  readonly storedBytes: number
}

export interface DumpMade {
  readonly key: string
  readonly versionId: string
  readonly manifest: DumpManifest
  /** Uploads of dead runs that were aborted before this one began. */
  readonly leftovers: number
}

export type RunDump = (signal: AbortSignal, onProgress?: (progress: DumpProgress) => void) => Promise<DumpMade>

/** The successor of a container that was killed waits this long. */
const LEASE_MS = 30_000
/** About a minute and a half in all: a part that S3 does not take for so long is given up. */
const POLICY: RetryPolicy = { attempts: 12, firstWaitMs: 250, mostWaitMs: 15_000 }
/** After a signal there are 30 s in all. */
const CLEAN_UP: RetryPolicy = { attempts: 5, firstWaitMs: 250, mostWaitMs: 4_000 }
const DAY_MS = 86_400_000

/** Throws `LandfallError`; INTERRUPTED where the signal aborted it. */
export function makeRunDump(needs: DumpNeeds): RunDump {
  const { dump, store, ledger, clock, random, log, runId } = needs
  const policy = needs.policy ?? POLICY
  const bucket = dump.place.bucket

  return async (outer, onProgress) => {
    const encoder = await needs.encoder()
    const held = await holdLease({
      ledger,
      clock,
      log,
      lease: { dump: dump.name, runId },
      ms: needs.leaseMs ?? LEASE_MS,
    })
    try {
      return await underLease(held, encoder, outer, onProgress)
    } catch (error) {
      throw asFault(error, outer, dump.name)
    } finally {
      await held.release()
    }
  }

  async function underLease(
    held: HeldLease,
    encoder: DumpEncoder,
    outer: AbortSignal,
    onProgress: ((progress: DumpProgress) => void) | undefined,
  ): Promise<DumpMade> {
    const signal = AbortSignal.any([outer, held.signal])
    const startedAt = clock.now()
    const key = dumpKey(dump.place.prefix, {
      stage: dump.stage,
      at: startedAt,
      format: dump.format,
      compression: needs.compression,
      encryption: dump.encryption?.kind ?? 'none',
    })
    const leftovers = await abortLeftovers({ store, ledger, random, policy, log, dump: dump.name, bucket, runId })
    // Hours before the completion would say so.
    const there = await retry({ random, policy, signal }, async () => store.head({ key }))
    if (there !== undefined) throw new LandfallError('DUMP_TAKEN', `there is an object at ${bucket}/${key} already`)
    const opened = await needs.open(signal)
    try {
      const { whole, completed, encoded, looks } = await toStore({
        held,
        encoder,
        opened,
        key,
        signal,
        startedAt,
        onProgress,
      })
      const manifest = manifestOf({ key, startedAt, opened, encoder, encoded, looks, whole, completed })
      await writeManifest(manifest, signal)
      return { key, versionId: completed.versionId, manifest, leftovers }
    } finally {
      await opened.close()
    }
  }

  async function toStore(run: {
    readonly held: HeldLease
    readonly encoder: DumpEncoder
    readonly opened: OpenedDump
    readonly key: string
    readonly signal: AbortSignal
    readonly startedAt: number
    readonly onProgress: ((progress: DumpProgress) => void) | undefined
  }) {
    const { held, opened, key, signal } = run
    const upload = await begin(run)
    try {
      const encoded = run.encoder.encode(opened.stream)
      let storedBytes = 0
      const whole = await uploadStream({
        store,
        random,
        policy,
        log,
        plan: planParts(dump.expectedBytes),
        upload,
        stream: encoded.stream,
        hashed: encoded.stored,
        signal,
        onStored(bytes) {
          storedBytes += bytes
          run.onProgress?.({ key, plainBytes: encoded.plainBytes, storedBytes })
        },
      })
      const looks = await opened.finish()
      const end = encoded.end()
      if (end.lacks !== undefined)
        throw new LandfallError('DUMP_INCOMPLETE', `the dump ${key} is not whole: ${end.lacks}`)
      const fence = async (): Promise<void> => held.confirm()
      const completed = await completeUpload({ store, random, policy, log, runId, fence, signal }, upload, whole)
      await ledger.forgetUpload(dump.name, runId).catch(() => {})
      return { whole, completed, encoded: end, looks }
    } catch (error) {
      await abandon(upload)
      throw error
    }
  }

  /** Recorded before it is begun, and again when its id is known: a run that dies in between leaves its key. */
  async function begin(run: {
    readonly key: string
    readonly startedAt: number
    readonly held: HeldLease
  }): Promise<Upload> {
    const { key, held } = run
    const record = { runId, bucket, key }
    const recorded = async (uploadId?: string): Promise<void> => {
      const kept = await ledger.recordUpload(held.lease, { ...record, ...(uploadId !== undefined && { uploadId }) })
      if (!kept)
        throw new LandfallError('DUMP_LEASE_LOST', `the lease on the dump ${dump.name} is lost: another run has it`)
    }
    await recorded()
    const until = dump.lock === undefined ? undefined : run.startedAt + dump.lock.days * DAY_MS
    let repeated = false
    const onRetry = (): void => {
      repeated = true
    }
    const upload = await retry({ random, policy, onRetry }, async () =>
      store.begin({
        key,
        contentType: 'application/octet-stream',
        metadata: {
          [RUN_METADATA]: runId,
          'landfall-dump': dump.name,
          'landfall-version': needs.landfallVersion,
        },
        ...(dump.lock !== undefined && { lock: { mode: dump.lock.mode, until: until! } }),
      }),
    )
    try {
      await recorded(upload.uploadId)
      if (repeated) await abortDoubles(upload)
      return upload
    } catch (error) {
      await abandon(upload)
      throw error
    }
  }

  /** A begin whose answer was lost has begun one too. Under the lease all others at this key are such. */
  async function abortDoubles(upload: Upload): Promise<void> {
    const all = await store.openUploads(upload.key)
    for (const other of all)
      if (other.key === upload.key && other.uploadId !== upload.uploadId) await store.abort(other)
  }

  /**
   * What cannot be aborted now stays recorded, and the next run does it. Only this very upload: where the lease is lost,
   * another run may be at the same key.
   */
  async function abandon(upload: Upload): Promise<void> {
    const { key } = upload
    try {
      await abortRecorded({ store, random, policy: CLEAN_UP, log }, upload)
      await ledger.forgetUpload(dump.name, runId)
    } catch (error) {
      log.error({ dump: dump.name, key, error: String(error) }, 'the upload could not be aborted; the next run will')
    }
  }

  async function writeManifest(manifest: DumpManifest, signal: AbortSignal): Promise<void> {
    const document = { key: manifestKey(manifest.key), body: `${JSON.stringify(manifest, null, 2)}\n` }
    await retry({ random, policy: signal.aborted ? CLEAN_UP : policy }, async () => store.putDocument(document)).catch(
      (error: unknown) => {
        if (!isLandfallError(error)) throw error
        const message = `the dump ${manifest.key} is stored and whole, but its manifest could not be written: ${error.message}`
        throw new LandfallError(error.code, message, { cause: error, details: { manifest } })
      },
    )
  }

  function manifestOf(run: {
    readonly key: string
    readonly startedAt: number
    readonly opened: OpenedDump
    readonly encoder: DumpEncoder
    readonly encoded: ReturnType<EncodedDump['end']>
    readonly looks: Awaited<ReturnType<OpenedDump['finish']>>
    readonly whole: UploadedStream
    readonly completed: Completed
  }): DumpManifest {
    const { opened, encoded, looks, whole, completed } = run
    const rows = rowsOf(dump.rows, encoded.rows, looks.rows)
    return {
      format: 1,
      dump: dump.name,
      stage: dump.stage,
      key: run.key,
      runId,
      source: opened.source,
      serverVersion: opened.serverVersion,
      pgDumpVersion: opened.pgDumpVersion,
      landfallVersion: needs.landfallVersion,
      startedAt: new Date(run.startedAt).toISOString(),
      endedAt: new Date(clock.now()).toISOString(),
      dumpFormat: dump.format,
      compression: needs.compression,
      encryption: { kind: dump.encryption?.kind ?? 'none', recipients: [...run.encoder.recipients] },
      plain: encoded.plain,
      stored: {
        ...whole.stored,
        versionId: completed.versionId,
        etag: completed.etag,
        checksum: `CRC32 FULL_OBJECT ${whole.crc32}`,
      },
      ...(looks.schemaFingerprint !== undefined && { schemaFingerprint: looks.schemaFingerprint }),
      ...(rows !== undefined && { rows }),
      lacks: ['roles', 'tablespaces', 'owners', 'grants'],
    }
  }
}

/** Undefined where they are not counted: of custom format, by its stream. */
function rowsOf(
  by: Dump['rows'],
  streamed: ReadonlyMap<string, number> | undefined,
  queried: ReadonlyMap<string, number> | undefined,
): DumpManifest['rows'] {
  const counted = by === 'none' ? undefined : by === 'query' ? queried : streamed
  if (counted === undefined || by === 'none') return undefined
  const names = [...counted.keys()].toSorted()
  return {
    by,
    tables: Object.fromEntries(names.map((name) => [name, counted.get(name)!])),
    total: [...counted.values()].reduce((sum, count) => sum + count, 0),
  }
}

function asFault(error: unknown, outer: AbortSignal, name: string): unknown {
  // With a manifest: the dump stands.
  const stands = isLandfallError(error) && error.details['manifest'] !== undefined
  if (outer.aborted && !stands) {
    return new LandfallError('INTERRUPTED', `the dump ${name} was interrupted`, {
      hint: 'Nothing is left of it: run the same command again.',
      cause: error,
    })
  }
  return error
}
