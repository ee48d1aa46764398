/** What became of a bucket's notifications: for `GET /_sandbox/replication`. */
export interface NotificationCounts {
  /** Handed to a queue or topic, doubles included. */
  readonly sent: number
  /** Lost by a fault on order. */
  readonly dropped: number
  /** Sent a second time by a fault on order. */
  readonly duplicated: number
  /** Their queue or topic is gone. */
  readonly undeliverable: number
  /** Now: held back by a fault on order. */
  readonly delayed: number
}

export type NotificationTally = { -readonly [Name in keyof NotificationCounts]: number }

export interface NotificationCounter {
  of(bucket: string): NotificationTally
  rows(): Readonly<Record<string, NotificationCounts>>
}

export function makeNotificationCounter(): NotificationCounter {
  const tallies = new Map<string, NotificationTally>()
  return {
    of(bucket) {
      let tally = tallies.get(bucket)
      if (tally === undefined) {
        tally = { sent: 0, dropped: 0, duplicated: 0, undeliverable: 0, delayed: 0 }
        tallies.set(bucket, tally)
      }
      return tally
    },
    rows: () => structuredClone(Object.fromEntries([...tallies].sort(([a], [b]) => (a < b ? -1 : 1)))),
  }
}
