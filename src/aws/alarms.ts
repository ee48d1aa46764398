/**
 * Alarms in the account: read by prefix, put one by one, removed in batches.
 *
 * Source: Amazon CloudWatch API reference, DescribeAlarms, PutMetricAlarm, PutCompositeAlarm, DeleteAlarms, TagResource.
 */
import {
  type CloudWatchClient,
  DeleteAlarmsCommand,
  ListTagsForResourceCommand,
  paginateDescribeAlarms,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cloudwatch'
import type { Estate } from '../config/estate.ts'
import type { Alarm } from '../domain/alarms/definition.ts'
import type { Found, Plan, Wanted } from '../domain/as-code.ts'
import { compositeFields, compositeInput, metricFields, metricInput } from './alarm-wire.ts'
import type { Aws } from './clients.ts'
import { patiently, type Patience } from './patiently.ts'

export interface WantedAlarm extends Wanted {
  readonly alarm: Alarm
}

export interface FoundAlarm extends Found {
  readonly state: string
  readonly reason: string
}

/** DeleteAlarms takes a hundred, of which one may be composite. */
const BATCH = 100
const PAGE = 100

export function wantedAlarm(alarm: Alarm, namespace: string): WantedAlarm {
  const fields =
    alarm.kind === 'metric' ? metricFields(metricInput(alarm, namespace)) : compositeFields(compositeInput(alarm))
  return { name: alarm.name, kind: alarm.kind, fields, alarm }
}

export type AlarmsInAws = ReturnType<typeof makeAlarms>

/** All in the metrics' region, by the service's own credentials. Throws `LandfallError`. */
export function makeAlarms(needs: { readonly estate: Estate; readonly aws: Pick<Aws, 'cloudWatch'> } & Patience) {
  const { region, namespace } = needs.estate.service.metrics
  const { prefix } = needs.estate.service.alarms
  const client: CloudWatchClient = needs.aws.cloudWatch({ region })
  const call = <T>(action: string, resource: string, work: () => Promise<T>): Promise<T> =>
    patiently({ action: `cloudwatch:${action}`, resource, region }, work, needs)

  /** Everything that carries the prefix. Tags are asked for one after the other: there is no call for many. */
  async function read(): Promise<readonly FoundAlarm[]> {
    const found: FoundAlarm[] = []
    for (const one of await list()) {
      const { Tags = [] } = await call('ListTagsForResource', one.name, () =>
        client.send(new ListTagsForResourceCommand({ ResourceARN: one.arn })),
      )
      found.push({ ...one, tags: new Map(Tags.map(({ Key, Value }) => [Key ?? '', Value ?? ''])) })
    }
    return found
  }

  /** Without tags; what the states are needs no more. */
  async function list(): Promise<readonly FoundAlarm[]> {
    return call('DescribeAlarms', `alarms ${prefix}*`, async () => {
      const found: FoundAlarm[] = []
      const input = { AlarmNamePrefix: prefix, AlarmTypes: ['MetricAlarm' as const, 'CompositeAlarm' as const] }
      for await (const page of paginateDescribeAlarms({ client, pageSize: PAGE }, input)) {
        for (const alarm of page.MetricAlarms ?? [])
          found.push({ ...said(alarm), kind: 'metric', fields: metricFields(alarm) })
        for (const alarm of page.CompositeAlarms ?? [])
          found.push({ ...said(alarm), kind: 'composite', fields: compositeFields(alarm) })
      }
      return found
    })
  }

  /** A new alarm takes its tags along: CloudWatch ignores those of one that is there. */
  async function put({ alarm }: WantedAlarm, tags: ReadonlyMap<string, string> | undefined): Promise<void> {
    const Tags = tags === undefined ? {} : { Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) }
    if (alarm.kind === 'metric') {
      const command = new PutMetricAlarmCommand({ ...metricInput(alarm, namespace), ...Tags })
      await call('PutMetricAlarm', alarm.name, () => client.send(command))
    } else {
      const command = new PutCompositeAlarmCommand({ ...compositeInput(alarm), ...Tags })
      await call('PutCompositeAlarm', alarm.name, () => client.send(command))
    }
  }

  async function remove(all: readonly Found[]): Promise<void> {
    // A composite that others look at goes after them; the one on top has the shortest of its family's names.
    const composites = all.filter(({ kind }) => kind === 'composite').toSorted((a, b) => a.name.length - b.name.length)
    const metrics = all.filter(({ kind }) => kind !== 'composite').map(({ name }) => name)
    const batches = composites.map(({ name }) => [name])
    for (let from = 0; from < metrics.length; from += BATCH) batches.push(metrics.slice(from, from + BATCH))
    for (const AlarmNames of batches) {
      await call('DeleteAlarms', AlarmNames[0]!, () => client.send(new DeleteAlarmsCommand({ AlarmNames })))
    }
  }

  return {
    read,
    list,
    /** In the plan's order: children before the composites that look at them, removals last. */
    async apply(
      plan: Plan<WantedAlarm>,
      tags: ReadonlyMap<string, string>,
      told: (name: string) => void = () => {},
    ): Promise<void> {
      const order = [
        ...plan.create.map((wanted) => ({ wanted, change: undefined })),
        ...plan.change.map((change) => ({ wanted: change.wanted, change })),
      ]
      for (const { wanted, change } of order.toSorted(
        (a, b) => Number(a.wanted.kind === 'composite') - Number(b.wanted.kind === 'composite'),
      )) {
        told(wanted.name)
        if (change === undefined || change.differences.length > 0)
          await put(wanted, change === undefined ? tags : undefined)
        if (change !== undefined && change.tags.size > 0) {
          const Tags = [...change.tags].map(([Key, Value]) => ({ Key, Value }))
          const command = new TagResourceCommand({ ResourceARN: change.found.arn, Tags })
          await call('TagResource', wanted.name, () => client.send(command))
        }
      }
      await remove(plan.remove)
    },
  }
}

function said(alarm: {
  readonly AlarmName?: string | undefined
  readonly AlarmArn?: string | undefined
  readonly StateValue?: string | undefined
  readonly StateReason?: string | undefined
}): Pick<FoundAlarm, 'name' | 'arn' | 'state' | 'reason' | 'tags'> {
  return {
    name: alarm.AlarmName ?? '',
    arn: alarm.AlarmArn ?? '',
    state: alarm.StateValue ?? 'INSUFFICIENT_DATA',
    reason: alarm.StateReason ?? '',
    tags: new Map(),
  }
}
