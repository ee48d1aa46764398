import { describe, expect, it } from 'vitest'
import { decide } from '../../../src/domain/replication.ts'
import { AGES, REPLICAS, SOURCES, VERSIONS, inWords, situation } from './decide.situations.ts'
import { TABLE } from './decide.table.ts'

const entries = <T extends object>(table: T): [keyof T & string, T[keyof T]][] =>
  Object.entries(table) as [keyof T & string, T[keyof T]][]

describe('the truth table of decide()', () => {
  for (const [versionCase, rows] of entries(TABLE)) {
    for (const [replicaCase, row] of entries(rows)) {
      it(`${versionCase}, replica ${replicaCase}`, () => {
        const told: Record<string, string> = {}
        const expected: Record<string, string> = {}
        for (const [sourceCase, cell] of entries(row)) {
          for (const [band, ageMs] of entries(AGES)) {
            const version = VERSIONS[versionCase]
            const replica = REPLICAS[replicaCase]
            const source = SOURCES[sourceCase]
            told[`source ${sourceCase}, ${band}`] = inWords(decide(situation({ version, replica, source, ageMs })))
            expected[`source ${sourceCase}, ${band}`] = typeof cell === 'string' ? cell : cell[band]
          }
        }
        expect(told).toEqual(expected)
      })
    }
  }
})
