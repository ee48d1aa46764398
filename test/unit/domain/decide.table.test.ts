import { describe, expect, it } from 'vitest'
import { decide } from '../../../src/domain/replication.ts'
import { AGES, POLICY, REPLICAS, SOURCES, VERSIONS, inWords, situation } from './decide.situations.ts'
import { KEYS, OWN, SOURCE_KEYS, SUBSTITUTES } from './decide.substitutes.table.ts'
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

describe('what stands for a version that was driven again', () => {
  const policy = { ...POLICY, redrive: { copy: true, retrigger: true } }
  for (const [own, rows] of entries(SUBSTITUTES)) {
    for (const [keyCase, row] of entries(rows)) {
      it(`own replica ${own}, key ${keyCase}`, () => {
        const state = own === 'absent' ? 'failed' : 'mismatched'
        const version = { ...VERSIONS.object, state } as const
        const replica = { ...OWN[own], ...KEYS[keyCase] }
        const told = entries(row).map(([sourceCase]) => {
          const source = SOURCE_KEYS[sourceCase]
          return [sourceCase, inWords(decide(situation({ version, policy, replica, source, ageMs: AGES.old })))]
        })
        expect(Object.fromEntries(told)).toEqual(row)
      })
    }
  }
})
