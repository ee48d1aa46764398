/** A disk without room, told apart from whatever else a file may fail of. */
import { LandfallError } from './errors.ts'

/** As errno(3) has them: the disk is full, or the user's share of it is. */
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])
/** PostgreSQL's SQLSTATE disk_full. */
export const SQLSTATE_DISK_FULL = '53100'
const SAID = /No space left on device|Disk quota exceeded/

/** DISK_FULL in place of an error that means it; any other as it is. */
export function diskFault(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !FULL.has(error.code)) return error
  return new LandfallError('DISK_FULL', `no space left for ${path}`, { cause: error })
}

/** Whether a tool that runs in the C locale says so. */
export function saysDiskFull(said: string): boolean {
  return SAID.test(said)
}

/** Says nothing about the dump: a drill that ends so has no report. */
export function scratchFull(said: string): LandfallError {
  return new LandfallError('DISK_FULL', `the disk of the scratch server is full: ${said}`, {
    hint: 'It says nothing about the dump. Make room where TMPDIR is, for a private server, or on the disk of the server that `dumps[].drill.postgres` names; then drill again.',
  })
}
