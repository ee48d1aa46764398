/** The canary's part of the ledger (docs/ledger.md, `canary`). */
import type { Canary } from '../domain/canary.ts'
import type { CanaryLedger } from '../ports.ts'
import { asked, type RunScript } from './calls.ts'
import type { LedgerConnection } from './connection.ts'

export function makeCanaryLedger(needs: {
  readonly connection: LedgerConnection
  readonly run: RunScript
  /** What all keys of a pair begin with. */
  readonly keys: (pair: string) => string
}): CanaryLedger {
  const { connection, run, keys } = needs
  const keyOf = (pair: string): string => `${keys(pair)}canary`
  return {
    async canaryWritten(pair, versionId) {
      await run('canary', keyOf(pair), ['written', versionId])
    },
    async canaryStep({ pair, step, versionId }) {
      await run('canary', keyOf(pair), [step, versionId])
    },
    async canary(pair) {
      return canaryOf(await asked('HGETALL', connection.hgetall(keyOf(pair))))
    },
  }
}

function canaryOf(hash: Readonly<Record<string, string>>): Canary | undefined {
  const { version, written, seen, landed, unseen, unlanded } = hash
  if (version === undefined || written === undefined) return undefined
  return {
    versionId: version,
    writtenAt: Number(written),
    ...(seen === undefined ? {} : { seenAt: Number(seen) }),
    ...(landed === undefined ? {} : { landedAt: Number(landed) }),
    ...(unseen === undefined ? {} : { unseenSince: Number(unseen) }),
    ...(unlanded === undefined ? {} : { unlandedSince: Number(unlanded) }),
  }
}
