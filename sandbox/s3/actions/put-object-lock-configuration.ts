import type { Reply } from '../../types.ts'
import { putDocument } from '../configuration.ts'
import { S3Error } from '../errors.ts'
import type { BucketRequest } from '../request.ts'
import type { DefaultRetention } from '../store/lock.ts'
import { child, textOf, type XmlElement } from '../xml-read.ts'

const DAYS_MOST = 36_500
const YEARS_MOST = 100

/** Once on, Object Lock stays on; the default retention may be changed, and left out. */
export async function putObjectLockConfiguration(request: BucketRequest): Promise<Reply> {
  const { bucket } = request
  if (bucket.versioning !== 'Enabled') {
    throw new S3Error('InvalidBucketState', {
      message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    })
  }
  let byDefault: DefaultRetention | undefined
  const reply = await putDocument(request, 'objectLock', 'ObjectLockConfiguration', (root) => {
    if (textOf(root, 'ObjectLockEnabled') !== 'Enabled') throw new S3Error('MalformedXML')
    byDefault = readDefault(child(root, 'Rule'))
  })
  bucket.defaultRetention = byDefault
  return reply
}

/** @throws S3Error `MalformedXML`, `InvalidArgument` */
function readDefault(rule: XmlElement | undefined): DefaultRetention | undefined {
  if (rule === undefined) return undefined
  const retention = child(rule, 'DefaultRetention')
  const mode = textOf(retention, 'Mode')
  const [days, years] = [textOf(retention, 'Days'), textOf(retention, 'Years')]
  if ((mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') || (days === undefined) === (years === undefined)) {
    throw new S3Error('MalformedXML')
  }
  return { mode, days: period(days, DAYS_MOST), years: period(years, YEARS_MOST) }
}

function period(text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined
  const length = Number(text)
  if (!Number.isInteger(length) || length < 1) {
    throw new S3Error('InvalidArgument', { message: 'Default retention period must be a positive integer value.' })
  }
  if (length > most) throw new S3Error('InvalidArgument', { message: 'Default retention period too large.' })
  return length
}
