export interface StatRow {
  readonly service: string
  readonly action: string
  readonly region: string
  /** `2xx` ... `5xx`, or `reset` where the connection was cut. */
  readonly status: string
  readonly count: number
}

/** Counts requests by service, action, region and class of status: the benchmarks' cost figures come from here. */
export interface Stats {
  count(service: string, action: string, region: string, status: number | 'reset'): void
  /** Marks a request as being served; the function that it gives marks its end. */
  begin(service: string, action: string): () => void
  /** How many are being served right now: a test sees by it that a long poll has begun to wait. */
  serving(service: string, action: string): number
  rows(): StatRow[]
  /** `{s3: {HeadObject: 12}}`, whatever the region and the status. */
  totals(): Record<string, Record<string, number>>
  reset(): void
}

export function makeStats(): Stats {
  const counts = new Map<string, number>()
  const rows = (): StatRow[] =>
    [...counts]
      .map(([key, count]) => {
        const [service = '', action = '', region = '', status = ''] = key.split(' ')
        return { service, action, region, status, count }
      })
      .sort((a, b) => (a.service + a.action < b.service + b.action ? -1 : 1))
  const open = new Map<string, number>()
  const shift = (key: string, by: number): void => void open.set(key, (open.get(key) ?? 0) + by)
  return {
    begin(service, action) {
      const key = `${service} ${action}`
      shift(key, 1)
      return () => shift(key, -1)
    },
    serving: (service, action) => open.get(`${service} ${action}`) ?? 0,
    count(service, action, region, status) {
      const key = `${service} ${action} ${region} ${status === 'reset' ? status : `${Math.floor(status / 100)}xx`}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    },
    rows,
    totals() {
      const totals: Record<string, Record<string, number>> = {}
      for (const { service, action, count } of rows()) {
        const actions = (totals[service] ??= {})
        actions[action] = (actions[action] ?? 0) + count
      }
      return totals
    },
    reset: () => counts.clear(),
  }
}
