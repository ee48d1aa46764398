/** The pages of both drills. */
import type { Check, DrillReport, ReplicasDrill } from './manifest.ts'
import { reportPage } from './report-page.ts'

const MOST_ROWS = 200

export function drillPage(report: DrillReport): string {
  const { rows } = report
  const restored = report.verdict === 'restored'
  const time = seconds(report.restoreSeconds)
  return reportPage({
    title: `Restore drill of ${report.dump}`,
    good: restored,
    verdict: restored ? `Restored and compared in ${time}` : 'NOT restored',
    facts: [
      ['Dump', report.key],
      ['Version', report.versionId ?? 'unknown'],
      ['Begun', report.dumpAt ?? 'unknown'],
      ['Read from', `${report.from.bucket} (${report.from.region})`],
      [
        'Time to restore',
        restored
          ? `${time} (RTO, measured from the first byte asked for to the last comparison)`
          : `failed after ${time}`,
      ],
      ...(report.dumpAt === undefined
        ? []
        : [
            [
              'Age of the dump',
              `${seconds((Date.parse(report.startedAt) - Date.parse(report.dumpAt)) / 1000)} when the drill began: what was written since would be lost`,
            ] as const,
          ]),
      ['Drill', `${report.startedAt} to ${report.endedAt}`],
      ['Server', report.server],
      ...(report.stored === undefined
        ? []
        : [['Stored', `${count(report.stored.bytes)} bytes, SHA-256 ${report.stored.sha256}`] as const]),
      ...(report.plain === undefined
        ? []
        : [['Plain', `${count(report.plain.bytes)} bytes, SHA-256 ${report.plain.sha256}`] as const]),
      ...(rows === undefined ? [] : [['Rows', `${count(rows.total)} in ${count(rows.tables)} tables`] as const]),
    ],
    sections: [
      { title: 'Checks', head: ['Check', 'What was found'], rows: report.checks.map(rowOf) },
      ...(rows === undefined || rows.differing.length === 0
        ? []
        : [
            {
              title: 'Tables whose rows differ',
              ...(rows.differing.length > MOST_ROWS && { note: `The first ${MOST_ROWS} of ${rows.differing.length}.` }),
              head: ['Table'],
              rows: rows.differing.slice(0, MOST_ROWS).map((line) => ({ cells: [line] })),
            },
          ]),
    ],
    foot: `Landfall ${report.landfallVersion}. The same in JSON is beside this page.`,
  })
}

const MARKS = { same: 'pass', recorded: 'pass', unverified: 'skipped', differs: 'fail', unreadable: 'fail' } as const

export function replicasPage(report: ReplicasDrill): string {
  const good = report.verdict === 'readable'
  const failed = report.sampled.filter(({ result }) => MARKS[result] === 'fail').length
  return reportPage({
    title: `Replicas of ${report.pair}, read`,
    good,
    verdict: good
      ? `All ${report.sampled.length} that were drawn can be read`
      : `${failed} of ${report.sampled.length} that were drawn are not as they must be`,
    facts: [
      ['Read from', `${report.from.bucket} (${report.from.region})`],
      ['Drawn', `${report.sampled.length} of ${count(report.listed)} versions, by seed ${report.seed}`],
      ['Read', `${count(report.bytes)} bytes`],
      ['Source', report.source],
      ['Drill', `${report.startedAt} to ${report.endedAt}`],
    ],
    sections: [
      {
        title: 'Versions',
        head: ['Key', 'Version', 'Bytes', 'What was found'],
        rows: report.sampled.map(({ key, versionId, bytes, result, detail }) => ({
          mark: MARKS[result],
          cells: [key, versionId, count(bytes), `${result}: ${detail}`],
        })),
      },
    ],
    foot: `Landfall ${report.landfallVersion}. The same in JSON is beside this page.`,
  })
}

function rowOf({ check, result, detail }: Check) {
  return { mark: result, cells: [check, detail] }
}

function count(value: number): string {
  return value.toString().replaceAll(/\B(?=(\d{3})+$)/g, ' ')
}

/** `4.2 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
function seconds(value: number): string {
  if (value < 60) return `${value.toFixed(1)} s`
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const
  const first = units.findIndex(([, size]) => value >= size)
  const [[big, size], next] = [units[first]!, units[first + 1]]
  const rest = next === undefined ? 0 : Math.floor((value % size) / next[1])
  return `${Math.floor(value / size)} ${big}${rest === 0 ? '' : ` ${rest} ${next![0]}`}`
}
