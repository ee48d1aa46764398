/** Which roles an estate has: who acts, under which ARN, in which account. Pure. */
import { LandfallError } from '../errors.ts'
import { roleArn } from './document.ts'
import type { IamEstate } from './estate.ts'
import { type Activity, HOME } from './grant.ts'
import { GRANTS } from './grants.ts'
import type { At } from './places.ts'

export interface Principal {
  readonly activity: Activity
  readonly arn: string
  readonly accountId: string
  /** The process' own role; else one that it assumes. */
  readonly own: boolean
  /** What it may do, and on what: what of the configuration asks for. */
  readonly may: readonly Permission[]
  /** The name of its account in the configuration. */
  readonly account: string
}

export interface Permission {
  readonly action: string
  readonly arn: string
  readonly condition: At['condition']
  /** The account that owns the resource: twelve digits. */
  readonly ownerId: string
}

export const ACTIVITIES: readonly Activity[] = ['service', 'dump', 'drill', 'operator', 'prune', 'setup', 'doctor']

/**
 * The account whose credentials Landfall runs with: the only one without `roleArn` that something is in, else the only one
 * without. Throws USAGE where that is not one.
 */
export function homeOf(estate: IamEstate, asked?: string): string {
  const names = Object.keys(estate.accounts)
  if (asked !== undefined) {
    if (names.includes(asked)) return asked
    throw new LandfallError('USAGE', `no account ${asked} in the configuration; there are: ${names.join(', ')}`)
  }
  const own = names.filter((name) => estate.accounts[name]!.roleArn === undefined)
  const { snapshot } = estate.service
  const places = [
    ...estate.pairs.flatMap(({ source, destination }) => [source, destination]),
    ...estate.queues,
    ...(snapshot === undefined ? [] : [snapshot]),
    ...estate.dumps.map(({ place }) => place),
    ...estate.shipments.flatMap(({ from, to }) => [from, to]),
  ]
  const used = own.filter((name) => places.some(({ account }) => account === name))
  const [home, ...more] = used.length > 0 ? used : own
  if (home !== undefined && more.length === 0) return home
  const hint = 'Name it by --home: the account of the task role, or of the user, that `landfall run` has.'
  const why = home === undefined ? 'each has a roleArn' : `${[home, ...more].join(' and ')} have no roleArn`
  throw new LandfallError('USAGE', `which account Landfall runs in is not known: ${why}`, { hint })
}

export interface Naming {
  /** Name of the account that Landfall runs in. */
  readonly home: string
}

/** By activity: the process' own role first, then those that it assumes, in the order of the accounts. */
export function principalsOf(estate: IamEstate, { home }: Naming): readonly Principal[] {
  return ACTIVITIES.flatMap((activity) => (activity === 'prune' ? pruners(estate) : ofActivity(estate, activity, home)))
}

function ofActivity(estate: IamEstate, activity: Activity, home: string): readonly Principal[] {
  const homeId = estate.accounts[home]!.id
  const own = roleArn(homeId, `landfall-${activity}`)
  const found = grantsOf(estate, activity)
  if (found.length === 0) return []
  /** The role that asks for what is in this account. */
  const actorIn = (account: string): string => {
    const configured = account === HOME ? undefined : estate.accounts[account]!.roleArn
    if (configured === undefined) return own
    return activity === 'service' ? configured : roleArn(accountIdOf(configured), `landfall-${activity}`)
  }
  const byActor = Map.groupBy(found, ({ at }) => actorIn(at.account))
  const assumed = [...byActor.keys()].filter((arn) => arn !== own)
  // `dump prune` is a person's command, which goes from the person's own role to the one that deletes.
  const more = activity === 'operator' ? pruners(estate).map(({ arn }) => arn) : []
  const assume = [...assumed, ...more].map((arn): Permission => ({
    action: 'sts:AssumeRole',
    arn,
    condition: undefined,
    ownerId: accountIdOf(arn),
  }))
  const permissions = (arn: string): readonly Permission[] =>
    (byActor.get(arn) ?? []).map(({ action, at }) => ({
      action,
      arn: at.arn.replace('{home}', homeId),
      condition: at.condition,
      ownerId: at.account === HOME ? homeId : estate.accounts[at.account]!.id,
    }))
  return [
    { activity, arn: own, accountId: homeId, own: true, account: home, may: [...assume, ...permissions(own)] },
    ...assumed.map((arn) => ({
      activity,
      arn,
      accountId: accountIdOf(arn),
      own: false,
      account: nameOf(estate, accountIdOf(arn)),
      may: permissions(arn),
    })),
  ]
}

/** The roles that may delete, each in its dumps' account (src/config/dump-places.ts, `pruningEstate`). */
function pruners(estate: IamEstate): readonly Principal[] {
  const roles = new Set(estate.dumps.flatMap(({ pruneRoleArn: arn }) => (arn === undefined ? [] : [arn])))
  return [...roles].map((arn) => {
    const dumps = estate.dumps.filter(({ pruneRoleArn }) => pruneRoleArn === arn)
    const may = grantsOf({ ...estate, dumps }, 'prune').map(({ action, at }) => ({
      action,
      arn: at.arn,
      condition: at.condition,
      ownerId: estate.accounts[at.account]!.id,
    }))
    const accountId = accountIdOf(arn)
    return { activity: 'prune', arn, accountId, own: false, account: nameOf(estate, accountId), may }
  })
}

function grantsOf(estate: IamEstate, by: Activity): readonly { readonly action: string; readonly at: At }[] {
  return GRANTS.filter((grant) => grant.by.includes(by)).flatMap(({ actions, at }) => {
    const places = at(estate, by)
    return actions.flatMap((action) => places.map((place) => ({ action, at: place })))
  })
}

export const accountIdOf = (arn: string): string => arn.split(':')[4] ?? ''
export const roleNameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

export function nameOf(estate: IamEstate, accountId: string): string {
  return Object.values(estate.accounts).find(({ id }) => id === accountId)?.name ?? accountId
}
