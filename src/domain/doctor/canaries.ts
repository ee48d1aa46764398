/** What became of the canary of each pair. */
import type { CheckedEstate } from './estate.ts'
import { fail, type Finding, initApply, pass, run, type Subject, unknown, warn } from './finding.ts'
import type { CanaryRun, Surroundings } from './surroundings.ts'

export function checkCanaries({ pairs }: CheckedEstate, { canaries }: Surroundings): readonly Finding[] {
  return pairs.flatMap(({ name }) => {
    const seen = canaries?.get(name)
    const subject: Subject = { kind: 'pair', name, pairs: [name] }
    if (seen === undefined || seen.is === 'absent') return []
    if (seen.is === 'unknown') return [unknown('canary.landed', subject, seen.fault)]
    return [...journey(seen.value, subject), ...swept(seen.value, subject)]
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

function swept({ swept: sides }: CanaryRun, subject: Subject): readonly Finding[] {
  if (sides === undefined) return []
  const without = (['source', 'destination'] as const).filter((side) => sides[side] === false)
  if (without.length === 0) return [pass('canary.swept', subject, 'a rule for _landfall/ sees to them')]
  return [
    warn(
      'canary.swept',
      subject,
      `no lifecycle rule removes old versions under _landfall/ at the ${without.join(' and the ')}`,
      {
        ...initApply(subject),
        say: 'A rule for the prefix _landfall/ with NoncurrentVersionExpiration of one day, beside those that stand: docs/doctor.md has it.',
      },
    ),
  ]
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`
}
