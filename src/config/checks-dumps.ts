/** What no single value of `dumps` and `shipments` shows: references, doubles, and a shipment that would feed itself. */
import type { Word } from './checks.ts'
import type { Finding, Path } from './faults.ts'
import { suggest } from './suggest.ts'

export interface SaidOfDumps {
  readonly dumps: readonly Word[]
  readonly shipments: readonly Word[]
  /** `dumps[].pair` and `shipments[].dump`. */
  readonly pairsMeant: readonly Word[]
  readonly dumpsMeant: readonly Word[]
  readonly ways: readonly { readonly path: Path; readonly from: Folder; readonly to: Folder }[]
}

interface Folder {
  readonly bucket?: string | undefined
  readonly prefix: string
}

export function checkDumps(said: SaidOfDumps, pairs: readonly Word[]): readonly Finding[] {
  return [
    ...references(said.pairsMeant, pairs, 'pair'),
    ...references(said.dumpsMeant, said.dumps, 'dump'),
    ...said.ways.flatMap(({ path, from, to }) => {
      if (from.bucket === undefined || from.bucket !== to.bucket || !to.prefix.startsWith(from.prefix)) return []
      // Each copy would be an upload that is to be shipped.
      return [
        { path: [...path, 'to'], message: 'lies within `from`: what is shipped would be shipped again, for ever' },
      ]
    }),
  ]
}

function references(meant: readonly Word[], there: readonly Word[], what: string): readonly Finding[] {
  const names = there.map(({ word }) => word)
  return meant
    .filter(({ word }) => !names.includes(word))
    .map(({ path, word }) => ({
      path,
      message: `is no ${what} of this file`,
      found: JSON.stringify(word),
      allowed: names,
      meant: suggest(word, names),
    }))
}
