import { ServiceError } from '../../http/errors.ts'
import { requiredText, texts } from '../../http/input.ts'
import type { CloudWatchAction, CloudWatchRequest } from '../request.ts'
import { readTags } from '../tag-store.ts'

export const listTagsForResource: CloudWatchAction = (request) => {
  const tags = request.tags.of(resourceOf(request))
  return { Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) }
}

export const tagResource: CloudWatchAction = (request) => {
  request.tags.add(resourceOf(request), readTags(request.input))
}

export const untagResource: CloudWatchAction = (request) => {
  request.tags.remove(resourceOf(request), texts(request.input, 'TagKeys'))
}

/** The ARN, of an alarm of the request's own region or of a dashboard. */
function resourceOf({ input, call, alarms, dashboards }: CloudWatchRequest): string {
  const arn = requiredText(input, 'ResourceARN')
  const [kind, name] = splitArn(arn)
  const found = kind === 'alarm' ? alarms.find(call, name)?.arn === arn : dashboards.find(call.account, name)
  if (found === undefined || found === false)
    throw new ServiceError('ResourceNotFoundException', `No resource ${arn}`, 404)
  return arn
}

/** `arn:aws:cloudwatch:eu-west-2:111111111111:alarm:a:b` is the alarm `a:b`; dashboards have a slash. */
function splitArn(arn: string): readonly [kind: string, name: string] {
  const rest = arn.split(':').slice(5).join(':')
  const match = /^(alarm|dashboard)[:/](.+)$/.exec(rest)
  return match === null ? ['', ''] : [match[1]!, match[2]!]
}
