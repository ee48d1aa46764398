/** A disk of a few MiB, which a test may fill: a tmpfs, where root may mount one. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  readonly folder: string
  /** What is there stays. */
  resize(mib: number): void
  remove(): void
}

export function makeSmallDisk(mib: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'lf-disk-'))
  const mount = (options: string): void =>
    void execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' })
  try {
    mount(`size=${mib}m`)
  } catch (error) {
    rmSync(folder, { recursive: true })
    throw error
  }
  // A private server's user must get through.
  chmodSync(folder, 0o755)
  return {
    folder,
    resize: (to) => mount(`remount,size=${to}m`),
    remove() {
      // Lazily: a test that failed may have left a file open.
      execFileSync('umount', ['-l', folder])
      rmSync(folder, { recursive: true })
    },
  }
}

/** Whether there can be one; asked once. */
export const hasSmallDisk = ((): boolean => {
  try {
    makeSmallDisk(1).remove()
    return true
  } catch {
    console.warn('SKIPPED: the tests with a full disk: no tmpfs can be mounted here')
    return false
  }
})()
