/** Holds a dump's lease while it is made: renewed by a timer, and lost when Redis has not confirmed it in its time. */
import { isLandfallError, LandfallError } from '../domain/errors.ts'
import type { Clock, DumpLease, DumpLedger, Log } from '../ports.ts'

export interface HeldLease {
  readonly lease: DumpLease
  /** Aborts with DUMP_LEASE_LOST. */
  readonly signal: AbortSignal
  /** Confirms it here and now. Throws DUMP_LEASE_LOST. */
  confirm(): Promise<void>
  /** Renews it no more, and gives it back. */
  release(): Promise<void>
}

/** Throws DUMP_RUNNING where another run has it. */
export async function holdLease(needs: {
  readonly ledger: Pick<DumpLedger, 'lease' | 'release'>
  readonly clock: Clock
  readonly log: Log
  readonly lease: DumpLease
  /** How long it stands without being renewed. */
  readonly ms: number
}): Promise<HeldLease> {
  const { ledger, clock, log, lease, ms } = needs
  if (!(await ledger.lease(lease, ms))) {
    throw new LandfallError('DUMP_RUNNING', `the dump ${lease.dump} is being made already`)
  }
  const lost = new AbortController()
  let until = clock.now() + ms
  let renewing: Promise<void> | undefined

  function lose(why: string): void {
    lost.abort(new LandfallError('DUMP_LEASE_LOST', `the lease on the dump ${lease.dump} is lost: ${why}`))
  }

  async function renew(): Promise<void> {
    // Counted from before the question: what Redis gives may have begun then.
    const asked = clock.now()
    try {
      if (await ledger.lease(lease, ms)) until = asked + ms
      else lose('another run has it')
    } catch (error) {
      const said = isLandfallError(error) ? error.message : String(error)
      if (clock.now() >= until) lose(`Redis did not renew it (${said})`)
      else log.warn({ dump: lease.dump, error: said }, 'the lease was not renewed; it is tried again')
    }
  }

  const timer = setInterval(() => {
    renewing ??= renew().finally(() => {
      renewing = undefined
    })
  }, ms / 6)
  timer.unref()

  return {
    lease,
    signal: lost.signal,
    async confirm() {
      lost.signal.throwIfAborted()
      await renew()
      lost.signal.throwIfAborted()
      // Not renewed, and not lost yet: Redis is away, and nobody else can take it either, but nothing proves that.
      if (until - clock.now() < ms / 2) lose('Redis does not confirm it')
      lost.signal.throwIfAborted()
    },
    async release() {
      clearInterval(timer)
      await renewing
      await ledger.release(lease).catch((error: unknown) => {
        log.warn({ dump: lease.dump, error: String(error) }, 'the lease was not given back; it ends by itself')
      })
    },
  }
}
