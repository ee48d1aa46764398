import { ServiceError } from '../../http/errors.ts'
import { fixedKeys } from '../../iam/context.ts'
import type { Iam } from '../../iam/iam.ts'
import { sentence } from '../../iam/words.ts'
import { S3Error } from '../../s3/errors.ts'
import { parseXml, type XmlElement } from '../../s3/xml-read.ts'
import type { Call, Reply } from '../../types.ts'
import { shownOf } from '../describe.ts'
import { readOrder } from '../order.ts'
import type { ControlRequest } from '../request.ts'
import { controlReply } from '../wire.ts'

export async function createJob({ call, iam, place, jobs, runner }: ControlRequest): Promise<Reply> {
  const root = parse(await call.body())
  const order = readOrder(root)
  // Only a role of one's own account can be passed on (IAM user guide, "iam:PassRole").
  if (order.roleArn.split(':')[4] !== place.account) {
    throw new ServiceError('AccessDenied', `Access Denied: no grant of iam:PassRole on ${order.roleArn}`, 403)
  }
  checkPassRole(call, iam, order.roleArn)
  if (order.tags.length > 0) checkTagging(call, iam)
  const { job, isNew } = jobs.make(place, order, shownOf(root), JSON.stringify(root))
  if (isNew) runner.start(job)
  return controlReply('CreateJobResult', { JobId: job.id })
}

function checkPassRole(call: Call, { guard }: Iam, roleArn: string): void {
  const { who, account: owner } = call
  if (!guard.concerns(who, owner)) return
  const keys = fixedKeys({ 'iam:passedtoservice': 'batchoperations.s3.amazonaws.com' })
  const denied = guard.denial({ call, who, action: 'iam:PassRole', resource: roleArn, owner, keys })
  if (denied !== undefined) throw new ServiceError('AccessDenied', sentence(denied), 403)
}

/** User guide, "Granting permissions for Batch Operations": a job with tags takes this as well. */
function checkTagging(call: Call, { guard }: Iam): void {
  const { who, account: owner } = call
  if (!guard.concerns(who, owner)) return
  const resource = `arn:aws:s3:${call.region}:${owner}:job/*`
  const denied = guard.denial({ call, who, action: 's3:PutJobTagging', resource, owner })
  if (denied !== undefined) throw new ServiceError('AccessDenied', sentence(denied), 403)
}

function parse(body: Buffer): XmlElement {
  try {
    return withoutBlanks(parseXml(body, 'CreateJobRequest'))
  } catch (error) {
    if (error instanceof S3Error) throw new ServiceError('MalformedXML', error.message)
    throw error
  }
}

/** What stands between the elements of an indented document is no part of it. */
function withoutBlanks(element: XmlElement): XmlElement {
  if (typeof element === 'string') return element
  const members = Object.entries(element).filter(([name]) => name !== '#text')
  return Object.fromEntries(
    members.map(([name, value]) => {
      if (value === undefined) return [name, value]
      return [name, isList(value) ? value.map(withoutBlanks) : withoutBlanks(value)]
    }),
  )
}

function isList(value: XmlElement | readonly XmlElement[]): value is readonly XmlElement[] {
  return Array.isArray(value)
}
