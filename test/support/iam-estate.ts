/** An estate in which everything that asks for grants is switched on, over three accounts. */
import type { Estate, Pair } from '../../src/config/estate.ts'
import type { Dump } from '../../src/config/estate-dumps.ts'
import { smallEstate, smallPair } from './small-estate.ts'

export const HOME = '333333333333'
export const AWAY = '444444444444'
export const OTHER = '222222222222'

const at = (bucket: string, region: string, account: string) => ({ bucket, region, account })

const dump: Dump = {
  name: 'production',
  stage: 'production',
  database: { env: 'DATABASE_URL' },
  place: { ...at('dumps', 'eu-west-1', 'backups'), prefix: 'nightly/' },
  pair: 'dumps',
  format: 'plain',
  compression: 'zstd',
  schedule: '0 2 * * *',
  rows: 'stream',
  expectedBytes: 2 ** 30,
  lock: { mode: 'GOVERNANCE', days: 7 },
  bounds: { smallest: 0.5, largest: 3 },
  freshMs: 1,
  drill: { schedule: '0 4 * * 0', everyMs: 1, checks: [] },
  pruneRoleArn: `arn:aws:iam::${AWAY}:role/landfall-prune`,
}

export function iamEstate(overrides: Partial<Estate> = {}, redrive: Partial<Pair['redrive']> = {}): Estate {
  const pair = (name: string, account: string, to: string): Pair =>
    smallPair(name, {
      source: at(`${name}-source`, 'eu-west-1', account),
      destination: at(`${name}-destination`, 'eu-west-2', to),
      attributesSample: 0.5,
      auditEveryMs: 1,
      redrive: { ...smallPair(name).redrive, ...redrive },
    })
  return smallEstate(
    {
      accounts: {
        home: { name: 'home', id: HOME },
        backups: { name: 'backups', id: AWAY, roleArn: `arn:aws:iam::${AWAY}:role/landfall`, externalId: 'hush' },
        other: { name: 'other', id: OTHER, roleArn: `arn:aws:iam::${OTHER}:role/landfall` },
      },
      queues: [
        { name: 'intake', region: 'eu-west-1', account: 'home', consumers: 1 },
        { name: 'intake', region: 'eu-west-2', account: 'home', consumers: 1 },
      ],
      pairs: [
        pair('documents', 'home', 'home'),
        pair('agreements', 'home', 'backups'),
        {
          ...pair('dumps', 'backups', 'backups'),
          source: at('dumps', 'eu-west-1', 'backups'),
          destination: at('dump-replicas', 'eu-west-2', 'backups'),
        },
      ],
      dumps: [dump],
      shipments: [
        {
          name: 'jenkins',
          from: { ...at('jenkins', 'eu-west-1', 'home'), prefix: '' },
          to: { ...at('dumps', 'eu-west-1', 'backups'), prefix: 'nightly/' },
          dump: 'production',
        },
      ],
      ...overrides,
    },
    { snapshot: { ...at('snapshots', 'eu-west-2', 'home'), prefix: 'landfall/', everyMs: 60_000 } },
  )
}

/** Everything on: batch, copy and retrigger. */
export const EVERYTHING = {
  copy: true,
  retrigger: true,
  batch: { roleArn: `arn:aws:iam::${HOME}:role/landfall-batch`, bucket: 'redrive', prefix: 'landfall/' },
} as const
