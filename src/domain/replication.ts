/**
 * `decide()`: what becomes of one version, or what to ask next. Pure and total; docs/verdicts.md has the rules in words,
 * test/unit/domain/decide.table.ts has every cell.
 *
 * What it never does: close a version that it could not see, unless S3 or the source's own deletion says so; read a
 * refused look as absence; give up by closing (what failed stays open and at risk).
 */
import { viewContent } from './content-view.ts'
import { failureOf, type OwnReason } from './failures.ts'
import { viewReplica, type ReplicaView } from './replica-view.ts'
import { nextLookMs } from './schedule.ts'
import type { Fate } from './settlement.ts'
import { nextWay, type Decision, type Situation } from './situation.ts'
import { viewSource, type SourceView } from './source-view.ts'
import { viewSubstitute } from './substitute-view.ts'
import type { OpenVersion } from './version.ts'

export function decide(situation: Situation): Decision {
  const rule = excludedByRule(situation)
  if (rule !== undefined) return settle(situation, { to: 'close', verdict: 'excluded', evidence: 'rule' }, rule)

  const view = situation.policy.match === 'content' ? viewContent(situation) : viewReplica(situation)
  switch (view.kind) {
    case 'unknown':
      return { kind: 'ask', ...view.next, versionId: view.next.versionId ?? situation.version.versionId }
    case 'here':
      return landed(situation, view)
    case 'differs':
      return bySubstitute(situation, 'differs') ?? differs(situation, view)
    case 'absent':
      return bySubstitute(situation, 'absent') ?? absent(situation, view)
    case 'refused':
      return refused(situation, view.grant)
  }
}

/** Our own configuration excludes it. A replica that has come nevertheless is a fact, and facts go first. */
function excludedByRule({ version, policy, replica }: Situation): string | undefined {
  if (replica.arrival !== undefined) return undefined
  if (version.kind === 'marker' && version.lifecycle === true)
    return 'S3 never replicates what a lifecycle rule deletes'
  if (version.kind === 'marker' && !policy.deleteMarkers) return 'the pair does not replicate delete markers'
  const prefix = policy.excludePrefixes.find((prefix) => version.key.startsWith(prefix))
  return prefix === undefined ? undefined : `the pair excludes ${prefix}`
}

/** Another version stands for it: Landfall's own copy, or a newer one. */
function bySubstitute(situation: Situation, own: 'absent' | 'differs'): Decision | undefined {
  const view = viewSubstitute(situation, own)
  switch (view.kind) {
    case 'unknown':
      return { kind: 'ask', ...view.next, versionId: view.next.versionId ?? situation.version.versionId }
    case 'copied':
      return landed(situation, { kind: 'here', evidence: view.evidence, unverified: false })
    case 'superseded':
      return settle(
        situation,
        { to: 'close', verdict: 'superseded', evidence: view.evidence },
        'a newer version landed in its place',
      )
    case 'none':
      return undefined
  }
}

function landed(situation: Situation, view: ReplicaView & { readonly kind: 'here' }): Decision {
  const { version, now, replica } = situation
  const ms = Math.max(0, (replica.arrival?.time ?? now) - version.eventTime)
  const fate: Fate = {
    to: 'close',
    verdict: 'landed',
    evidence: view.evidence,
    lag: { ms, bound: replica.arrival === undefined ? 'upper' : 'exact' },
    ...(view.unverified && { notes: ['unverified'] }),
  }
  return settle(situation, fate, 'the replica is there')
}

function differs(situation: Situation, { reason }: ReplicaView & { readonly kind: 'differs' }): Decision {
  const { version, policy, source } = situation
  const mismatched = (): Decision =>
    settle(situation, { to: 'park', state: 'mismatched', reason, recheckInMs: policy.recheckAfterMs }, 'not the same')
  if (version.versionId !== 'null') return mismatched()
  // The id `null` is used again by every overwrite: what differs may be an older or a newer one. The source tells.
  const view = viewSource(version, policy, source)
  if (view.kind === 'completed') return mismatched()
  return absent(situation, { kind: 'absent', how: 'head', suspect: reason })
}

function absent(situation: Situation, view: ReplicaView & { readonly kind: 'absent' }): Decision {
  const { version, policy, source } = situation
  const how = nextWay(source, policy.evidence)
  if (how !== undefined) {
    const why = 'the replica is not there: what does the source say'
    return { kind: 'ask', side: 'source', how, versionId: version.versionId, checksums: false, why }
  }
  return absentBySource(situation, view, viewSource(version, policy, source))
}

function absentBySource(
  situation: Situation,
  replica: ReplicaView & { readonly kind: 'absent' },
  source: SourceView,
): Decision {
  const { version, policy } = situation
  const age = ageOf(situation)
  switch (source.kind) {
    case 'absent':
      return settle(
        situation,
        { to: 'close', verdict: 'gone', evidence: source.how },
        'deleted at the source, no replica',
      )
    case 'other':
      return settle(situation, { to: 'close', verdict: 'superseded', evidence: source.how }, 'null was written again')
    case 'none':
      return settle(situation, { to: 'close', verdict: 'excluded', evidence: 'head' }, 'S3: not replicated')
    case 'replica':
      return settle(situation, { to: 'close', verdict: 'excluded', evidence: 'head' }, 'S3: itself a replica')
    case 'pending':
      if (age >= policy.failAfterMs) return park(situation, 'PendingTooLong')
      return wait(situation, undefined, 'S3: pending')
    case 'failed': {
      const reason = s3Reason(version) ?? 'ReplicationFailed'
      // "Not pending" means that it is replicated already, so the replica may be a moment away.
      if (failureOf(reason).class === 'look-again' && age < policy.lateAfterMs) {
        return wait(situation, reason, 'S3: failed, since it was not pending')
      }
      return park(situation, reason)
    }
    case 'completed':
      return completedButAbsent(situation, replica)
    case 'silent':
    case 'refused':
    case 'unknown':
      return withoutStatus(situation, replica)
  }
}

