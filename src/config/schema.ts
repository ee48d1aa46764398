/**
 * The configuration file after its templates are expanded: names, types, defaults, and what each key is for.
 *
 * Keys are the words of the file (`late: 15m`); `load.ts` makes them into those of the Estate (`lateAfterMs: 900000`).
 * The descriptions become the JSON Schema for editors (`landfall config schema`).
 */
import { z } from 'zod'
import { alarmsSchema } from './schema-alarms.ts'
import { dumpSchema, shipmentSchema } from './schema-dumps.ts'
import { pairSetupSchema, serviceSetupSchema } from './schema-setup.ts'
import {
  account,
  bucket,
  bytes,
  checkedShare,
  duration,
  name,
  placeFields,
  region,
  roleArn,
  secret,
} from './schema-parts.ts'

const accountSchema = z.strictObject({
  id: z
    .string({ error: 'must be twelve digits in quotes (YAML drops the leading zeros of a bare number)' })
    .regex(/^\d{12}$/, 'must be twelve digits')
    .describe('The account id: twelve digits, in quotes.'),
  roleArn: roleArn
    .optional()
    .describe("The role that Landfall assumes there; without it, the service's own credentials are used."),
  externalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/, 'is no external id: 2 to 1,224 letters, digits and + = , . @ : / - _')
    .optional()
    .describe("The external id that the role's trust policy asks for. Never printed."),
})

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export const DEFAULT_REGION = 'eu-west-2'

const redisUrl = z.string().transform((text, context) => {
  const protocol = URL.parse(text)?.protocol
  if (protocol === 'redis:' || protocol === 'rediss:') return text
  context.addIssue({
    code: 'custom',
    message: 'must be a URL such as redis://host:6379 or rediss://user:password@host:6379',
  })
  return z.NEVER
})

const serviceSchema = z.strictObject({
  region: region
    .default(DEFAULT_REGION)
    .describe('Where Landfall itself lives. It must survive what it watches: never the region of the sources.'),
  redis: z
    .strictObject({
      url: redisUrl.prefault('redis://127.0.0.1:6379').describe('The ledger. A secret; REDIS_URL overrides it.'),
      cluster: z.boolean().default(false).describe('true where the URL names one node of a Redis Cluster.'),
      durability: z
        .enum(['sync', 'window'])
        .default('sync')
        .describe(
          'sync: an SQS message is deleted only once the ledger has it on disk. window: deletes are held back for two seconds.',
        ),
    })
    .prefault({})
    .describe('The ledger: what is open, counters, lag.'),
  http: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('Loopback unless you say otherwise.'),
      port: z.int().min(0).max(65_535).default(9320).describe('0 takes a free one.'),
      token: secret
        .optional()
        .describe('What the page and its API ask for: for orders always, for reads where host is not loopback.'),
    })
    .prefault({})
    .describe("Liveness, readiness, Prometheus metrics and the operator's page (docs/page.md)."),
  snapshot: z
    .strictObject({
      ...placeFields,
      prefix: z.string().max(512).default('landfall/').describe('Prefix of the snapshot keys.'),
      every: duration('10s', '1h').prefault('60s').describe('How often it is written.'),
    })
    .optional()
    .describe('Where the open list goes, so that `landfall status --from-snapshot` answers with nothing else up.'),
  metrics: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Whether to publish to CloudWatch.'),
      namespace: z
        .string()
        .regex(
          /^(?!AWS\/)[\w./#:-]{1,255}$/,
          'is no CloudWatch namespace (letters, digits and . - _ / # :; not AWS/...)',
        )
        .default('Landfall')
        .describe('The CloudWatch namespace.'),
      region: region.optional().describe('Where metrics and alarms live; service.region where absent.'),
      every: duration('1s', '1h').prefault('60s').describe('How often they are published.'),
    })
    .prefault({})
    .describe('CloudWatch.'),
  alarms: alarmsSchema
    .prefault({})
    .describe('Alarms and dashboards as code: `landfall alarms`, `landfall dashboards`.'),
  setup: serviceSetupSchema.prefault({}).describe('How `landfall init` sets things up.'),
  intake: z
    .strictObject({
      consumersPerQueue: z.int().min(1).max(64).default(2).describe('Long polls at the same time, for each queue.'),
      wait: duration('0s', '20s')
        .prefault('20s')
        .describe('Long poll: how long SQS waits for a message (at most 20s).'),
      visibility: duration('5s', '12h').prefault('60s').describe('How long SQS hides a message that is being booked.'),
    })
    .prefault({})
    .describe('SQS to the ledger.'),
  verify: z
    .strictObject({
      lanesPerPair: z.int().min(1).max(64).default(2).describe('Verify jobs at the same time, for each pair.'),
      concurrency: z.int().min(1).max(1000).default(32).describe('Looks at S3 at the same time, for each job.'),
      lease: duration('1s', '15m').prefault('30s').describe('How long a taken version is hidden from other jobs.'),
      tick: duration('50ms', '1m').prefault('1s').describe('How often due versions are looked for.'),
    })
    .prefault({})
    .describe('The ledger to S3.'),
  doctor: z
    .strictObject({
      every: duration('10m', '30d').prefault('1d').describe('How often the service looks at what it rests on.'),
      canary: duration('1m', '1d')
        .optional()
        .describe('How often a canary is written to the source of each pair; absent: never by itself.'),
    })
    .prefault({})
    .describe('`landfall doctor` in the service: at the start, on a schedule, and canaries.'),
  // Fargate kills 120 s after SIGTERM at the latest (stopTimeout).
  shutdownGrace: duration('0s', '110s').prefault('25s').describe('From SIGTERM until unfinished jobs are cancelled.'),
  log: z
    .strictObject({
      level: z.enum(LOG_LEVELS).default('info').describe('The least level that is written.'),
      sample: z
        .number()
        .min(0)
        .max(1)
        .default(0.1)
        .describe('The share of the versions whose every step is written at `debug`; what fails is always written.'),
    })
    .prefault({})
    .describe('Logs go to stdout as JSON.'),
})

