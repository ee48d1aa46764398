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

/** The estate as `landfall dump prune` has it: in the dump's account it is the role that may delete. Throws USAGE where none is named. */
export function pruningEstate(estate: Estate, dump: Dump): Estate {
  if (dump.pruneRoleArn === undefined) {
    throw new LandfallError('USAGE', `${dump.name} has no pruneRoleArn: the service's own role can delete nothing`, {
      hint: 'Make a role that may s3:DeleteObjectVersion in the bucket (docs/retention.md), and name it as pruneRoleArn.',
    })
  }
  const account = estate.accounts[dump.place.account]!
  return {
    ...estate,
    accounts: { ...estate.accounts, [dump.place.account]: { ...account, roleArn: dump.pruneRoleArn } },
  }
}
