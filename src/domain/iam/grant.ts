/** A row of the table of grants, and the words that its parts are written in. */
import type { Condition } from './document.ts'
import type { IamDump, IamEstate, IamPair } from './estate.ts'
import { type At, bucketAt, dumpFolders, objectsAt, sides } from './places.ts'

/**
 * What a process of Landfall acts as. `setup` (`landfall init`) has no rows: it is run as who sets accounts up.
 *
 * - `service`: `landfall run`, with the dumps and drills that it starts itself
 * - `dump`, `drill`: tasks of their own: `landfall dump run`, `landfall drill dump|replicas`
 * - `operator`: a person's other commands · `prune`: `landfall dump prune`, which alone deletes
 */
export type Activity = 'service' | 'dump' | 'drill' | 'operator' | 'prune' | 'setup' | 'doctor'

export interface Grant {
  readonly actions: readonly string[]
  readonly by: readonly Activity[]
  /** In words, for the docs: on what, and what of the configuration switches it on ('' for always). */
  readonly on: string
  readonly when: string
  readonly why: string
  readonly at: (estate: IamEstate, by: Activity) => readonly At[]
}

export const READERS = ['service', 'operator'] as const
export const CATALOG = ['service', 'drill', 'operator'] as const

export const pairs = (of: (pair: IamPair, estate: IamEstate, by: Activity) => readonly At[]): Grant['at'] => {
  return (estate, by) => estate.pairs.flatMap((pair) => of(pair, estate, by))
}

export const bothBuckets = (pair: IamPair): readonly At[] => sides(pair).map(bucketAt)
export const bothObjects = (pair: IamPair): readonly At[] => sides(pair).map((side) => objectsAt(side))
export const when = <T>(holds: boolean, list: readonly T[]): readonly T[] => (holds ? list : [])

export const dumps = (
  of: (dump: IamDump, estate: IamEstate, by: Activity) => readonly At[],
  which: (dump: IamDump, by: Activity) => boolean = () => true,
): Grant['at'] => {
  return (estate, by) => estate.dumps.filter((dump) => which(dump, by)).flatMap((dump) => of(dump, estate, by))
}

/** A task that only makes dumps has nothing to do with their replicas. */
export const foldersFor = (dump: IamDump, estate: IamEstate, by: Activity) =>
  by === 'dump' ? [dump.place] : dumpFolders(estate, dump)

/** The service makes the dumps that have a schedule; a task of its own makes any. */
export const made = ({ database, schedule }: IamDump, by: Activity): boolean =>
  database !== undefined && (by === 'dump' || schedule !== undefined)

export const shipments = (
  of: (one: IamEstate['shipments'][number], estate: IamEstate) => readonly At[],
): Grant['at'] => {
  return (estate) => estate.shipments.flatMap((one) => of(one, estate))
}

/** Metrics, alarms and dashboards are put by the process' own credentials: in no account that is named here. */
export const HOME = ''

export const alarmsAt = ({ service }: IamEstate): readonly At[] => [
  { account: HOME, arn: `arn:aws:cloudwatch:${service.metrics.region}:{home}:alarm:${service.alarms.prefix}*` },
]
export const dashboardsAt = ({ service }: IamEstate): readonly At[] => [
  { account: HOME, arn: `arn:aws:cloudwatch::{home}:dashboard/${service.alarms.prefix}*` },
]
export const everywhere = (account: string, condition?: Condition): At => ({ account, arn: '*', condition })

export const drilled = ({ drill }: IamDump, by: Activity): boolean => by === 'drill' || drill.schedule !== undefined

export const ofAccount = ({ accounts }: IamEstate, account: string, what: string): At => ({
  account,
  arn: `arn:aws:iam::${accounts[account]!.id}:${what}`,
})

/** As snapshotKey has it (src/aws/snapshot-store.ts). */
export function folderOf(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
}
