/** The audit's part of the ledger (ports: `AuditLedger`, and `reconcile` of `RepairLedger`; docs/ledger.md). */
import type { AuditSummary } from '../domain/audit/report.ts'
import type { AuditLedger, Booking, RepairLedger } from '../ports.ts'
import { type Argument, asked, inParts, type RunScript, sum } from './calls.ts'
import type { LedgerConnection } from './connection.ts'

/** What was left of an audit is worth nothing when the versions have moved on: it is begun anew then. */
const LEFT_KEPT_SECONDS = 7 * 86_400

export function makeAuditLedger(needs: {
  readonly connection: LedgerConnection
  readonly run: RunScript
  /** What all keys of a pair begin with. */
  readonly keys: (pair: string) => string
  readonly bookingArguments: (booking: Booking) => Argument[]
}): AuditLedger & Pick<RepairLedger, 'reconcile'> {
  const { connection, run, keys, bookingArguments } = needs
  return {
    async reconcile(pair, bookings) {
      const parts = await inParts(bookings, (part) => run('reconcile', keys(pair), part.flatMap(bookingArguments)))
      const counts = parts as [received: number, reopened: number, open: number][]
      return {
        received: sum(counts.map(([received]) => received)),
        reopened: sum(counts.map(([, reopened]) => reopened)),
        open: sum(counts.map(([, , open]) => open)),
      }
    },

    async saveAudit(summary) {
      await asked('SET', connection.set(`${keys(summary.pair)}audit`, JSON.stringify(summary)))
    },

    async lastAudit(pair) {
      const text = await asked('GET', connection.get(`${keys(pair)}audit`))
      return text === null ? undefined : (JSON.parse(text) as AuditSummary)
    },

    async saveAuditLeft(pair, left) {
      const key = `${keys(pair)}audit:left`
      if (left === undefined) await asked('DEL', connection.del(key))
      else await asked('SET', connection.set(key, JSON.stringify(left), 'EX', LEFT_KEPT_SECONDS))
    },

    async auditLeft(pair) {
      const text = await asked('GET', connection.get(`${keys(pair)}audit:left`))
      return text === null ? undefined : (JSON.parse(text) as unknown)
    },
  }
}
