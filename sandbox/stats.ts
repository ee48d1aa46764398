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
  return {
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
