/**
 * Ends an upload for good, and finds those that dead runs left: the ledger has the key of each before it is begun, so
 * nothing is touched that another tool does in the same bucket.
 */
import type { DumpLedger, DumpStore, Log, Random, RecordedUpload } from '../ports.ts'
import { retry, type RetryPolicy } from './retry.ts'

interface Needs {
  readonly store: Pick<DumpStore, 'abort' | 'openUploads'>
  readonly random: Random
  readonly policy: RetryPolicy
  readonly log: Log
}

const LOOKS = 3

/**
 * Aborts the uploads of a record, and looks until none is left: a part that was still on its way when its upload was
 * aborted may keep it open (Amazon S3 API reference, AbortMultipartUpload). Returns how many there were.
 */
export async function abortRecorded(needs: Needs, record: Pick<RecordedUpload, 'key' | 'uploadId'>): Promise<number> {
  const { store, random, policy } = needs
  const aborted = new Set<string>()
  return retry({ random, policy }, async () => {
    for (let look = 0; look < LOOKS; look += 1) {
      const open = (await store.openUploads(record.key)).filter(
        ({ key, uploadId }) => key === record.key && (record.uploadId === undefined || record.uploadId === uploadId),
      )
      if (open.length === 0) break
      for (const upload of open) {
        await store.abort(upload)
        aborted.add(upload.uploadId)
      }
    }
    return aborted.size
  })
}

/** Under the dump's lease: whoever else has a record is dead, or has lost the lease and must not complete. */
export async function abortLeftovers(
  needs: Needs & {
    readonly ledger: Pick<DumpLedger, 'recordedUploads' | 'forgetUpload'>
    readonly dump: string
    readonly bucket: string
    readonly runId: string
  },
): Promise<number> {
  const { ledger, log, dump, bucket, runId } = needs
  let count = 0
  for (const record of await ledger.recordedUploads(dump)) {
    if (record.runId === runId) continue
    if (record.bucket !== bucket) {
      log.warn(
        { dump, bucket: record.bucket, key: record.key },
        "an upload was left in a bucket that is not the dump's any more",
      )
      continue
    }
    const aborted = await abortRecorded(needs, record)
    count += aborted
    await ledger.forgetUpload(dump, record.runId)
    if (aborted > 0)
      log.warn({ dump, key: record.key, run: record.runId }, 'an upload that a dead run left was aborted')
  }
  return count
}
