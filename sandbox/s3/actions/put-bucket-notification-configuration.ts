import { overlap } from '../../notifications/matching.ts'
import type { Reply } from '../../types.ts'
import { readDocument } from '../body/document.ts'
import { S3Error } from '../errors.ts'
import { readNotification } from '../notification-xml.ts'
import { type BucketRequest, header } from '../request.ts'
import { parseXml } from '../xml-read.ts'

/** Replaces the whole configuration; every target of the new one gets a `s3:TestEvent`. */
export async function putBucketNotificationConfiguration(request: BucketRequest): Promise<Reply> {
  const { bucket, call, clock, hooks, random } = request
  const root = parseXml(await readDocument(call), 'NotificationConfiguration')
  const config = readNotification(root, () => random.text(`s3/notifications/${bucket.name}`, 48))
  if (overlap(config) !== undefined) {
    throw refuse('Configurations overlap. Configurations on the same bucket cannot share a common event type.')
  }
  if (header(request, 'x-amz-skip-destination-validation')?.toLowerCase() !== 'true') {
    for (const target of config.targets) {
      const fault = hooks.check(target, bucket)
      if (fault !== undefined) throw refuse(fault, { ArgumentName: target.arn, ArgumentValue: 'null' })
    }
  }
  bucket.notification = config
  for (const target of config.targets) {
    const test = { bucket: bucket.name, region: bucket.region, target, time: clock.now(), requestId: call.requestId }
    for (const listener of hooks.testListeners) listener(test)
  }
  return { status: 200 }
}

function refuse(message: string, elements: Readonly<Record<string, string>> = {}): S3Error {
  return new S3Error('InvalidArgument', { message, elements })
}
