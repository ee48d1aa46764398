/** The JSON Schema of the configuration file, for editors; and the keys that are allowed at a path, for messages. */
import { z } from 'zod'
import type { Path } from './faults.ts'
import { estateSchema } from './schema.ts'

/** The part of JSON Schema (2020-12) that zod makes of our schema. */
export interface JsonSchema {
  readonly [key: string]: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly additionalProperties?: JsonSchema | boolean | undefined
  readonly items?: JsonSchema | undefined
  readonly anyOf?: readonly JsonSchema[] | undefined
}

/** Made once: the expanded file, without templates. */
const expandedSchema = z.toJSONSchema(estateSchema, { io: 'input' }) as JsonSchema

const PLACEHOLDER: JsonSchema = { type: 'string', pattern: '\\{[A-Za-z][A-Za-z0-9_.]*\\}' }

const SCALAR: JsonSchema = { type: ['string', 'number', 'boolean'] }

const FOR: JsonSchema = {
  type: 'object',
  minProperties: 1,
  description: 'Repeats this entry for every combination of these variables; {name} and {name.field} stand for them.',
  additionalProperties: {
    anyOf: [
      { type: 'array', minItems: 1, items: SCALAR },
      {
        type: 'object',
        minProperties: 1,
        additionalProperties: { type: ['object', 'null'], additionalProperties: SCALAR },
      },
    ],
  },
}

/** JSON Schema (draft 2020-12) of the file as it is written, templates and all. */
export function fileJsonSchema(): JsonSchema {
  const { queues, pairs, ...rest } = expandedSchema.properties!
  const entry = (list: JsonSchema): JsonSchema => {
    const loose = loosen(list.items!)
    const template = { type: 'string', description: 'A name under `templates`, which this entry is laid over.' }
    return { ...list, items: { ...loose, properties: { template, for: FOR, ...loose.properties } } }
  }
  return {
    ...expandedSchema,
    title: 'landfall.yaml',
    properties: {
      ...rest,
      templates: {
        type: 'object',
        description: 'Parts that entries of `pairs` and `queues` share.',
        additionalProperties: { anyOf: [loosen(pairs!.items!), loosen(queues!.items!)] },
      },
      queues: entry(queues!),
      pairs: entry(pairs!),
    },
  }
}

/** Nothing required (the template may hold it), no defaults (a template would be hidden by them), placeholders anywhere. */
function loosen(schema: JsonSchema): JsonSchema {
  const { required: _required, default: _default, description, ...rest } = schema
  const described = description === undefined ? {} : { description }
  if (schema.properties !== undefined) {
    const properties = Object.fromEntries(Object.entries(schema.properties).map(([key, inner]) => [key, loosen(inner)]))
    return { ...rest, ...described, properties }
  }
  if (schema.items !== undefined) return { ...rest, ...described, items: loosen(schema.items) }
  const free = rest['type'] === 'string' && rest['pattern'] === undefined && rest['enum'] === undefined
  return free ? { ...rest, ...described } : { ...described, anyOf: [rest, PLACEHOLDER] }
}

/** The keys that a map at this path may have; empty where any may stand. */
export function allowedKeys(path: Path): readonly string[] {
  let schema: JsonSchema | undefined = expandedSchema
  for (const part of path) {
    if (schema?.items !== undefined) schema = schema.items
    else if (schema?.properties?.[part] !== undefined) schema = schema.properties[part]
    else schema = typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined
  }
  const keys = Object.keys(schema?.properties ?? {})
  const [list, index, ...inner] = path
  if (path.length === 0) return [...keys, 'templates']
  const isEntry = (list === 'pairs' || list === 'queues') && typeof index === 'number' && inner.length === 0
  return isEntry ? [...keys, 'template', 'for'] : keys
}
