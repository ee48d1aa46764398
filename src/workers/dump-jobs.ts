/**
 * Jobs `dump-verify` and `drill`: `landfall dump verify --due` and `landfall drill dump` as child processes. Both find out
 * by the buckets what there is to do, so losing or doubling a job costs time only.
 */
import type { DrillReport, DumpVerified } from '../domain/dump/manifest.ts'
import { EXIT } from '../domain/errors.ts'
import type { Handler, Log } from '../ports.ts'
import { childFault, type Children } from './child-command.ts'

interface Needs {
  readonly dumps: ReadonlySet<string>
  readonly children: Children
  readonly log: Log
}

type DumpJob = Handler<{ readonly dump: string }>

export function makeVerifyDumps({ dumps, children, log }: Needs): DumpJob {
  return async ({ dump }, signal) => {
    if (!dumps.has(dump)) return { kind: 'done' }
    const ended = await children.run(['dump', 'verify', dump, '--due'], signal)
    const records = recordsOf(ended.code, ended.out)
    if (records === undefined) throw childFault('dump verify', dump, ended, 'DUMP_FAILED')
    for (const { key, verdict, checks, replica } of records) {
      if (verdict === 'verified') log.info({ dump, key, replica }, 'a dump was verified')
      else log.error({ dump, key, failed: failed(checks) }, 'a dump is not what it must be')
    }
    return { kind: 'done' }
  }
}

export function makeDrills({ dumps, children, log }: Needs): DumpJob {
  return async ({ dump }, signal) => {
    if (!dumps.has(dump)) return { kind: 'done' }
    const ended = await children.run(['drill', 'dump', dump], signal)
    const report = reportOf(ended.code, ended.out)
    if (report === undefined) throw childFault('drill dump', dump, ended, 'DUMP_FAILED')
    const { key, verdict, restoreSeconds, checks } = report
    if (verdict === 'restored') log.info({ dump, key, restoreSeconds }, 'a dump was restored by a drill')
    // Not tried again: its report stands, and the same bytes would fail again.
    else log.error({ dump, key, failed: failed(checks) }, 'a drill could not restore a dump')
    return { kind: 'done' }
  }
}

const isAnswer = (code: number | null): boolean => code === EXIT.ok || code === EXIT.atRisk

/** Undefined: it ended with an error, and not with records. */
function recordsOf(code: number | null, out: string): readonly DumpVerified[] | undefined {
  if (!isAnswer(code)) return undefined
  return (JSON.parse(out) as { verified?: readonly DumpVerified[] }).verified
}

function reportOf(code: number | null, out: string): DrillReport | undefined {
  if (!isAnswer(code)) return undefined
  const report = JSON.parse(out) as Partial<DrillReport>
  return report.verdict === undefined ? undefined : (report as DrillReport)
}

function failed(checks: DumpVerified['checks']): readonly string[] {
  return checks.filter(({ result }) => result === 'fail').map(({ check, detail }) => `${check}: ${detail}`)
}
