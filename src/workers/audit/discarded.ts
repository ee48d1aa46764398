/** What a person gave up is no finding to act on. */
import type { Finding } from '../../domain/audit/finding.ts'
import { versionId63 } from '../../domain/version.ts'
import type { RepairLedger } from '../../ports.ts'
import type { Confirmed } from './confirm.ts'

export function isAtRiskFinding(finding: Finding): boolean {
  return finding.class === 'missing' || finding.class === 'mismatched'
}

/** The same answers in their order, those about discarded versions as `excluded`. */
export async function withoutDiscarded(
  all: readonly Confirmed[],
  { pair, discarded }: { readonly pair: string; readonly discarded?: RepairLedger['discarded'] | undefined },
): Promise<readonly Confirmed[]> {
  const ids = all.flatMap((one) =>
    one.kind === 'finding' && isAtRiskFinding(one.finding) ? [versionId63(one.finding)] : [],
  )
  if (discarded === undefined || ids.length === 0) return all
  const given = new Map((await discarded(pair, ids)).map((one) => [one.id, one]))
  return all.map((one) => {
    const up = one.kind === 'finding' && isAtRiskFinding(one.finding) ? given.get(versionId63(one.finding)) : undefined
    if (up === undefined || one.kind !== 'finding') return one
    const why = `${up.who} gave it up: ${up.reason}`
    return { kind: 'finding', finding: { ...one.finding, class: 'excluded', why } }
  })
}
