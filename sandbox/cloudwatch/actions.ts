import { deleteDashboards, getDashboard, listDashboards, putDashboard } from './actions/dashboards.ts'
import { deleteAlarms } from './actions/delete-alarms.ts'
import { describeAlarms } from './actions/describe-alarms.ts'
import { getMetricData } from './actions/get-metric-data.ts'
import { getMetricStatistics } from './actions/get-metric-statistics.ts'
import { listMetrics } from './actions/list-metrics.ts'
import { putCompositeAlarm } from './actions/put-composite-alarm.ts'
import { putMetricAlarm } from './actions/put-metric-alarm.ts'
import { putMetricData } from './actions/put-metric-data.ts'
import { setAlarmState } from './actions/set-alarm-state.ts'
import { listTagsForResource, tagResource, untagResource } from './actions/tags.ts'
import type { CloudWatchAction } from './request.ts'

export const ACTIONS: Readonly<Record<string, CloudWatchAction>> = {
  DeleteAlarms: deleteAlarms,
  DeleteDashboards: deleteDashboards,
  DescribeAlarms: describeAlarms,
  GetDashboard: getDashboard,
  GetMetricData: getMetricData,
  GetMetricStatistics: getMetricStatistics,
  ListDashboards: listDashboards,
  ListMetrics: listMetrics,
  ListTagsForResource: listTagsForResource,
  PutCompositeAlarm: putCompositeAlarm,
  PutDashboard: putDashboard,
  PutMetricAlarm: putMetricAlarm,
  PutMetricData: putMetricData,
  SetAlarmState: setAlarmState,
  TagResource: tagResource,
  UntagResource: untagResource,
}
