import type { XmlNode } from '../http/xml.ts'

/** A reply for JSON 1.0: times are seconds since the epoch. */
export function toJson(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toJson(member)]))
}

/** A reply for the query protocol: times are ISO 8601, lists are wrapped in `member`, maps in `entry`. */
export function toXml(value: unknown): XmlNode {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return { member: value.map(toXml) }
  if (typeof value !== 'object' || value === null) return value as XmlNode
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, name === 'ExtendedStatistics' ? entries(member as object) : toXml(member)]),
  )
}

function entries(map: object): XmlNode {
  return { entry: Object.entries(map).map(([key, value]) => ({ key, value: value as XmlNode })) }
}
