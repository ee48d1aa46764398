/** What became of the canary of each pair. */
import { OWN_PREFIX } from '../canary.ts'
import type { Observed, SeenLifecycleRule } from '../setup/observed.ts'
import type { CheckedEstate, CheckedPair } from './estate.ts'
import { fail, type Finding, initApply, pass, run, type Subject, unknown, warn } from './finding.ts'
import type { CanaryRun, Surroundings } from './surroundings.ts'

export function checkCanaries(
  { pairs }: CheckedEstate,
  observed: Observed,
  { canaries }: Surroundings,
): readonly Finding[] {
  return pairs.flatMap((pair) => {
    const { name } = pair
    const seen = canaries?.get(name)
    const subject: Subject = { kind: 'pair', name, pairs: [name] }
    if (seen === undefined || seen.is === 'absent') return []
    if (seen.is === 'unknown') return [unknown('canary.landed', subject, seen.fault)]
    return [...journey(seen.value, subject), ...swept(pair, observed, subject)]
  })
}

function journey(canary: CanaryRun, subject: Subject): readonly Finding[] {
  const { versionId, seenAfterMs, landedAfterMs, waitedMs } = canary
  const waited = `in ${seconds(waitedMs)} (version ${versionId})`
  const pair = ['--pair', ...subject.pairs]
  return [
    seenAfterMs === undefined
      ? fail('canary.seen', subject, `its event was not read from a queue ${waited}`, {
          ...run('landfall', 'doctor', ...pair),
          say: 'Is `landfall run` running? Then the events are lost on their way: look at notifications and queue above.',
        })
      : pass('canary.seen', subject, `after ${seconds(seenAfterMs)}`),
    landedAfterMs === undefined
      ? fail('canary.landed', subject, `it has not landed ${waited}`, {
          ...run('landfall', 'doctor', ...pair),
          say: 'S3 may take longer than that: ask again. Else look at replication and role above.',
        })
      : pass('canary.landed', subject, `after ${seconds(landedAfterMs)}`),
  ]
}

/** Each canary is a version more of one key, on both sides. */
function swept(pair: CheckedPair, { buckets }: Observed, subject: Subject): readonly Finding[] {
  const without: string[] = []
  for (const { bucket } of [pair.source, pair.destination]) {
    const seen = buckets.get(bucket)?.lifecycle
    if (seen?.is === 'unknown') return [unknown('canary.swept', subject, seen.fault)]
    if (!(seen?.is === 'there' && seen.value.some(sweeps))) without.push(bucket)
  }
  if (without.length === 0) return [pass('canary.swept', subject, `a rule for ${OWN_PREFIX} sees to them`)]
  const said = `no lifecycle rule removes old versions under ${OWN_PREFIX} in ${without.join(' and ')}`
  return [
    warn('canary.swept', subject, said, {
      ...initApply(subject),
      say: `Or a rule of its own, beside those that stand: prefix ${OWN_PREFIX}, NoncurrentVersionExpiration of 1 day (docs/doctor.md).`,
    }),
  ]
}

function sweeps({ enabled, prefix, narrowed, noncurrentDays }: SeenLifecycleRule): boolean {
  return enabled && !narrowed && noncurrentDays !== undefined && OWN_PREFIX.startsWith(prefix)
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
