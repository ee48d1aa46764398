/**
 * The audit of one pair by listing: both buckets in ranges, joined, each suspicion confirmed, in steps that a checkpoint
 * keeps. Findings and checkpoint are written together, findings first: a killed audit that is resumed cuts the findings
 * back to where the checkpoint was, and finds what came after it once more.
 */
import type { AuditRules } from '../../domain/audit/classify.ts'
import { addCounts, type AuditCounts, type Finding, findingCounts, NO_COUNTS } from '../../domain/audit/finding.ts'
import { type Listed, makeMerge, type MergedBatch } from '../../domain/audit/merge.ts'
import { AUDIT_FORMAT, type AuditSummary } from '../../domain/audit/report.ts'
import type { Spill } from '../../domain/audit/spill.ts'
import { isLandfallError } from '../../domain/errors.ts'
import type { PairPolicy } from '../../domain/situation.ts'
import { versionId63 } from '../../domain/version.ts'
import type {
  Booking,
  Clock,
  Ledger,
  ObjectStore,
  Random,
  RepairLedger,
  SameBytes,
  Side,
  VersionLister,
} from '../../ports.ts'
import { makeLimit } from '../limit.ts'
import { type Confirmed, makeConfirm } from './confirm.ts'
import { makeCrew, type Working } from './crew.ts'
import { type Deep, isSampled, makeDeep } from './deep.ts'
import { isAtRiskFinding, withoutDiscarded } from './discarded.ts'
import { makePacer, type Pacer, type Pause } from './pacer.ts'
import { makePages } from './pages.ts'
import type { AuditState } from './state.ts'

export interface PairToAudit extends PairPolicy {
  readonly name: string
}

export interface AuditNeeds {
  readonly lister: VersionLister
  readonly objects: ObjectStore
  readonly sameBytes: SameBytes
  readonly openSpill: () => Promise<Spill>
  readonly clock: Clock
  readonly random: Random
  readonly pause: Pause
  /** Which versions had an event; absent: nobody is asked (Redis is down, or not wanted). */
  readonly known?: Ledger['known'] | undefined
  /** Versions that a person gave up are no finding to act on. */
  readonly discarded?: RepairLedger['discarded'] | undefined
  /** Books what is at risk; needed where the state says `repair`. */
  readonly reconcile?: RepairLedger['reconcile'] | undefined
}

/** Where an audit leaves what it finds. */
export interface AuditSink {
  /** Durable when it resolves. */
  write(findings: readonly Finding[]): Promise<void>
  /** Together with how far the findings were written. Durable when it resolves. */
  checkpoint(state: AuditState): Promise<void>
}

export interface AuditProgress {
  readonly compared: number
  readonly counts: AuditCounts
  /** A rough guess, 0 to 1. */
  readonly share: number
  /** Requests a second that the buckets allow; undefined: nothing is held back. */
  readonly perSecond: number | undefined
}

export interface AuditRun {
  readonly pair: PairToAudit
  readonly state: AuditState
  readonly sink: AuditSink
  /** Breaks off at once; what is not checkpointed is done again. */
  readonly signal?: AbortSignal | undefined
  /** Asked after each batch: true ends it in good order, with a checkpoint. */
  readonly enough?: (() => boolean) | undefined
  readonly onProgress?: ((progress: AuditProgress) => void) | undefined
}

export type Audited =
  | { readonly kind: 'done'; readonly summary: AuditSummary }
  | { readonly kind: 'left'; readonly state: AuditState }

export type Audit = (run: AuditRun) => Promise<Audited>

/** Ranges that are read at one time, each of both sides. */
export const LANES = 12
/** Looks at one time: with the listings' requests within the 50 sockets that a client has at least. */
export const LOOKS = 24
const BATCH = 1000
const SAVE_MS = 2_000
/** Findings in memory at most; lanes wait for the next save then. */
const UNSAVED = 5_000
/** As long as the ledger surely remembers an event (ledger/limits.ts). */
const MEMORY_MS = 14 * 86_400_000

/** Rejects with the `LandfallError` that ended it; the last checkpoint stands. */
export function makeAudit(needs: AuditNeeds): Audit {
  return async (run) => {
    const lifecycle = {
      source: await needs.lister.lifecycle({ pair: run.pair.name, side: 'source' }),
      destination: await needs.lister.lifecycle({ pair: run.pair.name, side: 'destination' }),
    }
    const rules: AuditRules = { policy: run.pair, startedAt: run.state.startedAt, lifecycle }
    return auditPair(needs, run, rules)
  }
}

