/**
 * What is done about one failed version: which strategy drives it again, what holds it back, or why nothing does.
 * Pure and total; docs/redrive.md has the table in words.
 *
 * What it never does, whatever a person asked for: drive a version that S3 still has as PENDING (S3 resumes it by itself,
 * and a second one would be a double), drive one that another re-drive has in hand, drive a mismatched one (nothing
 * can overwrite a replica), or choose a strategy that the pair has not switched on.
 */
import { failureOf, isKnownReason, type OwnReason } from './failures.ts'
import { isOpen } from './repair/incident.ts'
import type { Incident, Parked, Strategy } from './repair/words.ts'

/** The part of a pair's configuration that strategies rest on; `Pair` of config/estate.ts satisfies it. */
export interface DrivePolicy {
  readonly match: 'version' | 'content'
  readonly redrive: {
    readonly automatic: boolean
    /** Set up or not; what is in it is the business of aws/. */
    readonly batch?: object | undefined
    readonly copy: boolean
    readonly retrigger: boolean
    readonly attempts: number
  }
}

/** Why a failed version is left alone. The sentence for a person is in `REST`. */
export type Because =
  | 'in hand'
  | 'look first'
  | 'mismatched'
  | 'pending'
  | 'look again'
  | 'excluded'
  | 'null'
  | 'by hand'
  | 'no strategy'
  | 'hard deleted'
  | 'attempts'
  | 'unknown reason'
  | 'stopped'
  | 'budget'
  | 'next time'

export const REST: Readonly<Record<Because, string>> = {
  'in hand': 'A re-drive has it in hand.',
  'look first': 'A look at it is due: what that tells comes first.',
  mismatched:
    'Nothing overwrites a replica: it ends superseded when a correct newer version landed, or stays until it is discarded with a reason.',
  pending: 'S3 has it as PENDING and resumes it by itself: never re-driven.',
  'look again': 'It is looked at again; a re-drive would not help.',
  excluded: 'S3 does not replicate it.',
  null: 'Its version id is null, which a newer write may have taken: a re-drive could not tell the two apart.',
  'by hand': 'redrive.automatic is off: `landfall failures redrive` drives it.',
  'no strategy':
    'No strategy is set up for it: configure redrive.batch (S3 Batch Replication), or switch redrive.copy on.',
  'hard deleted':
    'The replica was deleted for good, which Batch Replication cannot mend: switch redrive.retrigger on (a copy in place at the source), or redrive.copy.',
  attempts:
    'All attempts are used up: `landfall failures show` tells what they came to, `landfall failures redrive` grants more.',
  'unknown reason': 'S3 gives a reason that this Landfall does not know: tried once, then left to a person.',
  stopped: 'A copy stopped rather than make things worse: `landfall failures show` says why.',
  budget: "This hour's budget (redrive.hourly) is used up, or the version alone exceeds it.",
  'next time': 'There is more than one re-drive takes: it is in the next one.',
}

export type Assessment =
  | { readonly kind: 'drive'; readonly strategy: Strategy }
  /** A look tells more than a re-drive: Landfall's own grant was mended, or the version's copy in place is on its way. */
  | { readonly kind: 'look' }
  /** `cause` names the incident, which is opened where there is none. Without a strategy its probe is a look. */
  | {
      readonly kind: 'hold'
      readonly cause: string
      readonly strategy?: Strategy | undefined
      /** It failed again although a probe had landed since: the incident begins anew. */
      readonly again: boolean
    }
  | { readonly kind: 'rest'; readonly because: Because }

export interface DriveSituation {
  readonly policy: DrivePolicy
  /** By reason. */
  readonly incidents: ReadonlyMap<string, Incident>
}

/** The incident of S3 Batch Operations itself: it holds whatever `batch` would drive. */
export const BATCH_REFUSED = 'BatchRefused' satisfies OwnReason
/** Landfall may not copy: it holds whatever the other two would drive. */
export const COPY_REFUSED = 'CopyRefused' satisfies OwnReason
/** The incident of a strategy itself, whatever its versions failed for. */
export const REFUSAL_OF = {
  batch: BATCH_REFUSED,
  copy: COPY_REFUSED,
  retrigger: COPY_REFUSED,
} as const satisfies Record<Strategy, OwnReason>

const HARD_DELETED = 'DstObjectHardDeleted'
/** The source has nothing left to copy, so that only a look can tell more. */
const SOURCE_GONE: ReadonlySet<string> = new Set(['SrcKeyNotFound', 'SrcObjectNotFound', 'SrcVersionNotFound'])
/** Begins the outcome of a copy that gave up under its conditions. */
export const STOPPED = 'stopped: '
/** A reason that S3 adds later might mean anything: one try tells. */
const TRIES_OF_UNKNOWN = 1

const rest = (because: Because): Assessment => ({ kind: 'rest', because })

export function assess(parked: Parked, situation: DriveSituation): Assessment {
  const { version, tried } = parked
  if (tried?.token !== undefined) return rest('in hand')
  if (version.state !== 'failed') return rest('mismatched')
  // After every re-drive too: what S3 or a copy says of itself is not believed, and what is on record may be old.
  if (parked.due) return rest('look first')
  if (tried?.strategy === 'retrigger' && tried.replicaId !== undefined && parked.wanted === undefined) {
    return { kind: 'look' }
  }
  const reason = version.reason ?? 'ReplicationFailed'
  const failure = failureOf(reason)
  if (failure.class === 'excluded') return rest('excluded')
  if (failure.class === 'look-again') return lookAgain(parked, reason, situation)
  if (isUntellable(parked, situation)) return rest('null')
  if (failure.class === 'setup') return bySetUp(parked, reason, situation)
  return byObject(parked, reason, situation)
}

