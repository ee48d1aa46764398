/**
 * What the service looks at by itself: at its start, in each container and without holding it up, and on a schedule, in one.
 * Each finding is a line of the log, as `landfall doctor --json` prints it, for whoever collects them.
 */
import { countsOf, type Finding } from '../domain/doctor/finding.ts'
import { documentOf } from '../domain/doctor/report.ts'
import { isLandfallError } from '../domain/errors.ts'
import type { Clock, Handler, Ledger, Log } from '../ports.ts'
import type { Doctor } from './doctor.ts'

export interface DoctorJobNeeds {
  readonly estate: string
  readonly doctor: Doctor
  readonly ledger: Pick<Ledger, 'setGauges'>
  readonly clock: Clock
  readonly log: Log
}

export interface DoctorJob {
  readonly handle: Handler<object>
  /** The quick form. Never rejects: it is nobody's business to wait for it. */
  atStart(): Promise<void>
  /** What is still being looked at is told of no more. */
  close(): void
}

export function makeDoctorJob({ estate, doctor, ledger, clock, log }: DoctorJobNeeds): DoctorJob {
  let closed = false

  function tell(findings: readonly Finding[]): void {
    if (closed) return
    const at = clock.now()
    for (const one of findings) {
      const finding = documentOf(one, { estate, at })
      if (one.level === 'fail') log.error({ finding }, 'finding')
      else if (one.level === 'warn') log.warn({ finding }, 'finding')
    }
    // One line for all of them: a role that may not look would else fill the log each day.
    const dark = findings.filter(({ level }) => level === 'unknown')
    const actions = [...new Set(dark.flatMap(({ mend }) => /^Grant (\S+) /.exec(mend?.say ?? '')?.[1] ?? []))]
    if (dark.length > 0) log.info({ looks: dark.length, actions }, 'some things could not be looked at')
    const { pass, warn, fail } = countsOf(findings)
    log.info({ passed: pass, warned: warn, failed: fail, unknown: dark.length }, 'looked at what landfall rests on')
  }

  return {
    async handle() {
      const findings = await doctor()
      tell(findings)
      const { warn, fail } = countsOf(findings)
      await ledger.setGauges({ doctorFailed: fail, doctorWarned: warn })
      return { kind: 'done' }
    },
    close() {
      closed = true
    },
    async atStart() {
      try {
        tell(await doctor({ quick: true }))
      } catch (error) {
        if (closed) return
        const code = isLandfallError(error) ? error.code : 'INTERNAL'
        log.warn({ code, err: error }, 'what landfall rests on could not be looked at')
      }
    },
  }
}