async function auditPair(needs: AuditNeeds, run: AuditRun, rules: AuditRules): Promise<Audited> {
  const { pair, state, sink, signal } = run
  const pacers = { source: makePacer(needs), destination: makePacer(needs) }
  const looks = makeLimit(LOOKS)
  const objects = paced(needs.objects, pacers, looks)
  const confirm = makeConfirm({ objects, pair, rules, signal })
  const deep = makeDeep({ objects, sameBytes: needs.sameBytes, pair: pair.name, signal })
  const crew = makeCrew(state.ranges, (working) => async (marker) => {
    // Where the source has nothing, the destination's keys are what there is to spread.
    const side = empty.has(working) ? 'destination' : 'source'
    const at = { pair: pair.name, side, after: { key: marker }, max: 1, signal } as const
    const page = await pacers[side].run(() => needs.lister.page(at), signal)
    return page.versions[0]?.key
  })
  const empty = new WeakSet<Working>()

  let counts = state.counts
  let { heard, read, booked } = state
  let unsaved: Finding[] = []
  let savedAt = needs.clock.now()
  let saving: Promise<void> | undefined
  /** A save failed: what it had in hand is nowhere, so no later one may say that it was done. */
  let broken = false
  let deaf = false

  async function work(range: Working): Promise<'ended' | 'stopped'> {
    const pages = (side: Side) =>
      makePages({
        after: range.after,
        upTo: () => range.upTo,
        fetch: (after, upTo) =>
          pacers[side].run(() => needs.lister.page({ pair: pair.name, side, after, upTo, signal }), signal),
      })
    let sampled: [Listed, Listed][] = []
    let recent: string[] = []
    let before: Promise<Settled> | undefined
    const merge = makeMerge({
      source: pages('source'),
      destination: pages('destination'),
      rules,
      openSpill: needs.openSpill,
      ...(state.deep > 0 && {
        onMatch: (source, destination) => {
          if (source.kind === 'object' && isSampled(state.seed, state.deep, source)) sampled.push([source, destination])
        },
      }),
      ...(needs.known !== undefined && {
        onSource: (version) => {
          if (isRemembered(version, rules)) recent.push(versionId63(version))
        },
      }),
    })
    range.position = () => merge.position
    range.cut = (upTo) => merge.cut(upTo)
    for (;;) {
      signal?.throwIfAborted()
      const batch = await merge.batch(BATCH)
      range.first ??= merge.first
      const settling = settle(batch, sampled, recent)
      // Its failure is told where it is awaited: the next batch is joined meanwhile.
      settling.catch(() => {})
      sampled = []
      recent = []
      if (batch.compared === 0) empty.add(range)
      else empty.delete(range)
      if (before !== undefined) commit(range, await before)
      before = settling
      if (run.enough?.() === true) crew.stop()
      if (batch.ended || crew.stopped) {
        commit(range, await before)
        if (batch.ended) range.after = range.upTo ?? range.after
        return batch.ended ? 'ended' : 'stopped'
      }
      crew.moved()
      if (needs.clock.now() - savedAt >= SAVE_MS || unsaved.length >= UNSAVED) await save()
    }
  }

  async function settle(
    batch: MergedBatch,
    sampled: readonly (readonly [Listed, Listed])[],
    recent: readonly string[],
  ): Promise<Settled> {
    const [confirmed, deeply, known] = await Promise.all([
      confirmAll(batch.findings),
      Promise.all(sampled.map(([source, destination]) => deep(source, destination))),
      recent.length === 0 ? undefined : askedFor(recent),
    ])
    return { batch, confirmed, deeply, asked: recent.length, known }
  }

  /** Nothing waits in here: a checkpoint has all of a batch or none of it. */
  function commit(range: Working, { batch, confirmed, deeply, asked, known }: Settled): void {
    const found = confirmed.flatMap((one) => (one.kind === 'finding' ? [one.finding] : []))
    const different = deeply.flatMap((one) => (typeof one === 'string' ? [] : [one.finding]))
    counts = addCounts(counts, {
      ...tally([...found, ...different]),
      compared: batch.compared,
      matched: batch.matched + confirmed.filter(isMatched).length - different.length,
      unverified: confirmed.filter(({ kind }) => kind === 'unverified').length,
    })
    read = {
      checked: read.checked + deeply.length,
      different: read.different + different.length,
      unproven: read.unproven + deeply.filter((one) => one === 'unproven').length,
    }
    if (known !== undefined) heard = { asked: heard.asked + asked, unheard: heard.unheard + asked - known.size }
    for (const finding of found) unsaved.push(finding)
    for (const finding of different) unsaved.push(finding)
    range.after = batch.upTo ?? range.after
    range.batches += 1
    report()
  }

  async function confirmAll(findings: readonly Finding[]): Promise<readonly Confirmed[]> {
    const keys = Map.groupBy(findings, ({ key }) => key)
    const confirmed = (await Promise.all([...keys.values()].map(confirm))).flat()
    return withoutDiscarded(confirmed, { pair: pair.name, discarded: needs.discarded })
  }

  /** The share of versions without an event is worth nothing beside the audit itself: without the ledger it goes on. */
  async function askedFor(ids: readonly string[]): Promise<ReadonlySet<string> | undefined> {
    if (deaf) return undefined
    try {
      return await needs.known?.(pair.name, ids)
    } catch (error) {
      if (!isLandfallError(error)) throw error
      deaf = true
      return undefined
    }
  }

  /** One at a time; who comes while one runs waits for that one, and leaves its own to the next. */
  function save(): Promise<void> {
    saving ??= saveNow()
      .catch((error: unknown) => {
        broken = true
        throw error
      })
      .finally(() => {
        saving = undefined
      })
    return saving
  }

  async function saveNow(): Promise<void> {
    savedAt = needs.clock.now()
    const findings = unsaved
    unsaved = []
    const moment: AuditState = { ...state, ranges: crew.left(), counts, heard, read, booked }
    await sink.write(findings)
    if (state.repair && needs.reconcile !== undefined) {
      const bookings = findings.flatMap((finding) => bookingOf(finding, rules.startedAt))
      const result = await needs.reconcile(pair.name, bookings)
      booked = {
        received: booked.received + result.received,
        reopened: booked.reopened + result.reopened,
        open: booked.open + result.open,
      }
    }
    await sink.checkpoint({ ...moment, booked })
  }

  function report(): void {
    const perSecond = pacers.source.perSecond ?? pacers.destination.perSecond
    run.onProgress?.({ compared: counts.compared, counts, share: crew.done(), perSecond })
  }

  try {
    await crew.run(LANES, work)
  } finally {
    await saving?.catch(() => {})
    if (!broken) await save()
  }
  const left = crew.left()
  if (left.length > 0) return { kind: 'left', state: { ...state, ranges: left, counts, heard, read, booked } }
  const summary: AuditSummary = {
    format: AUDIT_FORMAT,
    pair: pair.name,
    how: 'listing',
    startedAt: state.startedAt,
    endedAt: needs.clock.now(),
    counts,
    ...(needs.known !== undefined && !deaf && { heard }),
    ...(state.deep > 0 && { deep: read }),
    ...(state.repair && { booked }),
    notes: [
      ...notesOf(rules),
      ...(deaf ? ['The ledger does not answer: which versions never had an event is not known.'] : []),
    ],
  }
  return { kind: 'done', summary }
}

