/**
 * Lifecycles of both sides of a pair against each other.
 *
 * Source: Amazon S3 user guide, "Lifecycle configuration elements", "How S3 Lifecycle interacts with S3 Versioning".
 */
import type { Observed, SeenBucket, SeenLifecycleRule } from '../setup/observed.ts'
import { bucketsOf, bucketSubject } from './buckets.ts'
import type { CheckedEstate, CheckedPair } from './estate.ts'
import { type Finding, judge, pass, say, type Subject, unknown, warn } from './finding.ts'

const DAY_MS = 86_400_000

export function checkLifecycles(estate: CheckedEstate, { buckets }: Observed): readonly Finding[] {
  return [
    ...estate.pairs.flatMap((pair) =>
      between(pair, buckets.get(pair.source.bucket), buckets.get(pair.destination.bucket)),
    ),
    ...bucketsOf(estate)
      .filter(({ uses }) => uses.has('source') || uses.has('destination') || uses.has('dumps'))
      .flatMap((used) => {
        const seen = buckets.get(used.place.bucket)
        return seen?.stands.is === 'there' ? kept(bucketSubject(used), seen) : []
      }),
  ]
}

function between(
  pair: CheckedPair,
  source: SeenBucket | undefined,
  destination: SeenBucket | undefined,
): readonly Finding[] {
  if (source?.stands.is !== 'there' || destination?.stands.is !== 'there') return []
  const subject: Subject = { kind: 'bucket', name: pair.destination.bucket, pairs: [pair.name] }
  return judge(destination.lifecycle, 'lifecycle.sooner', subject, (there = []) => {
    // What the source's lifecycle does not say is not compared with.
    if (source.lifecycle.is === 'unknown') return [unknown('lifecycle.sooner', subject, source.lifecycle.fault)]
    const here = source.lifecycle.is === 'there' ? source.lifecycle.value : []
    return [...sooner(subject, pair, here, there), configured(subject, pair, there)]
  })
}

function sooner(
  subject: Subject,
  pair: CheckedPair,
  here: readonly SeenLifecycleRule[],
  there: readonly SeenLifecycleRule[],
): readonly Finding[] {
  const found: Finding[] = []
  for (const rule of there.filter(matters)) {
    const [hidden, atSource] = [rule.expirationDays, soonest(here, rule.prefix, 'expirationDays')]
    if (hidden !== undefined && hidden < (atSource ?? Infinity)) {
      const said = `only ${days(hidden)} are visible there${under(rule)}; at the source ${atSource === undefined ? 'nothing expires' : days(atSource)}`
      found.push(warn('lifecycle.sooner', subject, said, longer(rule, 'Expiration', atSource)))
    }
    const [gone, goneAtSource] = [rule.noncurrentDays, soonest(here, rule.prefix, 'noncurrentDays')]
    if (gone !== undefined && gone < (goneAtSource ?? Infinity) && !agreed(pair, rule)) {
      const said = `versions that are no longer current are removed for good there after ${days(gone)}${under(rule)}; at the source ${goneAtSource === undefined ? 'never' : `after ${days(goneAtSource)}`}`
      found.push(warn('lifecycle.sooner', subject, said, longer(rule, 'NoncurrentVersionExpiration', goneAtSource)))
    }
  }
  return found.length > 0 ? found : [pass('lifecycle.sooner', subject, 'nothing goes sooner there than at the source')]
}

/** The canary's own rule, and rules that only clean up, say nothing about what is kept. */
function matters({ enabled, prefix }: SeenLifecycleRule): boolean {
  return enabled && !prefix.startsWith('_landfall/')
}

function agreed(pair: CheckedPair, { noncurrentDays }: SeenLifecycleRule): boolean {
  return pair.destinationExpiresAfterMs === (noncurrentDays ?? 0) * DAY_MS
}

function soonest(
  rules: readonly SeenLifecycleRule[],
  prefix: string,
  of: 'expirationDays' | 'noncurrentDays',
): number | undefined {
  const found = rules
    .filter((rule) => matters(rule) && !rule.narrowed && prefix.startsWith(rule.prefix))
    .map((rule) => rule[of])
    .filter((value) => value !== undefined)
  return found.length === 0 ? undefined : Math.min(...found)
}

function longer({ id }: SeenLifecycleRule, element: string, atSource: number | undefined) {
  return say(
    `Give ${element} of its rule ${id} ${atSource === undefined ? 'the time that a loss may go unnoticed, or take it out' : `${atSource} days or more`}, where that is managed (Terraform, or aws s3api put-bucket-lifecycle-configuration, which replaces the whole).`,
  )
}

function kept(subject: Subject, seen: SeenBucket): readonly Finding[] {
  if (seen.versioning.is !== 'there' || seen.versioning.value.status === 'Off') return []
  if (seen.lifecycle.is === 'unknown') return [unknown('lifecycle.versions-kept', subject, seen.lifecycle.fault)]
  const rules = seen.lifecycle.is === 'there' ? seen.lifecycle.value.filter(matters) : []
  const lonely = rules.filter(
    ({ expirationDays, prefix }) =>
      expirationDays !== undefined && soonest(rules, prefix, 'noncurrentDays') === undefined,
  )
  if (lonely.length === 0) {
    const said = rules.some(({ expirationDays }) => expirationDays !== undefined)
      ? 'what expires is removed, too'
      : 'nothing expires there'
    return [pass('lifecycle.versions-kept', subject, said)]
  }
  return lonely.map((rule) =>
    warn(
      'lifecycle.versions-kept',
      subject,
      `rule ${rule.id} hides keys after ${days(rule.expirationDays!)}${under(rule)} and no rule removes their versions: they are kept for ever`,
      say(
        'Where that is not meant, add NoncurrentVersionExpiration to that rule. Until then they can be read by their version id, and are paid for; drills and the catalog of dumps list versions for that reason.',
      ),
    ),
  )
}

function configured(subject: Subject, pair: CheckedPair, there: readonly SeenLifecycleRule[]): Finding {
  const removed = soonest(there, '', 'noncurrentDays')
  const said = pair.destinationExpiresAfterMs
  if ((removed ?? 0) * DAY_MS === (said ?? 0))
    return pass('lifecycle.configured', subject, removed === undefined ? 'neither removes versions' : days(removed))
  const mend =
    removed === undefined
      ? `Take destinationExpires out of the pair ${pair.name}.`
      : `Write destinationExpires: ${removed}d for the pair ${pair.name}.`
  const [is, config] = [
    removed === undefined ? 'never' : `after ${days(removed)}`,
    said === undefined ? 'never' : `after ${days(said / DAY_MS)}`,
  ]
  return warn(
    'lifecycle.configured',
    subject,
    `the lifecycle removes noncurrent versions ${is}, and destinationExpires says ${config}`,
    say(mend),
  )
}

function under({ prefix, narrowed }: SeenLifecycleRule): string {
  return `${prefix === '' ? '' : ` (keys that begin with ${JSON.stringify(prefix)})`}${narrowed ? ' (some objects)' : ''}`
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`
}
