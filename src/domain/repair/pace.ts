/** How fast Landfall writes by itself: versions and bytes a second, spread evenly, without bursts. */

export interface Rate {
  readonly versionsPerSecond: number
  readonly bytesPerSecond: number
}

/**
 * When a write of so many bytes may begin, and when the next one after it: a large object is paid for by those that
 * follow. `freeAt` is 0 at first, and then what the last call gave. All in ms.
 */
export function pace(freeAt: number, now: number, bytes: number, rate: Rate): { beginAt: number; freeAt: number } {
  const beginAt = Math.max(freeAt, now)
  const takesMs = 1000 * Math.max(1 / rate.versionsPerSecond, bytes / rate.bytesPerSecond)
  return { beginAt, freeAt: beginAt + takesMs }
}
