/** Every key of the configuration that the docs name in code is a key of the schema. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

const DOCS = join(import.meta.dirname, '..', '..', 'docs')
const PAGES = readdirSync(DOCS).filter((name) => name.endsWith('.md'))
const SCHEMA = JSON.parse(readFileSync(join(DOCS, 'landfall.schema.json'), 'utf8')) as Schema
/** `service.alarms.topics`, `pairs[].redrive.batch`, `accounts.*.roleArn`. */
const KEY = /`((?:service|accounts|queues\[\]|pairs\[\]|dumps\[\]|shipments\[\])(?:\.[\w*<>[\]]+)+)`/g

test.each(PAGES)('%s', (page) => {
  const keys = [...readFileSync(join(DOCS, page), 'utf8').matchAll(KEY)]
    .map(([, key]) => key!)
    .filter((key) => !/\.(?:json|yaml|ts)$/.test(key))
  expect(keys.filter((key) => !exists(SCHEMA, key.split(/\.|(?=\[\])/)))).toEqual([])
})

function exists(schema: Schema, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true
  const any = schema.anyOf?.some((each) => exists(each, [first, ...rest]))
  if (any === true) return true
  const { additionalProperties: more } = schema
  const next =
    first === '[]' ? schema.items : (schema.properties?.[first] ?? (typeof more === 'object' ? more : undefined))
  return next !== undefined && exists(next, rest)
}
