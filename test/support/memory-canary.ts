/** The canary's part of the ledger, in memory. */
import type { Canary, CanaryStep } from '../../src/domain/canary.ts'
import type { CanaryLedger } from '../../src/ports.ts'

interface Kept {
  canary?: Canary
  readonly early: Map<CanaryStep, { readonly versionId: string; readonly at: number }>
}

export function makeMemoryCanary(now: () => number): CanaryLedger & { of(pair: string): Canary | undefined } {
  const kept = new Map<string, Kept>()

  function keptOf(pair: string): Kept {
    const known = kept.get(pair) ?? { early: new Map() }
    kept.set(pair, known)
    return known
  }

  function apply(of: Kept, step: CanaryStep, at: number): void {
    const { unseenSince, unlandedSince, ...rest } = of.canary!
    of.canary =
      step === 'seen'
        ? { seenAt: at, ...rest, ...(unlandedSince !== undefined && { unlandedSince }) }
        : { landedAt: at, ...rest, ...(unseenSince !== undefined && { unseenSince }) }
  }

  return {
    of: (pair) => kept.get(pair)?.canary,
    async canaryWritten(pair, versionId) {
      const of = keptOf(pair)
      const at = now()
      const { unseenSince = at, unlandedSince = at } = of.canary ?? {}
      of.canary = { versionId, writtenAt: at, unseenSince, unlandedSince }
      for (const [step, early] of of.early) if (early.versionId === versionId) apply(of, step, early.at)
    },
    async canaryStep({ pair, step, versionId }) {
      const of = keptOf(pair)
      const known = of.canary !== undefined && (versionId === '' || versionId === of.canary.versionId)
      if (known) apply(of, step, now())
      else of.early.set(step, { versionId, at: now() })
    },
    canary: async (pair) => kept.get(pair)?.canary,
  }
}
