import { awsError } from '../domain/aws-errors.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'

/**
 * `action` is the API action, e.g. `ReceiveMessage`. An aborted request counts as unreachable: it hung, since intake
 * lets its polls end.
 */
export function sqsError(error: unknown, action: string, queue: string): LandfallError {
  const known = awsError(error, { action: `sqs:${action}`, resource: `queue ${queue}` })
  if (isLandfallError(known)) return known
  return new LandfallError('AWS_UNREACHABLE', `sqs:${action} on queue ${queue}: ${known.message}`, { cause: error })
}
