/**
 * What a host name says: `bucket.s3.eu-west-1.localhost`, `bucket.localhost`, `sqs.eu-west-2.localhost`,
 * `111111111111.s3-control.eu-west-1.localhost` ...
 */
export interface HostNames {
  /** For S3 Control this is the account. */
  readonly bucket?: string | undefined
  readonly service?: string | undefined
  readonly region?: string | undefined
}

const NOTHING: HostNames = {}
const DOMAINS = ['.localhost', '.amazonaws.com']
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/

/**
 * Reads a `Host` header. Bucket names may hold dots, so the service and the region are taken from the right.
 * Addresses and bare names say nothing: such requests are path-style.
 */
export function readHost(host: string): HostNames {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  const domain = DOMAINS.find((suffix) => name.endsWith(suffix))
  if (domain === undefined) return NOTHING
  const labels = name.slice(0, -domain.length).split('.')
  let region: string | undefined
  let service: string | undefined
  if (REGION.test(labels.at(-1)!)) region = labels.pop()
  if (labels.length > 0 && /^(s3|s3-control|sqs|sns|sts|iam|monitoring)$/.test(labels.at(-1)!)) service = labels.pop()
  const bucket = labels.join('.')
  return { bucket: bucket === '' ? undefined : bucket, service, region }
}
