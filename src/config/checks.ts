/** What no single value shows: references, doubles, and limits that contradict each other. */
import { checkDumps, type SaidOfDumps } from './checks-dumps.ts'
import type { Finding, Path } from './faults.ts'
import { formatDuration } from './units.ts'
import { REGIONS } from './regions.ts'
import type { PairLimits } from './schema.ts'
import { suggest } from './suggest.ts'

/** What the file says, as far as it is sound in itself; paths are those of the expanded file. */
export interface Said {
  readonly accounts: readonly string[]
  readonly extraRegions: readonly string[]
  readonly places: readonly Place[]
  readonly queues: readonly Word[]
  readonly pairs: readonly Word[]
  readonly sources: readonly Word[]
  readonly destinations: readonly Word[]
  readonly ofDumps: SaidOfDumps
  /** Topics of alarms, which must be where the alarms are. */
  readonly topics: readonly Word[]
  readonly alarmRegion: string
  readonly limits: readonly { readonly path: Path; readonly limits: PairLimits }[]
}

/** Anything that names a region, an account, or both. */
export interface Place {
  readonly path: Path
  readonly region?: string | undefined
  readonly account?: string | undefined
}

/** A name that may stand once only. */
export interface Word {
  readonly path: Path
  readonly word: string
  /** The pair or queue that it belongs to. */
  readonly owner: string
}

export function crossCheck(said: Said): readonly Finding[] {
  const regions = new Set([...REGIONS, ...said.extraRegions])
  return [
    ...said.places.flatMap((place) => checkPlace(place, regions, said.accounts)),
    ...said.limits.flatMap(({ path, limits }) => checkLimits(path, limits)),
    ...sameBucket(said),
    ...said.topics.flatMap((topic) => checkTopic(topic, said.alarmRegion)),
    ...doubles(said.queues, () => 'there is a queue of this name already'),
    ...doubles(said.pairs, () => 'there is a pair of this name already'),
    ...doubles(said.ofDumps.dumps, () => 'there is a dump of this name already'),
    ...doubles(said.ofDumps.shipments, () => 'there is a shipment of this name already'),
    ...checkDumps(said.ofDumps, said.pairs),
    ...doubles(said.sources, (owner) => `is the source of the pair ${owner} already: one bucket, one pair`),
    ...doubles(
      said.destinations,
      (owner) => `is the destination of the pair ${owner} already: events of its replicas could not be told apart`,
    ),
  ]
}

function checkPlace(place: Place, regions: ReadonlySet<string>, accounts: readonly string[]): readonly Finding[] {
  const findings: Finding[] = []
  if (place.region !== undefined && !regions.has(place.region)) {
    const meant = suggest(place.region, regions)
    const message = 'is no region that is known here (a new one goes under extraRegions)'
    findings.push({ path: [...place.path, 'region'], message, found: JSON.stringify(place.region), meant })
  }
  if (place.account !== undefined && !accounts.includes(place.account)) {
    const meant = suggest(place.account, accounts)
    const found = JSON.stringify(place.account)
    findings.push({
      path: [...place.path, 'account'],
      message: 'is no account of this file',
      found,
      allowed: accounts,
      meant,
    })
  }
  return findings
}

function checkLimits(path: Path, { late, fail, firstLook: { min, max } }: PairLimits): readonly Finding[] {
  const findings: Finding[] = []
  if (late >= fail) {
    const message = `must be less than \`fail\` (${formatDuration(fail)})`
    findings.push({ path: [...path, 'late'], message, found: formatDuration(late) })
  }
  if (max !== undefined && max < min) {
    const message = `must be at least firstLook.min (${formatDuration(min)})`
    findings.push({ path: [...path, 'firstLook', 'max'], message, found: formatDuration(max) })
  }
  // A first look after `late` would call versions late that landed long before.
  const [bound, key] = max === undefined ? [min, 'min'] : [max, 'max']
  if (bound > late) {
    const message = `must be at most \`late\` (${formatDuration(late)})`
    findings.push({ path: [...path, 'firstLook', key], message, found: formatDuration(bound) })
  }
  return findings
}

function sameBucket({ sources, destinations }: Said): readonly Finding[] {
  const entry = (word: Word): string => `${word.path[1]} ${word.word}`
  const taken = new Set(sources.map(entry))
  return destinations
    .filter((word) => taken.has(entry(word)))
    .map(({ path, word }) => {
      return {
        path,
        message: 'is the source bucket too: a replica has to be somewhere else',
        found: JSON.stringify(word),
      }
    })
}

/** An alarm can tell topics of its own region only. */
function checkTopic({ path, word }: Word, region: string): readonly Finding[] {
  if (word.split(':')[3] === region) return []
  return [{ path, message: `must be in ${region}, where the alarms are`, found: JSON.stringify(word) }]
}

/** Every second and later use of a word. */
function doubles(items: readonly Word[], message: (owner: string) => string): readonly Finding[] {
  const first = new Map<string, string>()
  return items.flatMap(({ path, word, owner }) => {
    const earlier = first.get(word)
    if (earlier !== undefined) return [{ path, message: message(earlier), found: JSON.stringify(word) }]
    first.set(word, owner)
    return []
  })
}
