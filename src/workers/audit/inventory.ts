/**
 * The audit of one pair by its inventories: takes what their join found, confirms it as the audit by listing does (an
 * inventory is hours old), writes it, and books what is at risk where it is told to. Without checkpoints: the join of
 * ten million rows takes less than a minute, and is made again.
 */
import { type AuditRules, isByEtagAlone } from '../../domain/audit/classify.ts'
import { addCounts, type AuditCounts, type Finding, NO_COUNTS } from '../../domain/audit/finding.ts'
import { AUDIT_FORMAT, type AuditSummary } from '../../domain/audit/report.ts'
import type { Clock, ObjectStore, Random, Reconciled, RepairLedger } from '../../ports.ts'
import { makeLimit } from '../limit.ts'
import { type Confirmed, type ConfirmKey, makeConfirm } from './confirm.ts'
import { withoutDiscarded } from './discarded.ts'
import { bookingOf, isMatched, LOOKS, notesOf, paced, type PairToAudit, tally } from './engine.ts'
import { makePacer, type Pause } from './pacer.ts'

export interface InventoryAuditNeeds {
  readonly objects: ObjectStore
  readonly clock: Clock
  readonly random: Random
  readonly pause: Pause
  /** Versions that a person gave up are no finding to act on. */
  readonly discarded?: RepairLedger['discarded'] | undefined
  /** Books what is at risk; needed where `repair` is set. */
  readonly reconcile?: RepairLedger['reconcile'] | undefined
}

export interface InventoryRun {
  readonly pair: PairToAudit
  readonly rules: AuditRules
  /** What the join found, all of one key together; returns what it compared. */
  readonly findings: AsyncGenerator<Finding, Pick<AuditCounts, 'compared' | 'matched'>>
  /** Look at the very version of each suspicion. */
  readonly confirm: boolean
  readonly repair: boolean
  readonly write: (findings: readonly Finding[]) => Promise<void>
  readonly notes: readonly string[]
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((counts: AuditCounts) => void) | undefined
}

/** Findings that are confirmed at one time, at least; a key's are never split. */
const BATCH = 1000

/** Rejects with the `LandfallError` that ended it; what was written until then stands. */
export async function auditInventories(needs: InventoryAuditNeeds, run: InventoryRun): Promise<AuditSummary> {
  const { pair, rules, signal } = run
  const confirm = run.confirm ? makeConfirmed(needs, run) : unconfirmed(rules)
  let counts = NO_COUNTS
  let booked: Reconciled = { received: 0, reopened: 0, open: 0 }

  async function settle(batch: readonly Finding[]): Promise<void> {
    const keys = Map.groupBy(batch, ({ key }) => key)
    const confirmed = (await Promise.all([...keys.values()].map(confirm))).flat()
    const settled = await withoutDiscarded(confirmed, { pair: pair.name, discarded: needs.discarded })
    const found = settled.flatMap((one) => (one.kind === 'finding' ? [one.finding] : []))
    await run.write(found)
    if (run.repair && needs.reconcile !== undefined) {
      const bookings = found.flatMap((finding) => bookingOf(finding, rules.startedAt))
      const result = bookings.length === 0 ? undefined : await needs.reconcile(pair.name, bookings)
      if (result !== undefined) booked = sum(booked, result)
    }
    counts = addCounts(counts, {
      ...tally(found),
      matched: settled.filter(isMatched).length,
      unverified: settled.filter(({ kind }) => kind === 'unverified').length,
    })
    run.onProgress?.(counts)
  }

  let batch: Finding[] = []
  for (;;) {
    signal?.throwIfAborted()
    const next = await run.findings.next()
    if (next.done === true) {
      await settle(batch)
      counts = addCounts(counts, { ...NO_COUNTS, ...next.value })
      break
    }
    if (batch.length >= BATCH && batch.at(-1)!.key !== next.value.key) {
      await settle(batch)
      batch = []
    }
    batch.push(next.value)
  }
  return {
    format: AUDIT_FORMAT,
    pair: pair.name,
    how: 'inventory',
    startedAt: rules.startedAt,
    endedAt: needs.clock.now(),
    counts,
    ...(run.repair && { booked }),
    notes: [
      ...run.notes,
      ...notesOf(rules),
      ...(run.confirm ? [] : ['Nothing was looked at again (--no-confirm): some of it may have landed since.']),
    ],
  }
}

function makeConfirmed(needs: InventoryAuditNeeds, { pair, rules, signal }: InventoryRun): ConfirmKey {
  const pacers = { source: makePacer(needs), destination: makePacer(needs) }
  const objects = paced(needs.objects, pacers, makeLimit(LOOKS))
  return makeConfirm({ objects, pair, rules, signal })
}

/** Same size and another ETag proves nothing (SSE-KMS, other parts): without a look it is matched, and unverified. */
function unconfirmed({ policy }: AuditRules): ConfirmKey {
  return async (findings) =>
    findings.map((finding): Confirmed =>
      isByEtagAlone(finding) && policy.match === 'version' ? { kind: 'unverified' } : { kind: 'finding', finding },
    )
}

function sum(one: Reconciled, other: Reconciled): Reconciled {
  return {
    received: one.received + other.received,
    reopened: one.reopened + other.reopened,
    open: one.open + other.open,
  }
}