/** S3 replicates what has the id now, which a newer write may have taken. */
function isUntellable({ version }: Parked, { policy }: DriveSituation): boolean {
  return version.versionId === 'null' && policy.match === 'version'
}

/** Only of S3's own word "replicated already" a person may know better. */
function lookAgain(parked: Parked, reason: string, situation: DriveSituation): Assessment {
  if (reason === 'SrcReplicationNotPending' && parked.wanted !== undefined) {
    return isUntellable(parked, situation) ? rest('null') : drive(parked, reason, situation)
  }
  return rest(reason === 'PendingTooLong' ? 'pending' : 'look again')
}

function bySetUp(parked: Parked, reason: string, situation: DriveSituation): Assessment {
  const { policy, incidents } = situation
  const { wanted } = parked
  const own = failureOf(reason).by === 'landfall'
  const incident: Incident | undefined = incidents.get(reason)
  // A status that no look tells may be PENDING: only a person may know better, who has another view of it.
  if (wanted !== undefined && (!own || reason === 'StatusUnknown')) return drive(parked, reason, situation)
  const chosen = own || !policy.redrive.automatic ? undefined : strategyFor(parked, reason, policy)
  const strategy = chosen !== undefined && 'strategy' in chosen ? chosen.strategy : undefined
  const hold = (again: boolean): Assessment => ({ kind: 'hold', cause: reason, strategy, again })
  if (isOpen(incident)) return hold(false)
  if (incident === undefined) {
    // What is used up by now failed in many ways: it opens no incident by itself, since none would ever end.
    return isUsedUp(parked, reason, policy) ? rest('attempts') : hold(false)
  }
  if (failedSince(parked, incident.mendedAt!)) return hold(true)
  if (own) return { kind: 'look' }
  return drive(parked, reason, situation)
}

/** Whether this failure is news after the mend, and no remainder of what was mended. */
function failedSince({ version, tried }: Parked, mendedAt: number): boolean {
  return version.eventTime > mendedAt || (tried !== undefined && tried.at > mendedAt)
}

function byObject(parked: Parked, reason: string, situation: DriveSituation): Assessment {
  if (SOURCE_GONE.has(reason) && parked.wanted === undefined && (parked.tried?.attempts ?? 0) > 0) {
    return rest('look again')
  }
  return drive(parked, reason, situation)
}

function drive(parked: Parked, reason: string, { policy, incidents }: DriveSituation): Assessment {
  const { wanted, tried, version } = parked
  if (wanted === undefined) {
    if (!policy.redrive.automatic) return rest('by hand')
    // A probe of S3 Batch Operations wears out for all: what a job that never ran came to is no word about the version.
    const refused = incidents.get(BATCH_REFUSED)
    const isProbe = refused?.probe === version.id && isOpen(refused)
    if (!isProbe && isUsedUp(parked, reason, policy)) return rest(isKnownReason(reason) ? 'attempts' : 'unknown reason')
    if (tried?.outcome?.startsWith(STOPPED) === true) return rest('stopped')
  }
  const chosen = strategyFor(parked, reason, policy)
  if ('because' in chosen) return rest(chosen.because)
  const { strategy } = chosen
  const cause = REFUSAL_OF[strategy]
  return isHeld(incidents.get(cause), parked)
    ? { kind: 'hold', cause, strategy, again: false }
    : { kind: 'drive', strategy }
}

/** An order from before the last refusal of a copy waits with the others: a thousand of one order would be refused one by one. */
function isHeld(incident: Incident | undefined, { wanted }: Parked): boolean {
  if (incident === undefined || !isOpen(incident)) return false
  return (
    wanted === undefined || (incident.reason === COPY_REFUSED && wanted.at <= (incident.refusedAt ?? incident.since))
  )
}

/** What a person asked for anew counts no more. */
function triesOf({ tried }: Parked): number {
  return tried === undefined ? 0 : tried.attempts - tried.forgiven
}

function isUsedUp(parked: Parked, reason: string, { redrive }: DrivePolicy): boolean {
  const most = isKnownReason(reason) ? redrive.attempts : TRIES_OF_UNKNOWN
  return triesOf(parked) >= most
}

type Choice = { readonly strategy: Strategy } | { readonly because: Because }

function strategyFor({ version, tried }: Parked, reason: string, policy: DrivePolicy): Choice {
  const { redrive, match } = policy
  // A marker has nothing to copy: writing one would hide whatever is current at the destination.
  const copy = redrive.copy && version.kind === 'object'
  if (reason === HARD_DELETED) {
    if (redrive.retrigger && version.kind === 'object' && match === 'version') return { strategy: 'retrigger' }
    return copy ? { strategy: 'copy' } : { because: 'hard deleted' }
  }
  // With `match: content` other tools make the replicas, and S3 has no replication to repeat.
  const batch = redrive.batch !== undefined && match === 'version'
  const cameBack = tried?.strategy === 'batch' && tried.outcome !== undefined && copyMends(tried.outcome)
  if (batch && !(copy && cameBack)) return { strategy: 'batch' }
  return copy ? { strategy: 'copy' } : { because: 'no strategy' }
}

/** A set-up failure is mended by its grant, and not by going round it; what is gone at the source, by nothing. */
function copyMends(outcome: string): boolean {
  const failure = failureOf(outcome)
  // S3's reasons are one word; the outcomes that are ours are sentences.
  return /^[A-Z]\w*$/.test(outcome) && failure.by === 's3' && failure.class === 'object' && !SOURCE_GONE.has(outcome)
}
