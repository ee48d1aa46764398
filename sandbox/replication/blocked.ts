import type { Faults, S3ForOthers } from '../types.ts'

/** Whether nothing can go from one bucket to the other now: paused, or one of the two regions does not answer. */
export function isBlocked(from: { source: string; destination: string }, s3: S3ForOthers, faults: Faults): boolean {
  if (faults.replication?.paused === true) return true
  const down = faults.regionsDown
  if (down === undefined || down.length === 0) return false
  const isDown = (bucket: string): boolean => {
    const region = s3.bucket(bucket)?.region
    return region !== undefined && down.includes(region)
  }
  return isDown(from.source) || isDown(from.destination)
}
