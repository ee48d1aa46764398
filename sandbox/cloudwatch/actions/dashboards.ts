import { ServiceError } from '../../http/errors.ts'
import { optionalText, requiredText, texts } from '../../http/input.ts'
import { checkDashboard } from '../dashboard-check.ts'
import type { Dashboard } from '../dashboard-store.ts'
import { type CloudWatchAction, type CloudWatchRequest, paginate } from '../request.ts'
import { readTags } from '../tag-store.ts'

const PAGE = 100

/** Tags count only for a dashboard that is new. */
export const putDashboard: CloudWatchAction = ({ input, call, core, dashboards, tags }) => {
  const name = requiredText(input, 'DashboardName')
  if (!/^[\w-]{1,255}$/.test(name)) throw invalidDashboard('The name may hold letters, digits, - and _, at most 255.')
  const body = requiredText(input, 'DashboardBody')
  checkBody(body)
  if (dashboards.find(call.account, name) === undefined) tags.add(arnOf(call.account, name), readTags(input))
  dashboards.put({ account: call.account, name, body, modifiedAt: core.clock.now() })
  return { DashboardValidationMessages: [] }
}

export const getDashboard: CloudWatchAction = (request) => {
  const { account, name, body } = theDashboard(request, requiredText(request.input, 'DashboardName'))
  return { DashboardArn: arnOf(account, name), DashboardBody: body, DashboardName: name }
}

export const listDashboards: CloudWatchAction = ({ input, call, dashboards }) => {
  const prefix = optionalText(input, 'DashboardNamePrefix') ?? ''
  const found = dashboards.list(call.account).filter(({ name }) => name.startsWith(prefix))
  const { page, ...next } = paginate(input, found, PAGE)
  const entries = page.map(({ account, name, body, modifiedAt }) => ({
    DashboardName: name,
    DashboardArn: arnOf(account, name),
    LastModified: new Date(modifiedAt),
    Size: Buffer.byteLength(body),
  }))
  return { DashboardEntries: entries, ...next }
}

/** All or none. */
export const deleteDashboards: CloudWatchAction = (request) => {
  const found = texts(request.input, 'DashboardNames').map((name) => theDashboard(request, name))
  for (const dashboard of found) {
    request.dashboards.remove(dashboard)
    request.tags.forget(arnOf(dashboard.account, dashboard.name))
  }
}

function theDashboard({ call, dashboards }: CloudWatchRequest, name: string): Dashboard {
  const dashboard = dashboards.find(call.account, name)
  if (dashboard === undefined) throw new ServiceError('ResourceNotFound', `Dashboard ${name} does not exist`, 404)
  return dashboard
}

function checkBody(body: string): void {
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    throw invalidDashboard('The dashboard body is no JSON document.')
  }
  const [fault] = checkDashboard(document)
  if (fault !== undefined) throw invalidDashboard(`The dashboard body is invalid: ${fault.DataPath} ${fault.Message}`)
}

function invalidDashboard(message: string): ServiceError {
  return new ServiceError('InvalidParameterInput', message)
}

function arnOf(account: string, name: string): string {
  return `arn:aws:cloudwatch::${account}:dashboard/${name}`
}
