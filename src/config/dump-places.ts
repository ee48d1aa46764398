/** Where a dump lies: its bucket, and the replica that its pair makes. */
import { LandfallError } from '../domain/errors.ts'
import type { BucketPlace, Estate } from './estate.ts'
import type { Dump } from './estate-dumps.ts'

/** Throws USAGE, with the names there are. */
export function dumpNamed(estate: Pick<Estate, 'dumps'>, name: string): Dump {
  const found = estate.dumps.find((dump) => dump.name === name)
  if (found !== undefined) return found
  const names = estate.dumps.map((dump) => dump.name)
  const there = names.length === 0 ? 'the configuration has no `dumps`' : `there are: ${names.join(', ')}`
  throw new LandfallError('USAGE', `no dump ${JSON.stringify(name)}; ${there}`)
}

/** Undefined where the dump names no pair. */
export function replicaPlace(estate: Pick<Estate, 'pairs'>, dump: Dump): BucketPlace | undefined {
  return estate.pairs.find((pair) => pair.name === dump.pair)?.destination
}
