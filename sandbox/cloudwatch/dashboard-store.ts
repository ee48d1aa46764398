export interface Dashboard {
  readonly account: string
  readonly name: string
  readonly body: string
  readonly modifiedAt: number
}

export interface DashboardStore {
  put(dashboard: Dashboard): void
  find(account: string, name: string): Dashboard | undefined
  list(account: string): Dashboard[]
  remove(dashboard: Dashboard): void
}

/** Dashboards belong to an account, not to a region. */
export function makeDashboardStore(): DashboardStore {
  const dashboards = new Map<string, Dashboard>()
  const key = (account: string, name: string): string => `${account}/${name}`
  return {
    put: (dashboard) => void dashboards.set(key(dashboard.account, dashboard.name), dashboard),
    find: (account, name) => dashboards.get(key(account, name)),
    list: (account) =>
      [...dashboards.values()]
        .filter((dashboard) => dashboard.account === account)
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    remove: ({ account, name }) => void dashboards.delete(key(account, name)),
  }
}