export const queueSchema = z.strictObject({
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9_-]{1,80}$/,
      'is no name of a standard queue: 1 to 80 of A-Z a-z 0-9 - _ (S3 notifies no FIFO queue)',
    )
    .describe('The name of a standard SQS queue; unique in the file.'),
  region,
  account,
  url: z
    .string()
    .regex(/^https?:\/\/\S+$/, 'is no queue URL')
    .optional()
    .describe('Saves the look-up by name and account.'),
  consumers: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe('Long polls at the same time; service.intake.consumersPerQueue where absent.'),
})

const redriveSchema = z.strictObject({
  automatic: z.boolean().default(true).describe('false: only `landfall failures redrive` drives anything again.'),
  batch: z
    .strictObject({
      roleArn: roleArn.describe(
        'The role that S3 Batch Operations assumes: trusts batchoperations.s3.amazonaws.com, may s3:InitiateReplication.',
      ),
      bucket,
      prefix: z.string().max(512).default('landfall/redrive/').describe('Prefix of manifests and reports.'),
    })
    .optional()
    .describe("S3 Batch Replication; its manifests and reports go to a bucket of the source's region and account."),
  copy: z
    .boolean()
    .default(false)
    .describe("Landfall may copy the source's current version to the destination, under an id of its own."),
  retrigger: z
    .boolean()
    .default(false)
    .describe('Landfall may copy in place at the source, which makes a new version that S3 replicates.'),
  every: duration('1s', '1d').prefault('15m').describe('Failures of this long become one job.'),
  attempts: z.int().min(1).max(20).default(3).describe('Re-drives of one version; then it waits for a person.'),
  rate: z
    .strictObject({
      versions: z.number().positive().max(3500).default(50).describe('Versions a second.'),
      bytes: bytes.prefault('64MiB').describe('Bytes a second.'),
    })
    .prefault({})
    .describe('How fast Landfall copies by itself; S3 sets the pace of its batch jobs.'),
  hourly: z
    .strictObject({
      versions: z.int().min(1).default(100_000).describe('Versions.'),
      bytes: bytes.prefault('1TiB').describe('Bytes.'),
      dollars: z.number().positive().default(50).describe('US dollars, by the estimate of docs/redrive.md.'),
    })
    .prefault({})
    .describe('What repair of this pair may drive in an hour; the rest waits for the next one.'),
  probe: z
    .strictObject({
      min: duration('1s', '1d').prefault('5m').describe('Before the first one.'),
      max: duration('1s', '7d').prefault('6h').describe('The longest wait.'),
    })
    .prefault({})
    .describe('A set-up failure is tried with one version, at intervals that double.'),
})

