/**
 * A job's completion report (S3 user guide, "Examples: S3 Batch Operations completion reports").
 *
 *   <prefix>/job-<id>/manifest.json         names the files
 *   <prefix>/job-<id>/results/<sha1>.csv    no header; one file of the tasks that succeeded, one of those that failed
 *
 * The page's schema has ErrorCode before HTTPStatusCode; its own examples, and reports that others publish, have them the
 * other way round (`...,succeeded,200,,Successful`). Both stand here as they do there: a reader must take either.
 */
import { hash } from 'node:crypto'
import type { Access } from '../s3/access.ts'
import type { S3Store, Writer } from '../s3/store/store.ts'
import { arnOf, type Job } from './job.ts'
import type { Row } from './manifest.ts'

const SCHEMA = 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage'

export interface TaskResult {
  readonly row: Row
  /** Undefined: it succeeded. */
  readonly reason: string | undefined
}

/** False: the report can't be written there. */
export function writeReport(
  job: Job,
  source: string,
  results: readonly TaskResult[],
  needs: { readonly store: S3Store; readonly access: Access; readonly writer: Writer },
): boolean {
  const { report } = job.order
  if (report === undefined) return true
  const { store, access, writer } = needs
  const bucket = store.buckets.get(report.bucket)
  if (bucket === undefined) return false
  const base = `${report.prefix === undefined || report.prefix === '' ? '' : `${report.prefix}/`}job-${job.id}`
  if (!access.allows(bucket, 's3:PutObject', `${base}/manifest.json`)) return false
  const put = (key: string, text: string, contentType: string): void => {
    store.put(bucket, { key, body: Buffer.from(text), contentType }, 'ObjectCreated:Put', writer)
  }
  const files = []
  for (const status of ['succeeded', 'failed'] as const) {
    const rows = results.filter(({ reason }) => (reason === undefined) === (status === 'succeeded'))
    if (rows.length === 0) continue
    const text = rows.map((result) => line(source, result)).join('')
    const key = `${base}/results/${hash('sha1', `${arnOf(job)}/${status}`, 'hex')}.csv`
    put(key, text, 'text/csv')
    files.push({ TaskExecutionStatus: status, Bucket: report.bucket, MD5Checksum: hash('md5', text, 'hex'), Key: key })
  }
  const manifest = {
    Format: 'Report_CSV_20180820',
    ReportCreationDate: new Date(store.clock.now()).toISOString(),
    Results: files,
    ReportSchema: SCHEMA,
  }
  // Last, so that who finds it finds the files, too.
  put(`${base}/manifest.json`, JSON.stringify(manifest), 'application/json')
  return true
}

function line(bucket: string, { row, reason }: TaskResult): string {
  const outcome =
    reason === undefined
      ? 'succeeded,200,,Successful'
      : `failed,${statusOf(reason)},${reason},${quoted(messageOf(reason))}`
  return `${bucket},${encodeURIComponent(row.key)},${row.versionId ?? ''},${outcome}\r\n`
}

function statusOf(reason: string): number {
  if (reason.endsWith('NotPermitted')) return 403
  return reason.endsWith('NotFound') ? 404 : 400
}

function messageOf(reason: string): string {
  return `Replication failed with reason ${reason}`
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
