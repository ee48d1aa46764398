/**
 * The manifest that S3 Batch Replication takes, of what an audit found missing: a CSV without a header of bucket,
 * URL-encoded key and version id. Source: Amazon S3 user guide, "Specifying a manifest".
 */
import type { Finding } from '../domain/audit/finding.ts'

/**
 * The finding's row with its line end; undefined for what no batch job mends: only `missing` is driven, and of a
 * mismatched version S3 holds that it is replicated.
 *
 * Encoded, a key holds no comma, quote or line break, so nothing has to be quoted.
 */
export function batchRow(bucket: string, { class: name, kind, key, versionId }: Finding): string | undefined {
  if (name !== 'missing' || kind === 'marker') return undefined
  return `${bucket},${encodeURIComponent(key)},${encodeURIComponent(versionId)}\n`
}