/** A batch with all that was to be found out about it. */
interface Settled {
  readonly batch: MergedBatch
  readonly confirmed: readonly Confirmed[]
  readonly deeply: readonly Deep[]
  /** Of how many versions the ledger was asked. */
  readonly asked: number
  readonly known: ReadonlySet<string> | undefined
}

export function paced(
  objects: ObjectStore,
  pacers: Readonly<Record<Side, Pacer>>,
  looks: ReturnType<typeof makeLimit>,
): ObjectStore {
  return {
    head: (at) => looks(() => pacers[at.side].run(() => objects.head(at), at.signal)),
    listVersion: (at) => looks(() => pacers[at.side].run(() => objects.listVersion(at), at.signal)),
    listKey: (at) => looks(() => pacers[at.side].run(() => objects.listKey(at), at.signal)),
  }
}

export function isMatched({ kind }: Confirmed): boolean {
  return kind === 'matched' || kind === 'unverified'
}

export function tally(findings: readonly Finding[]): AuditCounts {
  if (findings.length === 0) return NO_COUNTS
  const of = Map.groupBy(findings, (finding) => finding.class)
  return { ...NO_COUNTS, findings: findingCounts((name) => of.get(name)?.length ?? 0) }
}

/** Old enough that its event must have come, young enough that the ledger would remember it. */
function isRemembered({ lastModified }: Listed, { startedAt, policy }: AuditRules): boolean {
  if (lastModified === undefined) return false
  return lastModified > startedAt - MEMORY_MS && lastModified <= startedAt - policy.lateAfterMs
}

/** What is at risk; due at once. */
export function bookingOf(finding: Finding, startedAt: number): readonly Booking[] {
  if (!isAtRiskFinding(finding)) return []
  const { key, versionId, kind, source } = finding
  const version = {
    id: versionId63({ key, versionId }),
    key,
    versionId,
    kind,
    ...(source?.size === undefined ? {} : { size: source.size }),
    ...(source?.etag === undefined ? {} : { etag: source.etag }),
    eventTime: source?.lastModified ?? startedAt,
  }
  return [{ version, dueInMs: 0 }]
}

export function notesOf({ lifecycle }: AuditRules): readonly string[] {
  return (['source', 'destination'] as const).flatMap((side) => {
    const known = lifecycle[side]
    if (known.kind === 'known') return []
    return [
      `The ${side}'s lifecycle may not be read, so that delete markers which it may have made are called extra: grant ${known.grant}.`,
    ]
  })
}
