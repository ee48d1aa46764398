/** What replication has done, per source bucket: for `GET /_sandbox/replication`. */
export interface ReplicationCounts {
  /** Now. Of these, `blocked` wait for a pause to be lifted or a region to come back. Counted per destination. */
  readonly pending: number
  readonly blocked: number
  /** Since the start, per destination. */
  readonly completed: number
  readonly failed: Readonly<Record<string, number>>
}

interface Tally {
  pending: number
  blocked: number
  completed: number
  failed: Record<string, number>
}

export interface Counter {
  of(bucket: string): Tally
  rows(): Readonly<Record<string, ReplicationCounts>>
}

export function makeCounter(): Counter {
  const tallies = new Map<string, Tally>()
  return {
    of(bucket) {
      let tally = tallies.get(bucket)
      if (tally === undefined) {
        tally = { pending: 0, blocked: 0, completed: 0, failed: {} }
        tallies.set(bucket, tally)
      }
      return tally
    },
    rows: () => structuredClone(Object.fromEntries([...tallies].sort(([a], [b]) => (a < b ? -1 : 1)))),
  }
}
