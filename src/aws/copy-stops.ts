/**
 * Why a copy is given up without a fault: what it rested on has changed, or it can't be made whole.
 *
 * Source: Amazon S3 API reference, "Error responses", CopyObject, CompleteMultipartUpload; user guide, "Add preconditions to
 * S3 operations with conditional requests".
 */
import { LandfallError } from '../domain/errors.ts'
import { awsError, type During, nameOf, statusOf } from '../domain/aws-errors.ts'

/** Ends a copy as `stopped`; nothing was written. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
  /** The write's own condition did not hold: somebody wrote at the key since the look, perhaps an attempt of our own. */
  readonly raced: boolean

  constructor(why: string, { raced = false }: { readonly raced?: boolean } = {}) {
    super(why)
    this.raced = raced
  }
}

/** The error to throw for what a read or a conditional write threw: `Stopped`, or a `LandfallError`. */
export function copyError(error: unknown, during: During): Error {
  if (error instanceof Stopped) return error
  const name = nameOf(error)
  const status = statusOf(error)
  if (status === 412) return new Stopped('the key was written since it was looked at', { raced: true })
  if (status === 409 && (name === 'ConditionalRequestConflict' || name === 'OperationAborted')) {
    return new Stopped('the key is being written just now', { raced: true })
  }
  // If-Match answers so where nothing, or a marker, is current; a copy's source, where it was deleted.
  // An upload that is gone was completed by an attempt whose answer was lost, or aborted by somebody.
  if (name === 'NoSuchUpload') return new Stopped('its upload is gone', { raced: true })
  if (name === 'BadDigest') {
    return new LandfallError('COPY_DIFFERS', `what was read for ${during.resource} is not what its checksum says`, {
      cause: error,
    })
  }
  if (name === 'NoSuchKey' || name === 'NoSuchVersion') {
    return new Stopped('it was deleted since it was looked at', { raced: true })
  }
  if (name === 'InvalidObjectState') return new Stopped('it is archived, and would have to be restored first')
  if (name === 'MetadataTooLarge') return new Stopped('its metadata leaves no room for the mark of a copy')
  if (name === 'InvalidRequest' && /object ?lock/i.test((error as Error).message)) {
    return new Stopped('it is locked, and the bucket that it goes to has no Object Lock')
  }
  return awsError(error, during)
}

export async function copying<T>(during: During, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw copyError(error, during)
  }
}
