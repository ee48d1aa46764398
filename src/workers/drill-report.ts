/** Where reports of drills go: beside the snapshot, in the region that Landfall lives in, and into a folder where asked. */
import { drillPage, replicasPage } from '../domain/dump/drill-page.ts'
import { type DrillReport, type ReplicasDrill, reportName } from '../domain/dump/manifest.ts'
import type { DumpStore } from '../ports.ts'

export interface ReportFiles {
  /** `<time>.json` and `<time>.html`. */
  readonly files: readonly { readonly name: string; readonly body: string; readonly contentType: string }[]
}

export function filesOf(report: DrillReport | ReplicasDrill): ReportFiles {
  const name = reportName(report.startedAt)
  const page = 'pair' in report ? replicasPage(report) : drillPage(report)
  return {
    files: [
      { name: `${name}.html`, body: page, contentType: 'text/html; charset=utf-8' },
      { name: `${name}.json`, body: `${JSON.stringify(report, null, 2)}\n`, contentType: 'application/json' },
    ],
  }
}

/** The JSON last: where it is, the page is too. Gives the key of the JSON. */
export async function storeReport(
  at: { readonly store: Pick<DumpStore, 'putDocument'>; readonly prefix: string },
  { files }: ReportFiles,
): Promise<string> {
  for (const { name, body, contentType } of files) {
    await at.store.putDocument({ key: at.prefix + name, body, contentType })
  }
  return at.prefix + files.at(-1)!.name
}