/** S3 says it is done and it is not there. The event of a status change and our look may race: wait before crying. */
function completedButAbsent(situation: Situation, replica: ReplicaView & { readonly kind: 'absent' }): Decision {
  const { version, policy } = situation
  const age = ageOf(situation)
  // Only where it may have been there: what was seen missing before, or failed, is not closed by growing old.
  const neverMissed = version.absentAt === undefined && version.state !== 'failed' && version.state !== 'mismatched'
  if (neverMissed && policy.destinationExpiresAfterMs !== undefined && age >= policy.destinationExpiresAfterMs) {
    return settle(
      situation,
      { to: 'close', verdict: 'expired', evidence: replica.how },
      'deleted by its lifecycle rule',
    )
  }
  if (age >= policy.lateAfterMs) return park(situation, 'ReplicaMissing')
  const soon = (policy.lateAfterMs / 30) * Math.max(1, version.looks)
  return wait(situation, undefined, 'S3: completed, and not there', soon)
}

/** The source can't tell a status: only an event of S3's, or time, fails such a version. */
function withoutStatus(situation: Situation, replica: ReplicaView & { readonly kind: 'absent' }): Decision {
  const { version, policy } = situation
  const age = ageOf(situation)
  const told = s3Reason(version)
  const kind = told === undefined ? undefined : failureOf(told).class
  if (told !== undefined && (kind === 'setup' || kind === 'object')) return park(situation, told)
  if (replica.suspect !== undefined && age >= policy.lateAfterMs) {
    const { recheckAfterMs } = policy
    const fate = { to: 'park', state: 'mismatched', reason: replica.suspect, recheckInMs: recheckAfterMs } as const
    return settle(situation, fate, 'something else is there')
  }
  const refusal = refusedAtSource(situation)
  if (age >= policy.failAfterMs) return park(situation, refusal ?? missing(situation))
  return wait(situation, told ?? refusal, 'not there, and no status')
}

/** HEAD is what tells the status, so its grant is the one to ask for, even where the listing is allowed. */
function refusedAtSource({ source }: Situation): string | undefined {
  const refused = [source.head, source.list].find((look) => look?.kind === 'refused')
  return refused?.kind === 'refused' ? lookRefused(refused.grant, 'source') : undefined
}

function missing({ version, policy, source }: Situation): OwnReason {
  if (policy.match === 'content') return 'ReplicaMissing'
  // A version reopened after a purge is booked as an object, since the event does not tell; the source does.
  return version.kind === 'marker' || source.head?.kind === 'marker' ? 'MarkerMissing' : 'StatusUnknown'
}

/** We may not look at the destination: that says nothing about the replica, and time alone fails the version. */
function refused(situation: Situation, grant: string): Decision {
  const reason = s3Reason(situation.version) ?? lookRefused(grant, 'destination')
  if (ageOf(situation) >= situation.policy.failAfterMs) {
    const recheckInMs = situation.policy.recheckAfterMs
    return settle(situation, { to: 'park', state: 'failed', reason, recheckInMs }, 'looks are refused')
  }
  return settle(situation, waiting(situation, reason), 'looks are refused')
}

function lookRefused(grant: string, side: 'source' | 'destination'): string {
  return `LookRefused ${grant} at ${side}`
}

/** S3's own `failureReason`, brought by an event; not one that we recorded ourselves. */
function s3Reason({ reason }: OpenVersion): string | undefined {
  return reason !== undefined && reason !== '' && failureOf(reason).by === 's3' ? reason : undefined
}

function ageOf({ version, now }: Situation): number {
  return Math.max(0, now - version.eventTime)
}

function settle({ version }: Situation, fate: Fate, why: string): Decision {
  return { kind: 'settle', settlement: { id: version.id, ...fate }, why }
}

/** Parks a version whose replica was just seen to be absent. */
function park(situation: Situation, reason: string): Decision {
  const { now, policy } = situation
  const recheckInMs = policy.recheckAfterMs
  return settle(situation, { to: 'park', state: 'failed', reason, recheckInMs, absentAt: now }, reason)
}

/** Waits, the replica having just been seen to be absent. */
function wait(situation: Situation, reason: string | undefined, why: string, atMostMs = Infinity): Decision {
  const fate = waiting(situation, reason, atMostMs)
  return settle(situation, { ...fate, absentAt: situation.now }, why)
}

function waiting(
  situation: Situation,
  reason: string | undefined,
  atMostMs = Infinity,
): Fate & { readonly to: 'wait' } {
  const { version, policy, random } = situation
  const age = ageOf(situation)
  const { lateAfterMs, failAfterMs } = policy
  const next = nextLookMs({ ageMs: age, looks: version.looks, lateAfterMs, failAfterMs, random })
  return {
    to: 'wait',
    state: age >= lateAfterMs ? 'late' : 'waiting',
    againInMs: Math.ceil(Math.min(next, Math.max(1, atMostMs))),
    ...(reason !== undefined && { reason }),
  }
}
