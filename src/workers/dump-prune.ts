/**
 * Prunes one dump's bucket by its retention. What may go is decided on a fresh catalog; each version goes by its id, the
 * dump before its documents, and what S3 refuses stays and is told of.
 */
import { type CatalogEntry, documentId } from '../domain/dump/catalog.ts'
import { planRetention, type Retained, type RetentionCounts, type RetentionPlan } from '../domain/dump/retention.ts'
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Clock, DumpRemover, DumpStore } from '../ports.ts'
import type { CatalogReader } from './dump-catalog.ts'

export interface PruneEntry {
  readonly entry: CatalogEntry
  /** Why it is kept; empty for what is pruned. */
  readonly why: readonly string[]
}

export interface PrunePlan {
  readonly kept: readonly PruneEntry[]
  readonly pruned: readonly PruneEntry[]
  readonly refused?: string | undefined
}

export interface Pruned {
  /** Dumps that are gone. */
  readonly dumps: number
  /** Versions that are gone, documents included. */
  readonly versions: number
  readonly bytes: number
  /** What S3 would not delete: a lock that nobody may read, MFA delete, a missing grant. */
  readonly refused: readonly { readonly key: string; readonly why: string }[]
}

export async function planPrune(needs: {
  readonly dump: { readonly retention: RetentionCounts; readonly freshMs: number }
  readonly catalog: CatalogReader
  readonly clock: Clock
}): Promise<PrunePlan> {
  const { dump, catalog, clock } = needs
  const entries = (await catalog.read({ locks: true })).filter(({ here }) => here !== undefined)
  const byId = new Map(entries.map((entry) => [idOf(entry), entry]))
  const plan: RetentionPlan = planRetention({
    dumps: entries.map((entry): Retained => ({
      id: idOf(entry),
      at: entry.at,
      state: entry.state,
      lockedUntil: entry.lockedUntil,
    })),
    retention: dump.retention,
    freshMs: dump.freshMs,
    now: clock.now(),
  })
  return {
    kept: plan.kept.map(({ dump: { id }, why }) => ({ entry: byId.get(id)!, why })),
    pruned: plan.pruned.map(({ id }) => ({ entry: byId.get(id)!, why: [] })),
    ...(plan.refused !== undefined && { refused: plan.refused }),
  }
}

/** Throws DUMP_MISSING, before anything is deleted, where the last verified dump cannot be seen any more. */
export async function prune(needs: {
  readonly plan: PrunePlan
  readonly store: Pick<DumpStore, 'head'>
  readonly remover: DumpRemover
  readonly signal?: AbortSignal | undefined
  readonly onStep?: ((done: number, of: number) => void) | undefined
}): Promise<Pruned> {
  const { plan, store, remover, signal, onStep } = needs
  const total = { dumps: 0, versions: 0, bytes: 0 }
  const refused: { key: string; why: string }[] = []
  if (plan.pruned.length > 0) await mustStand(plan, store)
  for (const [index, { entry }] of plan.pruned.entries()) {
    if (signal?.aborted === true) break
    onStep?.(index, plan.pruned.length)
    try {
      const { versionId, size } = entry.here!
      await remover.remove({ key: entry.key, versionId })
      total.dumps += 1
      total.versions += 1
      total.bytes += size
      for (const document of entry.documents) {
        await remover.remove(document)
        total.versions += 1
      }
    } catch (error) {
      if (!isLandfallError(error) || error.code !== 'ACCESS_DENIED') throw error
      refused.push({ key: entry.key, why: error.message })
    }
  }
  return { ...total, refused }
}

/** Between plan and deed somebody may have deleted what everything rests on. */
async function mustStand({ kept }: PrunePlan, store: Pick<DumpStore, 'head'>): Promise<void> {
  const last = kept.find(({ entry, why }) => entry.state === 'verified' && why.includes('the last verified'))?.entry
  const found = last?.here && (await store.head({ key: last.key, versionId: last.here.versionId }))
  if (found !== undefined && found.size === last?.here?.size) return
  throw new LandfallError(
    'DUMP_MISSING',
    `the last verified dump ${last?.key ?? ''} cannot be seen: nothing was pruned`,
  )
}

const idOf = ({ key, here }: CatalogEntry): string => documentId({ key, versionId: here!.versionId })
