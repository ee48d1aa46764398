import { expect, test } from 'vitest'
import { athenaRelation, begunAt, tableOf } from '../../../src/inventory/athena-sql.ts'
import { twoOf, placeOf } from '../../../src/inventory/place.ts'
import { joinSql } from '../../../src/inventory/sql.ts'

test('tables of S3 Inventory by their partition, of S3 Metadata without', () => {
  expect(tableOf('inventories.documents/dt=2026-11-24-01-00')).toEqual({
    names: ['inventories', 'documents'],
    dt: '2026-11-24-01-00',
  })
  expect(tableOf('s3tablescatalog/aws-s3.b_documents.inventory')).toEqual({
    names: ['s3tablescatalog/aws-s3', 'b_documents', 'inventory'],
  })
  expect(tableOf('"odd.name".t')).toEqual({ names: ['odd.name', 't'] })
  expect(begunAt(tableOf('t/dt=2026-11-24-01-30'))).toBe(Date.UTC(2026, 10, 24, 1, 30))
})

test.each(['', 'a.b.c.d', 'a..b', 't/dt=2026-11-24', "t/dt=2026-11-24-01-00' OR 1=1", '"a'])('no table: %j', (text) => {
  expect(() => tableOf(text)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error)
})

test('names and values cannot leave their quotes', () => {
  const relation = athenaRelation({
    table: { names: ['a"; DROP TABLE x; --'], dt: "2026'" },
    bucket: "b' OR '1'='1",
    encodedKeys: false,
  })
  expect(relation).toContain(`FROM "a""; DROP TABLE x; --" WHERE dt = '2026''' AND bucket = 'b'' OR ''1''=''1'`)
  const sql = joinSql({ source: relation, destination: relation, dialect: 'athena', match: 'version', prefix: "o'b" })
  expect(sql).toContain(`WHERE starts_with("key", 'o''b')`)
  expect(sql).not.toContain('MATERIALIZED')
})

test('keys are decoded only where they are encoded', () => {
  const table = { names: ['t'] }
  expect(athenaRelation({ table, bucket: 'b', encodedKeys: true })).toContain('url_decode')
  expect(athenaRelation({ table, bucket: 'b', encodedKeys: false })).not.toContain('url_decode')
})

test('two names in one word or in two', () => {
  expect(twoOf(['a,b'])).toEqual(['a', 'b'])
  expect(twoOf(['a,1', 'b,2'])).toEqual(['a,1', 'b,2'])
  for (const words of [[], ['a'], ['a,'], ['a,b,c'], ['a', 'b', 'c']]) {
    expect(() => twoOf(words)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error)
  }
})

test('places of a manifest', () => {
  expect(placeOf('s3://inventories/a/b/manifest.json')).toEqual({
    kind: 's3',
    bucket: 'inventories',
    key: 'a/b/manifest.json',
  })
  expect(placeOf('./x/manifest.json')).toEqual({ kind: 'file', path: './x/manifest.json' })
  for (const text of ['s3://x', 's3://UPPER/key', 's3:/b/k']) {
    expect(() => placeOf(text)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error)
  }
})
