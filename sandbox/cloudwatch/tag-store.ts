import { type Input, objects, optionalText, requiredText } from '../http/input.ts'
import { invalidValue } from './request.ts'

export type Tags = ReadonlyMap<string, string>

/** Tags by ARN, of alarms and dashboards. */
export interface TagStore {
  of(arn: string): Tags
  add(arn: string, tags: Tags): void
  remove(arn: string, keys: readonly string[]): void
  forget(arn: string): void
}

const MOST = 50

export function makeTagStore(): TagStore {
  const all = new Map<string, Tags>()
  const of = (arn: string): Tags => all.get(arn) ?? new Map<string, string>()
  return {
    of,
    add(arn, tags) {
      const joined = new Map([...of(arn), ...tags])
      if (joined.size > MOST) throw invalidValue('Tags', `makes more than ${MOST} tags`)
      all.set(arn, joined)
    },
    remove(arn, keys) {
      all.set(arn, new Map([...of(arn)].filter(([key]) => !keys.includes(key))))
    },
    forget: (arn) => void all.delete(arn),
  }
}

/** CloudWatch API reference, Tag: keys to 128 characters, values to 256, of letters, digits, spaces and `_.:/=+-@`. */
export function readTags(input: Input): Tags {
  return new Map(
    objects(input, 'Tags').map((tag) => {
      const key = requiredText(tag, 'Key')
      const value = optionalText(tag, 'Value') ?? ''
      if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key) || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value))
        throw invalidValue('Tags', `has a tag that is none: ${key}=${value}`)
      return [key, value]
    }),
  )
}
