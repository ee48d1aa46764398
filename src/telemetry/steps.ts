/**
 * What happens to versions, told to whoever listens: to the log at `debug` (log-steps.ts), to OpenTelemetry (spans.ts).
 *
 * The listeners stand around the ledger, the looks and the intake, and nobody in there knows of them: where none listens,
 * nothing stands there, and nothing is paid.
 */
import type { BucketEvent } from '../domain/events/index.ts'
import { byReplication, eventId } from '../domain/routing.ts'
import type { Settlement } from '../domain/settlement.ts'
import type { OpenVersion, VersionId63 } from '../domain/version.ts'
import type { Booking, IntakeHandler, IntakeMessage, Ledger, Look, ObjectStore, RepairLedger } from '../ports.ts'

/** A span's name, and what the log says when it is over. */
export const STEPS = {
  receive: 'an event was taken in',
  book: 'booked',
  arrive: 'arrived',
  nudge: 'nudged',
  reopen: 'reopened',
  reconcile: 'booked by an audit',
  verify: 'verified',
  look: 'looked',
  settle: 'settled',
  claim: 'claimed for a re-drive',
  redrive: 're-driven',
  discard: 'discarded',
} as const
export type Step = keyof typeof STEPS

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>

export interface StepVersion {
  readonly id: VersionId63
  readonly attributes?: Attributes
}

export interface Steps {
  /** One batch of messages, and all that is done with it. */
  batch<T>(messages: readonly IntakeMessage[], work: () => Promise<T>): Promise<T>
  /** An event came in a message. `first`: it says that the version was written, and all else hangs from it. */
  event(message: IntakeMessage, event: Attributes, of: { readonly id: VersionId63; readonly first: boolean }): void
  /** One thing is done with several versions of a pair. */
  all<T>(step: Step, pair: string, versions: readonly StepVersion[], work: () => Promise<T>): Promise<T>
  /** One version's case: the looks within belong to it. */
  one<T>(
    step: Step,
    pair: string,
    version: StepVersion,
    work: () => Promise<T>,
    tell: (result: T) => Attributes,
  ): Promise<T>
  /** A look, within a case or by itself. */
  look<T>(
    at: {
      readonly pair: string
      readonly side: string
      readonly key: string
      readonly versionId?: string
      how: string
    },
    work: () => Promise<T>,
    tell: (result: T) => Attributes,
  ): Promise<T>
}

type Watched = Pick<Ledger, 'book' | 'arrive' | 'nudge' | 'reopen' | 'settle'> &
  Pick<RepairLedger, 'reconcile' | 'claim' | 'unclaim' | 'discard'>

/** The same ledger; it must not use `this`. */
export function watchLedger<L extends Watched>(ledger: L, steps: Steps): L {
  const watched: Watched = {
    book: (pair, bookings) => steps.all('book', pair, bookings.map(booked), () => ledger.book(pair, bookings)),
    reopen: (pair, bookings) => steps.all('reopen', pair, bookings.map(booked), () => ledger.reopen(pair, bookings)),
    reconcile: (pair, bookings) =>
      steps.all('reconcile', pair, bookings.map(booked), () => ledger.reconcile(pair, bookings)),
    arrive: (pair, arrivals) => steps.all('arrive', pair, arrivals.map(idOnly), () => ledger.arrive(pair, arrivals)),
    nudge: (pair, items) =>
      steps.all(
        'nudge',
        pair,
        items.map(({ id, reason }) => ({ id, attributes: { reason } })),
        () => ledger.nudge(pair, items),
      ),
    settle: (pair, settlements) =>
      steps.all('settle', pair, settlements.map(settled), () => ledger.settle(pair, settlements)),
    claim: (pair, claim) => {
      const { token, strategy } = claim
      const versions = claim.ids.map((id) => ({ id, attributes: { redrive: token, strategy } }))
      return steps.all('claim', pair, versions, () => ledger.claim(pair, claim))
    },
    unclaim: (pair, token, items) => {
      const versions = items.map(({ id, outcome, replicaId }) => ({
        id,
        attributes: { redrive: token, outcome, replicaId },
      }))
      return steps.all('redrive', pair, versions, () => ledger.unclaim(pair, token, items))
    },
    discard: (pair, discarded) => {
      const versions = discarded.map(({ id, who, reason }) => ({ id, attributes: { who, reason } }))
      return steps.all('discard', pair, versions, () => ledger.discard(pair, discarded))
    },
  }
  return { ...ledger, ...watched }
}

export function watchObjects(objects: ObjectStore, steps: Steps): ObjectStore {
  return {
    head: (at) => steps.look({ ...at, how: 'head' }, () => objects.head(at), seen),
    listVersion: (at) => steps.look({ ...at, how: 'list' }, () => objects.listVersion(at), seen),
    listKey: (at) =>
      steps.look(
        { ...at, how: 'key' },
        () => objects.listKey(at),
        ({ length }) => ({ versions: length }),
      ),
  }
}

type Case = (
  pair: never,
  version: OpenVersion,
  signal: AbortSignal,
) => Promise<Settlement extends infer S ? (S extends unknown ? Omit<S, 'lease'> : never) : never>

export function watchInvestigate<I extends Case>(investigate: I, steps: Steps): I {
  const watched = (pair: { readonly name: string }, version: OpenVersion, signal: AbortSignal) => {
    const { id, state, looks } = version
    const attributes = { ...nameOf(version), before: state, looks }
    const work = () => investigate(pair as never, version, signal)
    return steps.one('verify', pair.name, { id, attributes }, work, (found) => fateOf(found as Settlement))
  }
  return watched as unknown as I
}

export function watchIntake(handler: IntakeHandler, steps: Steps): IntakeHandler {
  return (messages) => steps.batch(messages, () => handler(messages))
}

/** For workers/intake.ts, which alone knows which message an event came in. `sources`: buckets that pairs have as theirs. */
export function watchEvents(
  steps: Steps,
  sources: ReadonlySet<string>,
): (message: IntakeMessage, event: BucketEvent) => void {
  return (message, event) => {
    const { name, bucket, key, versionId } = event
    const wrote = (event.kind === 'created' || event.kind === 'marker') && !byReplication(event)
    const of = { id: eventId(event), first: wrote && sources.has(bucket) }
    steps.event(message, { event: name, bucket, key, versionId }, of)
  }
}

function booked({ version }: Booking): StepVersion {
  return { id: version.id, attributes: { ...nameOf(version), kind: version.kind, size: version.size } }
}

function settled(settlement: Settlement): StepVersion {
  return { id: settlement.id, attributes: fateOf(settlement) }
}

function fateOf(settlement: Settlement): Attributes {
  switch (settlement.to) {
    case 'wait':
      return { to: 'wait', state: settlement.state, againInMs: settlement.againInMs }
    case 'park':
      return { to: 'park', state: settlement.state, reason: settlement.reason }
    case 'close': {
      const { verdict, evidence, lag } = settlement
      return { to: 'close', verdict, evidence, ...(lag !== undefined && { lagMs: lag.ms, lagBound: lag.bound }) }
    }
  }
}

function nameOf({ key, versionId }: { readonly key: string; readonly versionId: string }): Attributes {
  return { key, versionId }
}

function idOnly({ id }: { readonly id: VersionId63 }): StepVersion {
  return { id }
}

function seen(look: Look): Attributes {
  switch (look.kind) {
    case 'object':
      return { found: 'object', replication: look.replication }
    case 'refused':
      return { found: 'refused', status: look.status }
    case 'marker':
    case 'absent':
      return { found: look.kind }
  }
}
