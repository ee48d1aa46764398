/** SQS' query protocol, as clients before 2023 speak it: a form is read into the JSON protocol's shape, and back. */
import { type Input } from '../http/input.ts'
import { nestForm } from '../http/form.ts'
import type { XmlNode } from '../http/xml.ts'

export const NAMESPACE = 'http://queue.amazonaws.com/doc/2012-11-05/'

/** Members that the form flattens: its name for them, the JSON name, and whether they are name-value maps. */
const FLAT: readonly { form: string; json: string; key?: string }[] = [
  { form: 'Attribute', json: 'Attributes', key: 'Name' },
  { form: 'MessageAttribute', json: 'MessageAttributes', key: 'Name' },
  { form: 'Tag', json: 'Tags', key: 'Key' },
  { form: 'AttributeName', json: 'AttributeNames' },
  { form: 'MessageAttributeName', json: 'MessageAttributeNames' },
  { form: 'MessageSystemAttributeName', json: 'MessageSystemAttributeNames' },
  { form: 'TagKey', json: 'TagKeys' },
  { form: 'SendMessageBatchRequestEntry', json: 'Entries' },
  { form: 'DeleteMessageBatchRequestEntry', json: 'Entries' },
  { form: 'ChangeMessageVisibilityBatchRequestEntry', json: 'Entries' },
]

export function readQuery(form: URLSearchParams, path: string): Input {
  const input = unflatten(nestForm(form)) as Record<string, unknown>
  // Old clients post to the queue's own path; CreateQueue's tags have a lower case name in JSON.
  if (input['QueueUrl'] === undefined && path.length > 1) input['QueueUrl'] = path
  if (input['Action'] === 'CreateQueue') input['tags'] = input['Tags']
  return input
}

function unflatten(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map(unflatten)
  const out: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(node)) {
    const flat = FLAT.find(({ form }) => form === name)
    const inner = unflatten(value)
    if (flat === undefined || !Array.isArray(inner)) out[name] = inner
    else out[flat.json] = flat.key === undefined ? inner : toMap(inner as Record<string, unknown>[], flat.key)
  }
  return out
}

function toMap(items: readonly Record<string, unknown>[], key: string): Record<string, unknown> {
  return Object.fromEntries(items.map((item) => [String(item[key]), item['Value']]))
}

/** The JSON reply's members as the query protocol's elements. */
export function writeQuery(action: string, reply: object): XmlNode {
  const entry = `${action}ResultEntry`
  const out: Record<string, XmlNode | readonly XmlNode[]> = {}
  for (const [name, value] of Object.entries(reply) as [string, XmlNode | XmlNode[]][]) {
    if (name === 'QueueUrls' || name === 'queueUrls') out['QueueUrl'] = value
    else if (name === 'Attributes') out['Attribute'] = toPairs(value, 'Name')
    else if (name === 'MessageAttributes') out['MessageAttribute'] = toPairs(value, 'Name')
    else if (name === 'Tags') out['Tag'] = toPairs(value, 'Key')
    else if (name === 'Messages')
      out['Message'] = (value as XmlNode[]).map((item) => writeQuery(action, item as object))
    else if (name === 'Successful') out[entry] = value
    else if (name === 'Failed') out['BatchResultErrorEntry'] = value
    else if (name === 'Results') out[entry] = value
    else out[name] = value
  }
  return out
}

function toPairs(map: XmlNode | readonly XmlNode[], key: string): XmlNode[] {
  return Object.entries(map as Record<string, XmlNode>).map(([name, value]) => ({ [key]: name, Value: value }))
}
