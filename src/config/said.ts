/** Reads from the expanded file what can be checked against the rest, although other parts may have faults. */
import type { Place, Said, Word } from './checks.ts'
import { type Path, valueAt } from './faults.ts'
import { DEFAULT_REGION, pairLimitsSchema } from './schema.ts'

export function whatIsSaid(value: unknown): Said {
  const text = (...path: Path): string | undefined => {
    const found = valueAt(value, path)
    return typeof found === 'string' ? found : undefined
  }
  const entries = (list: string): readonly Path[] => {
    const found = valueAt(value, [list])
    return Array.isArray(found) ? found.map((_, index) => [list, index]) : []
  }
  const place = (...path: Path): Place => ({
    path,
    region: text(...path, 'region'),
    account: text(...path, 'account'),
  })
  const words = (list: string, ...within: Path): readonly Word[] =>
    entries(list).flatMap((entry) => {
      const word = text(...entry, ...within)
      return word === undefined
        ? []
        : [{ path: [...entry, ...within], word, owner: text(...entry, 'name') ?? '(no name)' }]
    })
  const accounts = valueAt(value, ['accounts'])
  const extraRegions = valueAt(value, ['extraRegions'])
  const topics = (list: string): readonly Word[] => {
    const found = valueAt(value, ['service', 'alarms', list])
    if (!Array.isArray(found)) return []
    return found.flatMap((word: unknown, index) => {
      const path = ['service', 'alarms', list, index]
      // Of what is no ARN the schema says so.
      return typeof word === 'string' && word.startsWith('arn:') ? [{ path, word, owner: list }] : []
    })
  }
  return {
    topics: [...topics('topics'), ...topics('estateTopics')],
    alarmRegion: text('service', 'metrics', 'region') ?? text('service', 'region') ?? DEFAULT_REGION,
    accounts: typeof accounts === 'object' && accounts !== null ? Object.keys(accounts) : [],
    extraRegions: Array.isArray(extraRegions) ? extraRegions.map(String) : [],
    places: [
      ...['snapshot', 'metrics'].map((part) => place('service', part)),
      place('service'),
      ...entries('queues').map((entry) => place(...entry)),
      ...entries('pairs').flatMap((entry) => [place(...entry, 'source'), place(...entry, 'destination')]),
      ...entries('dumps').map((entry) => place(...entry)),
      ...entries('shipments').flatMap((entry) => [place(...entry, 'from'), place(...entry, 'to')]),
    ],
    ofDumps: {
      dumps: words('dumps', 'name'),
      shipments: words('shipments', 'name'),
      pairsMeant: words('dumps', 'pair'),
      dumpsMeant: words('shipments', 'dump'),
      ways: entries('shipments').map((path) => {
        const folder = (side: string) => ({
          bucket: text(...path, side, 'bucket'),
          prefix: text(...path, side, 'prefix') ?? '',
        })
        return { path, from: folder('from'), to: folder('to') }
      }),
    },
    queues: words('queues', 'name'),
    pairs: words('pairs', 'name'),
    sources: words('pairs', 'source', 'bucket'),
    destinations: words('pairs', 'destination', 'bucket'),
    limits: entries('pairs').flatMap((path) => {
      const parsed = pairLimitsSchema.safeParse(valueAt(value, path))
      return parsed.success ? [{ path, limits: parsed.data }] : []
    }),
  }
}
