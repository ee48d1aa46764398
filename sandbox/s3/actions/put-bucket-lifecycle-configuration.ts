import type { Reply } from '../../types.ts'
import { putDocument } from '../configuration.ts'
import { S3Error } from '../errors.ts'
import type { BucketRequest } from '../request.ts'
import { children, textOf, type XmlElement } from '../xml-read.ts'

/** Kept; lifecycle/ carries the rules out when the control endpoint is told to. */
export function putBucketLifecycleConfiguration(request: BucketRequest): Promise<Reply> {
  return putDocument(request, 'lifecycle', 'LifecycleConfiguration', check)
}

function check(root: XmlElement): void {
  const rules = children(root, 'Rule')
  const sound = rules.every((rule) => /^(Enabled|Disabled)$/.test(textOf(rule, 'Status') ?? ''))
  if (rules.length === 0 || rules.length > 1000 || !sound) throw new S3Error('MalformedXML')
}
