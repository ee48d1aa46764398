import type { HttpCall } from './http/call.ts'
import { readHost } from './http/host.ts'
import { readForm } from './http/query.ts'
import type { Service, ServiceName } from './types.ts'

export type Services = Readonly<Record<ServiceName, Service>>

/** Where a query protocol request goes by its signing name. */
const BY_SCOPE: Readonly<Record<string, ServiceName>> = {
  sqs: 'sqs',
  sns: 'sns',
  sts: 'sts',
  iam: 'iam',
  monitoring: 'cloudwatch',
}

/**
 * Which service a request is for. All share one port, so the wire protocol tells them apart: the control endpoint by
 * its path, S3 Control (which signs as `s3`) by its path and account, AWS JSON by its target, the query protocol by what
 * the client signed for (STS is also called unsigned). Everything else is S3.
 */
export async function route(call: HttpCall, services: Services): Promise<Service> {
  if (call.path.startsWith('/_sandbox/')) return services.control
  if (isControl(call)) return services.s3control
  const target = call.headers['x-amz-target']
  if (typeof target === 'string') {
    if (target.startsWith('AmazonSQS.')) return services.sqs
    if (target.startsWith('GraniteServiceVersion20100801.')) return services.cloudwatch
  }
  const signedFor = call.scope === undefined ? undefined : BY_SCOPE[call.scope.service]
  if (signedFor !== undefined) return services[signedFor]
  if (call.scope === undefined && isForm(call) && call.path === '/') {
    const action = (await readForm(call)).get('Action')
    if (action?.startsWith('AssumeRole') || action === 'GetCallerIdentity') return services.sts
  }
  return services.s3
}

function isForm(call: HttpCall): boolean {
  return call.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false
}

/** A bucket may be called like S3 Control's path: that one names no account. */
function isControl(call: HttpCall): boolean {
  if (!call.path.startsWith('/v20180820/')) return false
  return call.headers['x-amz-account-id'] !== undefined || readHost(call.host).service === 's3-control'
}
