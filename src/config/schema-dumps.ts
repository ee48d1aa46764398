/** The part of the configuration file about database dumps (docs/config.md, "dumps"). */
import { z } from 'zod'
import { COMPRESSIONS, FORMATS } from '../domain/dump/name.ts'
import { bytes, duration, name, placeFields, secret } from './schema-parts.ts'

// Five fields; the scheduler (BullMQ's) reads it, and `config check` tries it.
const cron = z.string().regex(/^\S+( +\S+){4}$/, 'must have five fields, such as "0 2 * * *" (02:00 UTC each day)')

export const dumpSchema = z.strictObject({
  name: name.describe('Unique in the file; it names the dump in metrics, logs and commands.'),
  stage: name.optional().describe('The first part of its keys (`<stage>-yyyyMMddHHmm...`); the name where absent.'),
  database: secret.optional().describe('The connection URL (postgresql://...). Absent: others make the dump.'),
  ...placeFields,
  prefix: z.string().max(512).default('').describe('Prefix of its keys.'),
  pair: name.optional().describe('The pair that replicates its bucket: by it the replica is found, and drilled.'),
  format: z.enum(FORMATS).default('plain').describe("pg_dump's format."),
  compression: z.enum(COMPRESSIONS).default('zstd').describe('Of the stream; custom format is not compressed twice.'),
  encryption: z
    .strictObject({
      age: z
        .array(z.string().regex(/^age1[0-9a-z]+$/, 'is no age recipient (age1...)'))
        .min(1)
        .optional(),
      openpgp: z.array(z.string().min(1)).min(1).optional().describe('Files with armoured public keys.'),
    })
    .refine((value) => (value.age === undefined) !== (value.openpgp === undefined), 'must name either age or openpgp')
    .optional()
    .describe('To whom it is encrypted; absent: not at all.'),
  identity: secret.optional().describe('The private key, for drills and restores only.'),
  schedule: cron.optional().describe('When the service makes it, UTC; absent: `landfall dump run`, or others.'),
  rows: z
    .enum(['stream', 'query', 'none'])
    .default('stream')
    .describe("How rows are counted: from a plain dump's own COPY blocks, by query in its snapshot, or not."),
  expected: bytes.prefault('10GiB').describe('About how big: part sizes are made to fit ten times this.'),
  lock: z
    .strictObject({ mode: z.enum(['GOVERNANCE', 'COMPLIANCE']), days: z.int().min(1).max(36_500) })
    .optional()
    .describe('Object Lock retention of each dump.'),
  bounds: z
    .strictObject({
      smallest: z.number().min(0).max(1).default(0.5).describe('Of the last verified dump: below, it is an anomaly.'),
      largest: z.number().min(1).default(3).describe('Above, likewise.'),
    })
    .prefault({})
    .describe('Sizes and row counts that are believed.'),
  fresh: duration('1h', '90d').prefault('26h').describe('No dump for this long is an alarm.'),
  drill: z
    .strictObject({
      schedule: cron.optional().describe('When the service drills the newest replica, UTC.'),
      every: duration('1h', '365d').prefault('8d').describe('Not drilled for this long is an alarm.'),
      postgres: secret
        .optional()
        .describe("A scratch server's URL; absent: a private cluster by the machine's initdb."),
      checks: z
        .array(z.strictObject({ name: z.string().min(1), sql: z.string().min(1) }))
        .default([])
        .describe('Each must return one true.'),
    })
    .prefault({})
    .describe('Restoring it, to know that it can be.'),
  retention: z
    .strictObject({
      last: z.int().min(1).default(7).describe('The newest of all.'),
      daily: z.int().min(0).default(14),
      weekly: z.int().min(0).default(8),
      monthly: z.int().min(0).default(12),
      yearly: z.int().min(0).default(0),
    })
    .optional()
    .describe('What `landfall dump prune` keeps; absent: nothing is ever pruned.'),
  pruneRoleArn: z
    .string()
    .startsWith('arn:')
    .optional()
    .describe('The role that may delete; the service itself may not.'),
})
export type DumpFile = z.output<typeof dumpSchema>

/** Dumps that someone else uploads, carried to where they are safe. */
export const shipmentSchema = z.strictObject({
  name: name.describe('Unique in the file.'),
  from: z
    .strictObject({ ...placeFields, prefix: z.string().max(512).default('') })
    .describe('Where they appear; its events come by `queues`.'),
  to: z.strictObject({ ...placeFields, prefix: z.string().max(512).default('') }).describe('Where they go.'),
  dump: name.optional().describe('The dump whose catalog they join.'),
})
export type ShipmentFile = z.output<typeof shipmentSchema>
