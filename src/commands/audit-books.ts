/** The ledger, as an audit uses it: to book what it found, and to keep its counts. */
import type { Estate } from '../config/estate.ts'
import type { AuditSummary } from '../domain/audit/report.ts'
import { isLandfallError } from '../domain/errors.ts'
import { connectLedger } from '../ledger/connection.ts'
import { makeLedger, type RedisLedger } from '../ledger/ledger.ts'
import { systemClock } from '../system.ts'
import type { Progress } from './progress.ts'

/** A repair waits for Redis; else one that does not answer soon is done without. */
const REDIS_WAIT_MS = { repair: 10_000, counts: 500 } as const

export interface Books {
  readonly ledger?: RedisLedger | undefined
  readonly trouble?: string | undefined
  close(): void
}

/** Only a repair needs the ledger. Without one the audit goes on, and its counts stay in the report. */
export async function openBooks(estate: Estate, repair: boolean, progress: Progress): Promise<Books> {
  const { redis } = estate.service
  try {
    const connectTimeoutMs = repair ? REDIS_WAIT_MS.repair : REDIS_WAIT_MS.counts
    const connection = await connectLedger(redis.url, { cluster: redis.cluster, connectTimeoutMs })
    const ledger = makeLedger({ connection, clock: systemClock, durability: redis.durability })
    return { ledger, close: () => connection.disconnect() }
  } catch (error) {
    if (repair || !isLandfallError(error)) throw error
    const trouble = `the counts are not written to the ledger: ${error.code}: ${error.message}`
    progress.say(`landfall: ${trouble}`)
    return { trouble, close: () => {} }
  }
}

/** What went wrong, where something did: the audit stands without it. */
export async function saveAudit(ledger: RedisLedger | undefined, summary: AuditSummary): Promise<string | undefined> {
  try {
    await ledger?.saveAudit(summary)
    return undefined
  } catch (error) {
    if (!isLandfallError(error)) throw error
    return `the counts of ${summary.pair} are not written to the ledger: ${error.code}: ${error.message}`
  }
}

/** Writes a repair into the record of who did what. The same: what is booked stays booked without it. */
export async function recordRepair(
  ledger: RedisLedger | undefined,
  { pair, booked }: AuditSummary,
  who: string,
): Promise<string | undefined> {
  const { received = 0, reopened = 0, open = 0 } = booked ?? {}
  const reason = `booked ${received} unheard of and ${reopened} that had landed; ${open} were open already`
  try {
    await ledger?.record({ who, what: 'audit', pair, count: received + reopened, reason })
    return undefined
  } catch (error) {
    if (!isLandfallError(error)) throw error
    return `the repair of ${pair} is not in the record of who did what: ${error.code}: ${error.message}`
  }
}
