/**
 * Dashboards in the account, by prefix. They belong to the account and not to a region.
 *
 * Source: Amazon CloudWatch API reference, ListDashboards, GetDashboard, PutDashboard, DeleteDashboards.
 */
import {
  DeleteDashboardsCommand,
  GetDashboardCommand,
  ListTagsForResourceCommand,
  paginateListDashboards,
  PutDashboardCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cloudwatch'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import type { Estate } from '../config/estate.ts'
import { attempt } from '../domain/aws-errors.ts'
import type { Found, Plan, Wanted } from '../domain/as-code.ts'
import type { Dashboard, Home } from '../domain/dashboards/dashboards.ts'
import { LandfallError } from '../domain/errors.ts'
import type { Aws } from './clients.ts'
import { patiently, type Patience } from './patiently.ts'

export interface WantedDashboard extends Wanted {
  readonly dashboard: Dashboard
}

const BATCH = 100
const KIND = 'dashboard'

export function wantedDashboard(dashboard: Dashboard): WantedDashboard {
  return { name: dashboard.name, kind: KIND, fields: { ...dashboard.body }, dashboard }
}

/** The account whose alarms the dashboards show: the one of the service's own credentials. */
export async function homeOf(aws: Pick<Aws, 'sts'>, region: string): Promise<Home> {
  const { Account, Arn } = await attempt({ action: 'sts:GetCallerIdentity', resource: 'own credentials', region }, () =>
    aws.sts({ region }).send(new GetCallerIdentityCommand()),
  )
  return { account: Account ?? '', partition: Arn?.split(':')[1] ?? 'aws' }
}

export function makeDashboards(needs: { readonly estate: Estate; readonly aws: Pick<Aws, 'cloudWatch'> } & Patience) {
  const { region } = needs.estate.service.metrics
  const { prefix } = needs.estate.service.alarms
  const client = needs.aws.cloudWatch({ region })
  const call = <T>(action: string, resource: string, work: () => Promise<T>): Promise<T> =>
    patiently({ action: `cloudwatch:${action}`, resource, region }, work, needs)

  return {
    async read(): Promise<readonly Found[]> {
      const entries = await call('ListDashboards', `dashboards ${prefix}*`, async () => {
        const all = []
        for await (const page of paginateListDashboards({ client }, { DashboardNamePrefix: prefix }))
          all.push(...(page.DashboardEntries ?? []))
        return all
      })
      const found: Found[] = []
      for (const { DashboardName: name = '', DashboardArn: arn = '' } of entries) {
        const got = await call('GetDashboard', name, () =>
          client.send(new GetDashboardCommand({ DashboardName: name })),
        )
        const { Tags = [] } = await call('ListTagsForResource', name, () =>
          client.send(new ListTagsForResourceCommand({ ResourceARN: arn })),
        )
        const tags = new Map(Tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']))
        found.push({ name, kind: KIND, arn, tags, fields: parsed(got.DashboardBody) })
      }
      return found
    },

    async apply(plan: Plan<WantedDashboard>, tags: ReadonlyMap<string, string>): Promise<void> {
      const listed = (some: ReadonlyMap<string, string>) => [...some].map(([Key, Value]) => ({ Key, Value }))
      for (const { dashboard } of plan.create) await put(dashboard, listed(tags))
      for (const { wanted, found, differences, tags: missing } of plan.change) {
        if (differences.length > 0) await put(wanted.dashboard, undefined)
        if (missing.size === 0) continue
        const command = new TagResourceCommand({ ResourceARN: found.arn, Tags: listed(missing) })
        await call('TagResource', wanted.name, () => client.send(command))
      }
      for (let from = 0; from < plan.remove.length; from += BATCH) {
        const DashboardNames = plan.remove.slice(from, from + BATCH).map(({ name }) => name)
        await call('DeleteDashboards', DashboardNames[0]!, () =>
          client.send(new DeleteDashboardsCommand({ DashboardNames })),
        )
      }
    },
  }

  /** CloudWatch takes a body with faults in part, and says so: that is a bug of ours. */
  async function put({ name, body }: Dashboard, Tags: { Key: string; Value: string }[] | undefined): Promise<void> {
    const { DashboardValidationMessages: said = [] } = await call('PutDashboard', name, () =>
      client.send(
        new PutDashboardCommand({
          DashboardName: name,
          DashboardBody: JSON.stringify(body),
          ...(Tags === undefined ? {} : { Tags }),
        }),
      ),
    )
    if (said.length === 0) return
    const messages = said.map(({ DataPath, Message }) => `${DataPath}: ${Message}`)
    throw new LandfallError('INTERNAL', `CloudWatch finds fault with the dashboard ${name}: ${messages.join('; ')}`)
  }
}

/** What is no JSON differs from whatever is wanted. */
function parsed(body: string | undefined): Record<string, unknown> {
  try {
    return JSON.parse(body ?? '{}') as Record<string, unknown>
  } catch {
    return { body }
  }
}