export const pairSchema = z.strictObject({
  name: name.describe('Unique in the file; it names the pair in metrics, logs and commands.'),
  source: z.strictObject(placeFields).describe('Where objects are written.'),
  destination: z.strictObject(placeFields).describe('Where their replicas must land.'),
  evidence: z
    .enum(['auto', 'list'])
    .default('auto')
    .describe('list: only ListObjectVersions at the key, which needs no right to read the objects.'),
  match: z
    .enum(['version', 'content'])
    .default('version')
    .describe(
      'version: by version id, which S3 replication keeps. content: by size and checksum or ETag, for other tools.',
    ),
  deleteMarkers: z
    .boolean()
    .default(true)
    .describe('Whether delete markers made by users replicate (V1 rules: always; V2 rules: only when told to).'),
  excludePrefixes: z
    .array(z.string().min(1).max(1024))
    .default([])
    .describe('Keys that the replication rule does not cover; they close as excluded without a look.'),
  late: duration('1s', '30d').prefault('15m').describe('A version that has not landed by then is late.'),
  fail: duration('1s', '90d').prefault('24h').describe('A version that has not landed by then has failed.'),
  recheck: duration('1s', '7d').prefault('1h').describe('How often a failed version is looked at again.'),
  firstLook: z
    .strictObject({
      min: duration('0s', '1d').prefault('2s').describe('Not sooner than this after the write.'),
      max: duration('0s', '1d').optional().describe('Not later than this: 5m, or `late` where that is shorter.'),
    })
    .prefault({})
    .describe('When to look for a replica first; between the bounds it follows the observed lag.'),
  purgePrincipals: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Who may delete versions for good; * at the end matches a prefix. Any other purge is raised as tampering.',
    ),
  attributesSample: checkedShare
    .default(0.01)
    .describe('Share of landed versions whose tags and locks are compared on both sides (two HEADs each).'),
  destinationExpires: duration('1d', '36500d')
    .optional()
    .describe("The age at which the destination's lifecycle removes noncurrent versions for good, where it does."),
  redrive: redriveSchema.prefault({}).describe('How failed versions are driven again.'),
  setup: pairSetupSchema.prefault({}).describe('How `landfall init` sets this pair up.'),
  audit: z
    .strictObject({
      every: duration('1h', '90d')
        .optional()
        .describe('How often the service compares both buckets whole; absent: only `landfall audit` does.'),
    })
    .prefault({})
    .describe('Audits on a schedule.'),
  stage: name.optional().describe('The dashboard that shows the pair; the account of its source where absent.'),
  alarms: z
    .strictObject({
      rpo: duration('1m', '7d')
        .optional()
        .describe('The oldest version at risk may be this old; twice `late` where absent.'),
      quietAfter: duration('5m', '30d')
        .optional()
        .describe('So long without any event of the pair is an alarm; absent: silence is normal.'),
      // Amazon S3 API reference, MetricsConfiguration: up to 64 letters, digits, periods, dashes and underscores.
      requestsFilter: z
        .string()
        .regex(/^[\w.-]{1,64}$/, 'is no id of a metrics configuration (1 to 64 of A-Z a-z 0-9 . - _)')
        .optional()
        .describe("Id of the source's S3 request metrics: writes that S3 counts and no event tells of are an alarm."),
    })
    .prefault({})
    .describe('Limits of the alarms of this pair.'),
})

export const estateSchema = z.strictObject({
  name: name.describe('What this estate is called in logs, metrics and reports.'),
  accounts: z
    .record(name, accountSchema)
    .refine((accounts) => Object.keys(accounts).length > 0, 'holds no account')
    .describe('AWS accounts, by a short name of your own.'),
  extraRegions: z
    .array(z.string().regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, 'does not look like a region'))
    .default([])
    .describe('Regions that are newer than this version of Landfall.'),
  service: serviceSchema.prefault({}).describe('Landfall itself.'),
  queues: z.array(queueSchema).default([]).describe('The SQS queues that bring the events of both sides of all pairs.'),
  pairs: z
    .array(pairSchema)
    .min(1, 'holds no pair: there is nothing to prove')
    .describe('Source and destination buckets.'),
  dumps: z.array(dumpSchema).default([]).describe('Database dumps.'),
  shipments: z.array(shipmentSchema).default([]).describe('Dumps that others upload, to be carried on.'),
})

export type EstateFile = z.output<typeof estateSchema>
export type PairFile = z.output<typeof pairSchema>
export type QueueFile = z.output<typeof queueSchema>

/** The part of a pair that `checks.ts` compares, read although other parts may be unsound. */
export const pairLimitsSchema = z.object({
  late: pairSchema.shape.late,
  fail: pairSchema.shape.fail,
  firstLook: z.object(pairSchema.shape.firstLook.unwrap().shape).prefault({}),
})
export type PairLimits = z.output<typeof pairLimitsSchema>
