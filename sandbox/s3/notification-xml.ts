import type { NotificationConfiguration, NotificationTarget } from './documents.ts'
import { S3Error } from './errors.ts'
import { document, xml, type XmlValue } from './xml.ts'
import { child, children, textOf, type XmlElement } from './xml-read.ts'

/** Each kind of target: the element around it, and the element that has its ARN. */
const KINDS = [
  ['queue', 'QueueConfiguration', 'Queue'],
  ['topic', 'TopicConfiguration', 'Topic'],
  ['function', 'CloudFunctionConfiguration', 'CloudFunction'],
] as const

/**
 * `<NotificationConfiguration>` as plain data (API reference, "PutBucketNotificationConfiguration").
 * @param newId names the configurations that have no id
 * @throws S3Error `MalformedXML`, `InvalidArgument`
 */
export function readNotification(root: XmlElement, newId: () => string): NotificationConfiguration {
  return {
    targets: KINDS.flatMap(([kind, around, arn]) =>
      children(root, around).map((element) => readTarget(element, kind, arn, newId)),
    ),
    eventBridge: child(root, 'EventBridgeConfiguration') !== undefined,
  }
}

function readTarget(
  element: XmlElement,
  kind: NotificationTarget['kind'],
  arnName: string,
  newId: () => string,
): NotificationTarget {
  const arn = textOf(element, arnName)
  const events = children(element, 'Event').map(String)
  if (arn === undefined || events.length === 0) throw new S3Error('MalformedXML')
  const filter = { prefix: '', suffix: '' }
  for (const rule of children(child(child(element, 'Filter'), 'S3Key'), 'FilterRule')) {
    const name = textOf(rule, 'Name')?.toLowerCase()
    if (name !== 'prefix' && name !== 'suffix') {
      throw new S3Error('InvalidArgument', { message: 'filter rule name must be either prefix or suffix' })
    }
    filter[name] = textOf(rule, 'Value') ?? ''
  }
  return { id: textOf(element, 'Id') || newId(), kind, arn, events, ...filter }
}

export function notificationXml(config: NotificationConfiguration | undefined): string {
  const inside = KINDS.map(([kind, around, arn]) =>
    xml(
      around,
      (config?.targets ?? []).filter((target) => target.kind === kind).map((target) => targetXml(target, arn)),
    ),
  )
  const bridge = config?.eventBridge === true ? xml('EventBridgeConfiguration', '') : ''
  return document('NotificationConfiguration', inside.join('') + bridge)
}

function targetXml({ id, arn, events, prefix, suffix }: NotificationTarget, arnName: string): XmlValue {
  const rules = [
    ...(prefix === '' ? [] : [{ Name: 'Prefix', Value: prefix }]),
    ...(suffix === '' ? [] : [{ Name: 'Suffix', Value: suffix }]),
  ]
  return {
    Id: id,
    [arnName]: arn,
    Event: events,
    Filter: rules.length === 0 ? undefined : { S3Key: { FilterRule: rules } },
  }
}
