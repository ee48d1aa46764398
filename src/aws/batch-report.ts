/**
 * A batch job's completion report: `manifest.json` names CSV files, one row a task.
 *
 * Source: S3 user guide, "Examples: S3 Batch Operations completion reports" (format `Report_CSV_20180820`); "Amazon S3
 * replication failure reasons", which also stand in the reports of Batch Replication.
 */
import { pipeline, type Readable } from 'node:stream'
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { parse } from 'csv-parse'
import { z } from 'zod'
import { attempt, awsError, nameOf } from '../domain/aws-errors.ts'
import { LandfallError } from '../domain/errors.ts'
import { FAILURES } from '../domain/failures.ts'
import type { Driven } from '../domain/repair/words.ts'

export interface ReportAt {
  readonly bucket: string
  /** Key of its manifest.json. */
  readonly key: string
  readonly owner: string
  readonly region: string
}

const FORMAT = 'Report_CSV_20180820'

/** A row is some hundred bytes; a quote that never ends must not fill the memory. */
const MOST_ROW_BYTES = 256 * 1024
/** Of a message that names no reason we know: enough for a person, and for Redis. */
const MOST_REASON = 200

const manifestSchema = z.object({
  Format: z.literal(FORMAT),
  Results: z.array(z.object({ Bucket: z.string(), Key: z.string() })),
})

/**
 * Undefined where S3 has written none: it does for jobs of which at least one task was begun, and some time after the
 * job's end. Throws `LandfallError`; AWS_ERROR for a report that is not in the format above.
 */
export async function readReport(s3: S3Client, at: ReportAt): Promise<AsyncIterable<Driven> | undefined> {
  const text = await textAt(s3, at)
  if (text === undefined) return undefined
  const results = resultsOf(text, at)
  return rowsOf(s3, at, results)
}

async function textAt(s3: S3Client, { bucket, key, owner, region }: ReportAt): Promise<string | undefined> {
  try {
    const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, ExpectedBucketOwner: owner }))
    return (await answer.Body?.transformToString('utf8')) ?? ''
  } catch (error) {
    if (nameOf(error) === 'NoSuchKey') return undefined
    throw awsError(error, { action: 's3:GetObject', resource: `${bucket}/${key}`, region })
  }
}

function resultsOf(text: string, at: ReportAt): readonly string[] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw unreadable(at.key, 'is no JSON', cause)
  }
  const read = manifestSchema.safeParse(document)
  if (!read.success) throw unreadable(at.key, z.prettifyError(read.error), read.error)
  const elsewhere = read.data.Results.find(({ Bucket }) => Bucket !== at.bucket)
  // What it names is read with our rights: it may name nothing but the bucket that S3 was told to write to.
  if (elsewhere !== undefined) throw unreadable(at.key, `names files of another bucket, ${elsewhere.Bucket}`)
  return read.data.Results.map(({ Key }) => Key)
}

async function* rowsOf(s3: S3Client, at: ReportAt, keys: readonly string[]): AsyncGenerator<Driven> {
  for (const key of keys) {
    const during = { action: 's3:GetObject', resource: `${at.bucket}/${key}`, region: at.region }
    const answer = await attempt(during, () =>
      s3.send(new GetObjectCommand({ Bucket: at.bucket, Key: key, ExpectedBucketOwner: at.owner })),
    )
    const rows = parse({ relax_column_count: true, max_record_size: MOST_ROW_BYTES })
    // Its errors come out of `rows`; and when `rows` is left early, the download ends.
    pipeline(answer.Body as Readable, rows, () => {})
    try {
      for await (const row of rows as AsyncIterable<readonly string[]>) yield drivenOf(row, key)
    } catch (error) {
      if (error instanceof Error && 'code' in error && String(error.code).startsWith('CSV_')) {
        throw unreadable(key, error.message, error)
      }
      throw awsError(error, during)
    } finally {
      rows.destroy()
    }
  }
}

/** Exported for the tests. `line`: Bucket, Key, VersionId, TaskStatus, then error code and HTTP status, ResultMessage. */
export function drivenOf(line: readonly string[], file: string): Driven {
  const [, key, versionId, status, ...rest] = line
  if (key === undefined || versionId === undefined || (status !== 'succeeded' && status !== 'failed')) {
    throw unreadable(file, `has a row of ${line.length} columns, with the status ${JSON.stringify(status)}`)
  }
  const succeeded = status === 'succeeded'
  const reason = succeeded ? undefined : reasonOf(rest)
  return { key: decoded(key, file), versionId, succeeded, ...(reason !== undefined && { reason }) }
}

/**
 * The schema says error code, HTTP status; AWS' own example has them the other way round (`failed,200,PermanentFailure`),
 * so the code is whichever is no number. A replication failure reason in the message tells more than a general code.
 */
function reasonOf([first = '', second = '', message = '']: readonly string[]): string | undefined {
  const code = [first, second].find((word) => word !== '' && !/^\d+$/.test(word))
  if (code !== undefined && FAILURES.has(code)) return code
  const told = message.match(/[A-Z][A-Za-z]+/g)?.find((word) => FAILURES.has(word))
  return told ?? code ?? (message === '' ? undefined : message.slice(0, MOST_REASON))
}

/** As S3 encodes keys in its listings and reports: a space may be `+`, and a plus never is. */
function decoded(key: string, file: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch (cause) {
    throw unreadable(file, `has a key that is not URL-encoded: ${JSON.stringify(key)}`, cause)
  }
}

function unreadable(key: string, what: string, cause?: unknown): LandfallError {
  return new LandfallError('AWS_ERROR', `the completion report ${key} ${what}`, {
    cause,
    hint: 'Look at the report and the job in the console (S3, Batch Operations).',
  })
}
