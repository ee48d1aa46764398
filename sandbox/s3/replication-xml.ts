import type { ReplicationConfiguration, ReplicationRule } from './documents.ts'
import { S3Error } from './errors.ts'
import { tagPairs } from './tags.ts'
import { document, xml, type XmlValue } from './xml.ts'
import { child, children, textOf, type XmlElement } from './xml-read.ts'

const RULES_MOST = 1000

/**
 * `<ReplicationConfiguration>` as plain data (API reference, "PutBucketReplication").
 * @param newId names the rules that have no id
 * @throws S3Error `MalformedXML`, `InvalidRequest`, `InvalidArgument`
 */
export function readReplication(root: XmlElement, newId: () => string): ReplicationConfiguration {
  const role = textOf(root, 'Role')
  const elements = children(root, 'Rule')
  if (role === undefined || elements.length === 0) throw new S3Error('MalformedXML')
  if (elements.length > RULES_MOST) {
    throw new S3Error('InvalidRequest', { message: `The number of replication rules must not exceed ${RULES_MOST}` })
  }
  const rules = elements.map((element) => readRule(element, newId))
  checkRules(rules)
  return { role, rules }
}

function readRule(rule: XmlElement, newId: () => string): ReplicationRule {
  const filter = child(rule, 'Filter')
  const schema = filter === undefined ? 'V1' : 'V2'
  const status = textOf(rule, 'Status')
  const destination = child(rule, 'Destination')
  const bucket = textOf(destination, 'Bucket')
  if ((status !== 'Enabled' && status !== 'Disabled') || destination === undefined || bucket === undefined) {
    throw new S3Error('MalformedXML')
  }
  if (!bucket.startsWith('arn:aws:s3:::')) {
    throw new S3Error('InvalidArgument', { message: 'Invalid bucket ARN.' })
  }
  const markers = child(rule, 'DeleteMarkerReplication')
  const priority = textOf(rule, 'Priority')
  checkSchema(schema, { markers, priority, destination })
  const and = child(filter, 'And')
  const conditions = and ?? filter
  const criteria = child(rule, 'SourceSelectionCriteria')
  const time = child(destination, 'ReplicationTime')
  return {
    id: textOf(rule, 'ID') || newId(),
    schema,
    enabled: status === 'Enabled',
    priority: Number(priority ?? 0),
    prefix: textOf(conditions, 'Prefix') ?? textOf(rule, 'Prefix') ?? '',
    tags: Object.fromEntries(tagPairs(conditions)),
    destination: {
      bucket: bucket.slice('arn:aws:s3:::'.length),
      account: textOf(destination, 'Account'),
      storageClass: textOf(destination, 'StorageClass'),
      kmsKey: textOf(child(destination, 'EncryptionConfiguration'), 'ReplicaKmsKeyID'),
    },
    deleteMarkers: isOn(markers),
    metrics: isOn(child(destination, 'Metrics')),
    timeControlMinutes: isOn(time) ? Number(textOf(child(time, 'Time'), 'Minutes') ?? 15) : undefined,
    sseKms: isOn(child(criteria, 'SseKmsEncryptedObjects')),
    replicaModifications: isOn(child(criteria, 'ReplicaModifications')),
  }
}

function isOn(element: XmlElement | undefined): boolean {
  return textOf(element, 'Status') === 'Enabled'
}

/** V1 and V2 rules have different parts; S3 tells them apart by `Filter`. */
function checkSchema(
  schema: 'V1' | 'V2',
  has: { markers: XmlElement | undefined; priority: string | undefined; destination: XmlElement },
): void {
  const refuse = (what: string, how: string): S3Error =>
    new S3Error('InvalidRequest', {
      message: `${what} ${how} for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.`,
    })
  if (schema === 'V2') {
    if (has.priority === undefined) throw refuse('Priority', 'must be specified')
    if (has.markers === undefined) throw refuse('DeleteMarkerReplication', 'must be specified')
    return
  }
  if (has.priority !== undefined) throw refuse('Priority', 'cannot be used')
  if (has.markers !== undefined) throw refuse('DeleteMarkerReplication', 'cannot be used')
  if (child(has.destination, 'Metrics') !== undefined) throw refuse('Metrics', 'cannot be used')
  if (child(has.destination, 'ReplicationTime') !== undefined) throw refuse('ReplicationTime', 'cannot be used')
}

function checkRules(rules: readonly ReplicationRule[]): void {
  const refuse = (message: string): S3Error => new S3Error('InvalidRequest', { message })
  if (new Set(rules.map(({ schema }) => schema)).size > 1) {
    throw refuse('Rules of both versions of the replication configuration schema cannot be used together')
  }
  if (new Set(rules.map(({ id }) => id)).size < rules.length) {
    throw new S3Error('InvalidArgument', { message: 'Rule Id must be unique' })
  }
  if (rules[0]!.schema === 'V2') {
    if (new Set(rules.map(({ priority }) => priority)).size < rules.length) {
      throw refuse('Found rules with the same priority. Priority must be unique within the replication configuration.')
    }
    return
  }
  if (new Set(rules.map(({ destination }) => destination.bucket)).size > 1) {
    throw refuse('A replication configuration of this version can have one destination bucket only')
  }
}

/** The document that GetBucketReplication answers; ids that S3 made are in it. */
export function replicationXml({ role, rules }: ReplicationConfiguration): string {
  return document('ReplicationConfiguration', xml('Role', role) + xml('Rule', rules.map(ruleXml)))
}

function ruleXml(rule: ReplicationRule): XmlValue {
  const { destination } = rule
  const v2 = rule.schema === 'V2'
  return {
    ID: rule.id,
    Priority: v2 ? rule.priority : undefined,
    Prefix: v2 ? undefined : rule.prefix,
    Filter: v2 ? filterXml(rule) : undefined,
    Status: status(rule.enabled),
    SourceSelectionCriteria: criteriaXml(rule),
    Destination: {
      Bucket: `arn:aws:s3:::${destination.bucket}`,
      Account: destination.account,
      StorageClass: destination.storageClass,
      EncryptionConfiguration: destination.kmsKey === undefined ? undefined : { ReplicaKmsKeyID: destination.kmsKey },
      ReplicationTime:
        rule.timeControlMinutes === undefined
          ? undefined
          : { Status: 'Enabled', Time: { Minutes: rule.timeControlMinutes } },
      Metrics: rule.metrics
        ? {
            Status: 'Enabled',
            EventThreshold: rule.timeControlMinutes === undefined ? undefined : { Minutes: rule.timeControlMinutes },
          }
        : undefined,
    },
    DeleteMarkerReplication: v2 ? { Status: status(rule.deleteMarkers) } : undefined,
  }
}

function filterXml({ prefix, tags }: ReplicationRule): XmlValue {
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  if (list.length === 0) return { Prefix: prefix }
  if (list.length === 1 && prefix === '') return { Tag: list }
  return { And: { Prefix: prefix === '' ? undefined : prefix, Tag: list } }
}

function criteriaXml({ sseKms, replicaModifications }: ReplicationRule): XmlValue {
  if (!sseKms && !replicaModifications) return undefined
  return {
    SseKmsEncryptedObjects: sseKms ? { Status: 'Enabled' } : undefined,
    ReplicaModifications: replicaModifications ? { Status: 'Enabled' } : undefined,
  }
}

function status(on: boolean): string {
  return on ? 'Enabled' : 'Disabled'
}
