/** Whether a caller may (Service authorization reference, "Amazon CloudWatch"). */
import { type Input, optionalText } from '../http/input.ts'
import { checkCall } from '../iam/check.ts'
import { fixedKeys } from '../iam/context.ts'
import type { Call, WorldCore } from '../types.ts'

const ALARM_NAMES = new Set(['DeleteAlarms', 'DescribeAlarms'])

/** @throws ServiceError `AccessDenied` */
export function checkAccess(action: string, input: Input, call: Call, { iam }: WorldCore): void {
  const { account: owner } = call
  if (!iam.guard.concerns(call.who, owner)) return
  const keys = fixedKeys({ 'cloudwatch:namespace': optionalText(input, 'Namespace') })
  for (const resource of resourcesOf(action, input, call)) {
    checkCall(iam, call, { action: `cloudwatch:${action}`, resource, owner, keys })
  }
}

function resourcesOf(action: string, input: Input, { account, region }: Call): readonly string[] {
  const alarm = (name: string): string => `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`
  const dashboard = (name: string): string => `arn:aws:cloudwatch::${account}:dashboard/${name}`
  const named = [input['AlarmNames'], input['DashboardNames']].find((each) => Array.isArray(each)) as
    | unknown[]
    | undefined
  if (ALARM_NAMES.has(action)) return named === undefined ? [alarm('*')] : named.map((name) => alarm(String(name)))
  if (action === 'DeleteDashboards') return (named ?? []).map((name) => dashboard(String(name)))
  const tagged = optionalText(input, 'ResourceARN')
  if (tagged !== undefined) return [tagged]
  const [alarmName, dashboardName] = [optionalText(input, 'AlarmName'), optionalText(input, 'DashboardName')]
  if (alarmName !== undefined) return [alarm(alarmName)]
  return [dashboardName === undefined ? '*' : dashboard(dashboardName)]
}
