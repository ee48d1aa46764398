/** A verified dump whose replica was not there yet: only the replica is looked at again, and the record written anew. */
import type { CatalogEntry } from '../domain/dump/catalog.ts'
import type { DumpVerified } from '../domain/dump/manifest.ts'
import { verifiedKey } from '../domain/dump/name.ts'
import type { Clock, DumpStore } from '../ports.ts'
import { compareReplica } from './dump-replica.ts'

/** Undefined: it is still not there. */
export function makeRecheckReplica(needs: {
  readonly store: Pick<DumpStore, 'head' | 'putDocument'>
  readonly replica: Pick<DumpStore, 'head' | 'read'>
  readonly clock: Clock
}): (entry: CatalogEntry, signal: AbortSignal) => Promise<DumpVerified | undefined> {
  const { store, replica, clock } = needs
  return async ({ key, here, verified }, signal) => {
    const which = { key, versionId: here!.versionId }
    const head = await store.head(which)
    if (head === undefined || verified?.stored === undefined) return undefined
    const found = await compareReplica({ replica, which, head, sha256: verified.stored.sha256, signal })
    if (found.result === 'pending') return undefined
    const good = found.result === 'same'
    const checks = verified.checks.map((check) =>
      check.check === 'replica'
        ? { check: 'replica', result: good ? ('pass' as const) : ('fail' as const), detail: found.detail }
        : check,
    )
    const record: DumpVerified = {
      ...verified,
      at: new Date(clock.now()).toISOString(),
      verdict: good ? verified.verdict : 'failed',
      checks,
      replica: found.result,
    }
    await store.putDocument({ key: verifiedKey(key), body: `${JSON.stringify(record, null, 2)}\n` })
    return record
  }
}
