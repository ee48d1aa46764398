/** Reads CreateJob's document (S3 Control API reference, "CreateJob"). */
import { ServiceError } from '../http/errors.ts'
import { child, children, textOf, type XmlElement } from '../s3/xml-read.ts'
import type { Field, GeneratorSpec, JobOrder, ManifestSpec, NamedStatus, ObjectPlace, ReportSpec } from './job.ts'

const FIELDS: readonly string[] = ['Bucket', 'Key', 'VersionId', 'Ignore'] satisfies readonly Field[]
const STATUSES: readonly string[] = ['NONE', 'FAILED', 'COMPLETED', 'REPLICA'] satisfies readonly NamedStatus[]
const PRIORITY_MOST = 2_147_483_647

/** @throws ServiceError `InvalidRequest`; `NotImplemented` for what this sandbox lacks */
export function readOrder(root: XmlElement): JobOrder {
  checkOperation(child(root, 'Operation'))
  const token = needed(root, 'ClientRequestToken')
  if (token.length > 64) throw invalid('ClientRequestToken must have at most 64 characters')
  const roleArn = needed(root, 'RoleArn')
  if (!/^arn:aws:iam::\d{12}:role\/\S+$/.test(roleArn)) throw invalid(`Invalid role ARN ${roleArn}`)
  return {
    token,
    description: textOf(root, 'Description'),
    priority: readPriority(needed(root, 'Priority')),
    roleArn,
    // Absent: as if from the console, where a person confirms (CLI reference, "create-job").
    confirm: textOf(root, 'ConfirmationRequired') !== 'false',
    source: readSource(root),
    report: readReport(child(root, 'Report')),
    tags: members(child(root, 'Tags')).map((tag) => ({ key: needed(tag, 'Key'), value: textOf(tag, 'Value') ?? '' })),
  }
}

/** @throws ServiceError `InvalidRequest` */
export function readPriority(text: string): number {
  const priority = Number(text)
  if (!Number.isInteger(priority) || priority < 0 || priority > PRIORITY_MOST) {
    throw invalid(`Priority must be an integer from 0 to ${PRIORITY_MOST}`)
  }
  return priority
}

function checkOperation(operation: XmlElement | undefined): void {
  const names = operation === undefined || typeof operation === 'string' ? [] : Object.keys(operation)
  if (names.length !== 1) throw invalid('Exactly one operation must be given')
  if (names[0] !== 'S3ReplicateObject') {
    throw new ServiceError('NotImplemented', `No ${names[0]} here: S3ReplicateObject alone`, 501)
  }
}

function readSource(root: XmlElement): JobOrder['source'] {
  const manifest = child(root, 'Manifest')
  const generator = child(child(root, 'ManifestGenerator'), 'S3JobManifestGenerator')
  if ((manifest === undefined) === (generator === undefined)) {
    throw invalid('Exactly one of Manifest and ManifestGenerator must be given')
  }
  return manifest === undefined ? { generator: readGenerator(generator!) } : { manifest: readManifest(manifest) }
}

function readManifest(manifest: XmlElement): ManifestSpec {
  const spec = child(manifest, 'Spec')
  const format = textOf(spec, 'Format')
  if (format !== 'S3BatchOperations_CSV_20180820') {
    throw new ServiceError('NotImplemented', `No manifests in the format ${format ?? ''} here`, 501)
  }
  const fields = texts(child(spec, 'Fields'))
  const unknown = fields.find((field) => !FIELDS.includes(field))
  if (unknown !== undefined) throw invalid(`Unknown manifest field ${unknown}`)
  if (!fields.includes('Bucket') || !fields.includes('Key')) throw invalid('Manifest fields must have Bucket and Key')
  return { fields: fields as Field[], location: readLocation(child(manifest, 'Location')) }
}

function readLocation(location: XmlElement | undefined): ObjectPlace {
  const arn = needed(location, 'ObjectArn')
  const [, bucket, key] = /^arn:aws:s3:::([^/]+)\/(.+)$/s.exec(arn) ?? []
  if (bucket === undefined || key === undefined) throw invalid(`Invalid manifest ARN ${arn}`)
  const etag = needed(location, 'ETag').replace(/^"(.*)"$/, '$1')
  return { bucket, key, versionId: textOf(location, 'ObjectVersionId'), etag }
}

function readGenerator(generator: XmlElement): GeneratorSpec {
  if (textOf(generator, 'EnableManifestOutput') === 'true') {
    throw new ServiceError('NotImplemented', 'No EnableManifestOutput here: generated manifests are not kept', 501)
  }
  const filter = child(generator, 'Filter')
  const eligible = textOf(filter, 'EligibleForReplication')
  const statuses = child(filter, 'ObjectReplicationStatuses')
  const wanted = statuses === undefined ? undefined : texts(statuses)
  const unknown = wanted?.find((status) => !STATUSES.includes(status))
  if (unknown !== undefined) throw invalid(`Unsupported value ${unknown} in ObjectReplicationStatuses`)
  const names = child(filter, 'KeyNameConstraint')
  return {
    bucket: bucketOf(needed(generator, 'SourceBucket')),
    eligible: eligible === undefined ? undefined : eligible === 'true',
    createdAfter: time(filter, 'CreatedAfter'),
    createdBefore: time(filter, 'CreatedBefore'),
    statuses: wanted as NamedStatus[] | undefined,
    names:
      names === undefined
        ? undefined
        : {
            prefixes: texts(child(names, 'MatchAnyPrefix')),
            suffixes: texts(child(names, 'MatchAnySuffix')),
            substrings: texts(child(names, 'MatchAnySubstring')),
          },
    sizeAbove: number(filter, 'ObjectSizeGreaterThanBytes'),
    sizeBelow: number(filter, 'ObjectSizeLessThanBytes'),
  }
}

function readReport(report: XmlElement | undefined): ReportSpec | undefined {
  if (report === undefined) throw invalid('Report must be given')
  if (needed(report, 'Enabled') !== 'true') return undefined
  const scope = needed(report, 'ReportScope')
  if (scope !== 'AllTasks' && scope !== 'FailedTasksOnly') throw invalid(`Unknown report scope ${scope}`)
  if (needed(report, 'Format') !== 'Report_CSV_20180820') throw invalid('Unknown report format')
  return { bucket: bucketOf(needed(report, 'Bucket')), prefix: textOf(report, 'Prefix')?.replace(/\/$/, ''), scope }
}

function bucketOf(arn: string): string {
  const [, bucket] = /^arn:aws:s3:::([^/]+)$/.exec(arn) ?? []
  if (bucket === undefined) throw invalid(`Invalid bucket ARN ${arn}`)
  return bucket
}

function time(parent: XmlElement | undefined, name: string): number | undefined {
  const text = textOf(parent, name)
  if (text === undefined) return undefined
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw invalid(`${name} is no time`)
  return ms
}

function number(parent: XmlElement | undefined, name: string): number | undefined {
  const text = textOf(parent, name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isFinite(value)) throw invalid(`${name} is no number`)
  return value
}

/** S3 Control's lists have `<member>` elements. */
function members(list: XmlElement | undefined): readonly XmlElement[] {
  return children(list, 'member')
}

function texts(list: XmlElement | undefined): string[] {
  return members(list).filter((member) => typeof member === 'string')
}

function needed(parent: XmlElement | undefined, name: string): string {
  const text = textOf(parent, name)
  if (text === undefined || text === '') throw invalid(`${name} must be given`)
  return text
}

export function invalid(message: string): ServiceError {
  return new ServiceError('InvalidRequest', message)
}
