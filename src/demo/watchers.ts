/** The demo's alarms and dashboards, in the sandbox's CloudWatch. */
import { makeAlarms, wantedAlarm } from '../aws/alarms.ts'
import type { Aws } from '../aws/clients.ts'
import { homeOf, makeDashboards, wantedDashboard } from '../aws/dashboards.ts'
import type { Estate } from '../config/estate.ts'
import { alarmsOf } from '../domain/alarms/alarms.ts'
import { ownTags, planOf } from '../domain/as-code.ts'
import { dashboardsOf } from '../domain/dashboards/dashboards.ts'

export interface Watchers {
  readonly alarms: number
  readonly dashboards: number
  /** Names of the alarms that are on now. */
  on(): Promise<readonly string[]>
}

export async function applyWatchers(estate: Estate, aws: Aws): Promise<Watchers> {
  const tags = ownTags(estate.name, estate.service.alarms.tags)
  const { namespace, region } = estate.service.metrics
  const alarms = makeAlarms({ estate, aws })
  const wanted = alarmsOf(estate).map((alarm) => wantedAlarm(alarm, namespace))
  await alarms.apply(planOf(wanted, await alarms.read(), tags), tags)
  const dashboards = makeDashboards({ estate, aws })
  const boards = dashboardsOf(estate, await homeOf(aws, region)).map(wantedDashboard)
  await dashboards.apply(planOf(boards, await dashboards.read(), tags), tags)
  return {
    alarms: wanted.length,
    dashboards: boards.length,
    on: async () => (await alarms.list()).filter(({ state }) => state === 'ALARM').map(({ name }) => name),
  }
}
