/**
 * Makes an upload visible, once. The answer to a completion may be lost, and then the next try is refused because of our
 * own object: it is known again by its run id, and read back, so that its SHA-256 says that it is whole.
 */
import { logName } from '../domain/trace.ts'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { DumpStore, Log, Random, StoredObject, Upload } from '../ports.ts'
import type { UploadedStream } from './dump-upload.ts'
import { retry, type RetryPolicy } from './retry.ts'

/** In the metadata of each object that Landfall makes. */
export const RUN_METADATA = 'landfall-run'

export interface CompleteNeeds {
  readonly store: Pick<DumpStore, 'complete' | 'head' | 'versions' | 'read'>
  readonly random: Random
  readonly policy: RetryPolicy
  readonly log: Log
  readonly runId: string
  /** Throws where this run may not go on: asked before each try. */
  readonly fence: () => Promise<void>
  readonly signal: AbortSignal
}

export interface Completed {
  readonly versionId: string
  readonly etag: string
}

/** Throws DUMP_TAKEN, DUMP_LEASE_LOST (somebody aborted the upload), or what S3 said to the last try. */
export async function completeUpload(needs: CompleteNeeds, upload: Upload, whole: UploadedStream): Promise<Completed> {
  const { store, policy, log, signal } = needs
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    await needs.fence()
    let fault: LandfallError
    try {
      const done = await store.complete(upload, whole)
      if (done.kind === 'completed') return done
      fault = new LandfallError('DUMP_TAKEN', `there is an object at ${upload.key} already`)
    } catch (error) {
      if (!isLandfallError(error)) throw error
      fault = error.details['awsCode'] === 'NoSuchUpload' ? gone(upload, error) : error
    }
    const own = await findOwn(needs, upload.key, whole)
    if (own !== undefined) {
      log.warn(
        logName({ key: upload.key, versionId: own.versionId }),
        'the answer to the completion was lost; the object is there, whole',
      )
      return own
    }
    if (attempt >= policy.attempts || fault.disposition !== 'retryable' || fault.code === 'DUMP_LEASE_LOST') throw fault
    log.warn({ key: upload.key, error: fault.message }, 'the completion failed; it is tried again')
    const wait = Math.min(policy.mostWaitMs, policy.firstWaitMs * 2 ** (attempt - 1))
    await sleep(wait * (1 - needs.random.next() / 2), undefined, { signal })
  }
}

/**
 * The version at this key that this run made, also when a signal has come: whether the dump stands must be known. All
 * are looked at: another may have been written over it since.
 */
async function findOwn(needs: CompleteNeeds, key: string, whole: UploadedStream): Promise<StoredObject | undefined> {
  const { store, random, policy } = needs
  return retry({ random, policy }, async () => {
    const { versions } = await store.versions({ prefix: key })
    for (const version of versions) {
      if (version.key !== key || version.kind !== 'object' || version.size !== whole.stored.bytes) continue
      const stored = await store.head({ key, versionId: version.versionId })
      if (stored?.metadata[RUN_METADATA] !== needs.runId) continue
      if ((await hashOf(needs, stored)) === whole.stored.sha256) return stored
    }
    return undefined
  })
}

async function hashOf({ store }: CompleteNeeds, { key, versionId }: StoredObject): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of store.read({ key, versionId })) hash.update(chunk)
  return hash.digest('hex')
}

function gone(upload: Upload, cause: unknown): LandfallError {
  return new LandfallError('DUMP_LEASE_LOST', `the upload of ${upload.key} was aborted by another run`, { cause })
}
