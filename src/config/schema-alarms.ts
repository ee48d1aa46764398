/** The part of the configuration file about alarms and dashboards (docs/config.md, "service"). */
import { z } from 'zod'
import { checkedShare, duration } from './schema-parts.ts'

const topics = z.array(
  z
    .string()
    .regex(
      /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/,
      'is no topic ARN (arn:aws:sns:<region>:<account>:<name>)',
    ),
)

/** `_.:/=+-@`, letters, digits and spaces (CloudWatch API reference, Tag). */
const tagText = z.string().regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u, 'is no text for a tag')

/** Of a counter or a gauge: the alarm goes off above it. */
const above = (most: number) => z.int().min(0).default(most)

export const alarmsSchema = z.strictObject({
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9][\w-]{0,39}$/, 'must be 1 to 40 letters, digits, - and _')
    .default('landfall-')
    .describe('Names of alarms and dashboards begin with it. Nothing else may: see docs/alarms.md.'),
  topics: topics.default([]).describe('SNS topics that every alarm tells; in the region of the metrics.'),
  estateTopics: topics
    .default([])
    .describe('SNS topics that only the composite alarm "estate at risk" tells: the pager.'),
  runbook: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where your people read docs/alarms.md; alarms and dashboards link to its sections.'),
  tags: z
    .record(tagText, tagText)
    .refine((tags) => Object.keys(tags).length <= 40, 'holds more than 40 tags')
    .default({})
    .describe('Tags of alarms and dashboards, beside landfall:estate.'),
  late: above(0).describe('Versions late, more than this.'),
  failed: above(0).describe('Versions failed, more than this.'),
  mismatched: above(0).describe('Versions mismatched, more than this.'),
  unannounced: above(10).describe('Replicas within an hour without any event of their source, more than this.'),
  queueAge: duration('1m', '14d').prefault('15m').describe('Messages wait, and the newest event that came is older.'),
  inFlight: z
    .int()
    .min(1)
    .max(120_000)
    .default(100_000)
    .describe('Messages in flight in one queue; SQS stops at 120,000.'),
  budget: z
    .strictObject({
      objective: checkedShare
        .default(0.999)
        .refine((share) => share > 0 && share < 1, 'must be above 0 and below 1')
        .describe("Share of versions that must land within their pair's `late`, over 30 days."),
      least: z.int().min(1).default(5).describe('Fewer late versions in the long window are no burn.'),
    })
    .prefault({})
    .describe('Alarms on how fast the error budget burns.'),
})
