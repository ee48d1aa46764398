/**
 * What stands beside each dump: `<key>.manifest.json`, written after the dump itself is complete, and
 * `<key>.verified.json`, written when the stored object was read back. docs/dumps.md publishes both shapes.
 */
import { z } from 'zod'
import { COMPRESSIONS, ENCRYPTIONS, FORMATS } from './name.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const instant = z.iso.datetime()

export const manifestSchema = z.object({
  format: z.literal(1),
  /** Name of the dump in the configuration. */
  dump: z.string(),
  stage: z.string(),
  key: z.string(),
  /** Of one run of `landfall dump run`: by it a run knows its own object again. */
  runId: z.string(),
  /** Host and database of the source; never a user or a password. */
  source: z.object({ host: z.string(), port: z.int(), database: z.string() }),
  serverVersion: z.string(),
  pgDumpVersion: z.string(),
  landfallVersion: z.string(),
  startedAt: instant,
  endedAt: instant,
  dumpFormat: z.enum(FORMATS),
  compression: z.enum(COMPRESSIONS),
  encryption: z.object({ kind: z.enum(ENCRYPTIONS), recipients: z.array(z.string()) }),
  /** What `pg_dump` wrote, before compression. */
  plain: z.object({ bytes: z.int(), sha256 }),
  /** What is in S3. */
  stored: z.object({
    bytes: z.int(),
    sha256,
    versionId: z.string().optional(),
    etag: z.string().optional(),
    /** S3's own, e.g. `CRC64NVME FULL_OBJECT abc=`. */
    checksum: z.string().optional(),
  }),
  /** SHA-256 over tables, columns, types, constraints and indexes of the dump's snapshot; absent where it was not asked for. */
  schemaFingerprint: sha256.optional(),
  /** Per table (`schema.table`), in the dump's own snapshot. `stream`: counted from its COPY blocks as they went by. */
  rows: z.object({ by: z.enum(['stream', 'query']), tables: z.record(z.string(), z.int()), total: z.int() }).optional(),
  /** What a dump never holds, said so that nobody counts on it. */
  lacks: z.array(z.string()),
})
export type DumpManifest = z.output<typeof manifestSchema>

/** One thing that was looked at: `skipped` says why it could not be (no key at hand). */
export const checkSchema = z.object({
  check: z.string(),
  result: z.enum(['pass', 'fail', 'skipped']),
  detail: z.string(),
})
export type Check = z.output<typeof checkSchema>

export const verifiedSchema = z.object({
  format: z.literal(1),
  key: z.string(),
  versionId: z.string().optional(),
  at: instant,
  /** `verified` only when no check failed and the stored bytes were read to the end. */
  verdict: z.enum(['verified', 'failed']),
  checks: z.array(checkSchema),
  /** What was read: by it the next dump is judged. Absent where it could not be read so far. */
  stored: z.object({ bytes: z.int(), sha256 }).optional(),
  plain: z.object({ bytes: z.int(), sha256 }).optional(),
  rows: z.record(z.string(), z.int()).optional(),
  /** Whether the replica is as this one; `pending`: it is not there yet, and is looked at again. */
  replica: z.enum(['same', 'differs', 'pending', 'none']).optional(),
  landfallVersion: z.string(),
})
export type DumpVerified = z.output<typeof verifiedSchema>

/** The evidence of one drill: `<snapshot prefix>drills/<dump>/<time>.json`, and a page for people beside it. */
export const drillSchema = z.object({
  format: z.literal(1),
  dump: z.string(),
  key: z.string(),
  versionId: z.string().optional(),
  /** Where it was read from, e.g. `eu-west-2`. */
  from: z.object({ bucket: z.string(), region: z.string() }),
  startedAt: instant,
  endedAt: instant,
  verdict: z.enum(['restored', 'failed']),
  /** From the first byte asked for until the last comparison: the RTO that was measured. */
  restoreSeconds: z.number(),
  server: z.string(),
  checks: z.array(checkSchema),
  rows: z.object({ tables: z.int(), total: z.int(), differing: z.array(z.string()) }).optional(),
  /** When the dump was begun, by its name: what a loss now would lose is what was written since. */
  dumpAt: instant.optional(),
  /** What was read, and what pg_dump had written. */
  stored: z.object({ bytes: z.int(), sha256 }).optional(),
  plain: z.object({ bytes: z.int(), sha256 }).optional(),
  landfallVersion: z.string(),
})
export type DrillReport = z.output<typeof drillSchema>

/** One replica that was read as if its source were gone. */
export const sampledSchema = z.object({
  key: z.string(),
  versionId: z.string(),
  bytes: z.int(),
  /**
   * - `same`: read to its end, and every byte is the source's
   * - `recorded`: read to its end, and its bytes are what S3 recorded when it was written (the source is gone or down)
   * - `unverified`: read to its end, and there was nothing to compare its bytes with
   * - `differs`, `unreadable`
   */
  result: z.enum(['same', 'recorded', 'unverified', 'differs', 'unreadable']),
  detail: z.string(),
})
export type Sampled = z.output<typeof sampledSchema>

/** The evidence of one drill of a pair's replicas: `<snapshot prefix>drills/pairs/<pair>/<time>.json`. */
export const replicasDrillSchema = z.object({
  format: z.literal(1),
  pair: z.string(),
  from: z.object({ bucket: z.string(), region: z.string() }),
  startedAt: instant,
  endedAt: instant,
  verdict: z.enum(['readable', 'failed']),
  /** With it and the same versions there, the same ones are drawn. */
  seed: z.int(),
  /** Versions with bytes that were listed, and drawn from. */
  listed: z.int(),
  bytes: z.int(),
  sampled: z.array(sampledSchema),
  /** Whether the source was asked at all. */
  source: z.enum(['compared', 'down', 'not asked']),
  landfallVersion: z.string(),
})
export type ReplicasDrill = z.output<typeof replicasDrillSchema>

/** Under which name a report is written: no colon, which some file systems refuse. */
export function reportName(at: string): string {
  return at.replaceAll(':', '').replace(/\.\d+Z$/, 'Z')
}
