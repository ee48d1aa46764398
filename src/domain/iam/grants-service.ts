/** Queues, and what is told to the world: metrics, alarms, dashboards, snapshots. */
import { READERS, pairs, when, HOME, alarmsAt, dashboardsAt, everywhere, folderOf, type Grant } from './grant.ts'
import { bucketAt, deadLettersAt, objectsAt, queueAt, sides } from './places.ts'

export const SERVICE_GRANTS: readonly Grant[] = [
  // Queues
  {
    actions: ['sqs:GetQueueUrl', 'sqs:GetQueueAttributes'],
    by: READERS,
    on: 'intake queues and their dead-letter queues',
    when: '',
    why: 'finds them, and how deep they stand',
    at: (estate) => estate.queues.flatMap((queue) => [queueAt(estate, queue), deadLettersAt(estate, queue)]),
  },
  {
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
    by: ['service'],
    on: 'intake queues',
    when: '',
    why: 'books what they bring; gives back what it cannot book',
    at: (estate) => estate.queues.map((queue) => queueAt(estate, queue)),
  },
  {
    actions: [
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:StartMessageMoveTask',
      'sqs:ListMessageMoveTasks',
      'sqs:CancelMessageMoveTask',
    ],
    by: ['operator'],
    on: 'dead-letter queues',
    when: '',
    why: '`dead-letters`: look, send back, export, purge',
    at: (estate) => estate.queues.map((queue) => deadLettersAt(estate, queue)),
  },
  {
    actions: ['sqs:SendMessage'],
    by: ['operator'],
    on: 'intake queues',
    when: '',
    why: '`dead-letters redrive` sends back',
    at: (estate) => estate.queues.map((queue) => queueAt(estate, queue)),
  },

  // Told to the world
  {
    actions: ['cloudwatch:PutMetricData'],
    by: ['service'],
    on: 'the namespace `metrics.namespace`',
    when: '`metrics.enabled`',
    why: 'publishes metrics',
    at: ({ service: { metrics } }) =>
      when(metrics.enabled, [everywhere(HOME, { StringEquals: { 'cloudwatch:namespace': metrics.namespace } })]),
  },
  {
    actions: ['cloudwatch:GetMetricData'],
    by: ['service'],
    on: "all, in the source's account (CloudWatch knows no narrower resource)",
    when: 'pairs with `alarms.requestsFilter`',
    why: "S3's own count of writes, beside ours",
    at: pairs(({ source, alarms }, { service: { metrics } }) =>
      when(metrics.enabled && alarms.requestsFilter !== undefined, [everywhere(source.account)]),
    ),
  },
  {
    actions: ['cloudwatch:DescribeAlarms'],
    by: [...READERS, 'doctor'],
    on: 'all (composite alarms are told to nobody with less)',
    when: '`metrics.enabled` (the service)',
    why: 'the page, `alarms`, `doctor`',
    at: ({ service: { metrics } }, by) => when(metrics.enabled || by !== 'service', [everywhere(HOME)]),
  },
  {
    actions: ['cloudwatch:DescribeAlarms'],
    by: ['operator'],
    on: "all, in each pair's accounts",
    when: '',
    why: "`alarms lint` reads alarms on S3's own metrics",
    at: pairs((pair) => sides(pair).map(({ account }) => everywhere(account))),
  },
  {
    actions: ['cloudwatch:PutCompositeAlarm', 'cloudwatch:ListDashboards'],
    by: ['operator'],
    on: 'all (CloudWatch knows no narrower resource)',
    when: '',
    why: '`alarms apply`, `dashboards apply`',
    at: () => [everywhere(HOME)],
  },
  {
    actions: ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
    by: ['operator'],
    on: 'alarms with `alarms.prefix`',
    when: '',
    why: '`alarms apply`, `alarms destroy`',
    at: alarmsAt,
  },
  {
    actions: ['cloudwatch:GetDashboard', 'cloudwatch:PutDashboard', 'cloudwatch:DeleteDashboards'],
    by: ['operator'],
    on: 'dashboards with `alarms.prefix`',
    when: '',
    why: '`dashboards apply`, `dashboards destroy`',
    at: dashboardsAt,
  },
  {
    actions: ['cloudwatch:ListTagsForResource', 'cloudwatch:TagResource'],
    by: ['operator'],
    on: 'alarms and dashboards with `alarms.prefix`',
    when: '',
    why: 'a tag says whose they are',
    at: (estate) => [...alarmsAt(estate), ...dashboardsAt(estate)],
  },
  {
    actions: ['s3:PutObject'],
    by: ['service'],
    on: 'the folder of `service.snapshot`',
    when: '`service.snapshot`',
    why: 'writes the open list',
    at: ({ name, service: { snapshot } }) =>
      snapshot === undefined ? [] : [objectsAt(snapshot, `${folderOf(snapshot.prefix)}${name}/`)],
  },
  {
    actions: ['s3:GetObject'],
    by: [...READERS, 'doctor'],
    on: 'the folder of `service.snapshot`',
    when: '`service.snapshot`',
    why: 'whose list it is; `status --from-snapshot`',
    at: ({ name, service: { snapshot } }) =>
      snapshot === undefined ? [] : [objectsAt(snapshot, `${folderOf(snapshot.prefix)}${name}/`)],
  },
  {
    actions: ['s3:ListBucket'],
    by: READERS,
    on: 'the bucket of `service.snapshot`',
    when: '`service.snapshot`',
    why: 'without it S3 answers 403 for a list that is missing',
    at: ({ service: { snapshot } }) => (snapshot === undefined ? [] : [bucketAt(snapshot)]),
  },
]
