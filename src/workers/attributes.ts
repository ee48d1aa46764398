/**
 * Compares tags and locks of a sample of landed versions, beside the main job: the verdict never waits for it, and a
 * look that fails is simply not part of the sample.
 */
import { logName } from '../domain/trace.ts'
import { attributesBehind, inSample } from '../domain/attributes.ts'
import { NOTES, type Note } from '../domain/snapshot.ts'
import type { OpenVersion } from '../domain/version.ts'
import type { Ledger, Log, ObjectStore } from '../ports.ts'

export interface PairToSample {
  readonly name: string
  readonly evidence: 'auto' | 'list'
  readonly match: 'version' | 'content'
  readonly attributesSample: number
}

/** Takes a version that has just landed; returns at once. */
export type Sample = (pair: PairToSample, version: OpenVersion) => void

export interface SampleNeeds {
  readonly objects: Pick<ObjectStore, 'head'>
  readonly ledger: Pick<Ledger, 'note'>
  readonly log: Log
}

/** Comparisons under way at once. More are not taken: a sample may lose some. */
const MOST = 16

const HINTS: Readonly<Partial<Record<Note, string>>> = {
  tagsBehind:
    'Grant the replication role s3:GetObjectVersionTagging at the source and s3:ReplicateTags at the destination.',
  locksBehind:
    'Grant the replication role s3:GetObjectRetention and s3:GetObjectLegalHold, and their Put at the destination.',
}

export function makeSample({ objects, ledger, log }: SampleNeeds): Sample {
  let running = 0
  /** Pairs and notes that were told of: the metric counts on, the log needs no second line. */
  const told = new Set<string>()

  return (pair, version) => {
    if (running >= MOST || !wanted(pair, version)) return
    running += 1
    void compare(pair.name, version)
      .catch((error: unknown) =>
        log.debug({ pair: pair.name, ...logName(version), err: error }, 'attributes not compared'),
      )
      .finally(() => {
        running -= 1
      })
  }

  async function compare(pair: string, version: OpenVersion): Promise<void> {
    const at = { pair, key: version.key, versionId: version.versionId }
    const [source, replica] = await Promise.all([
      objects.head({ ...at, side: 'source' }),
      objects.head({ ...at, side: 'destination' }),
    ])
    const behind = attributesBehind(source, replica)
    if (behind.length === 0) return
    await ledger.note(pair, Object.fromEntries(NOTES.filter((note) => behind.includes(note)).map((note) => [note, 1])))
    for (const note of behind) {
      if (told.has(`${pair}/${note}`)) continue
      told.add(`${pair}/${note}`)
      log.warn(
        { pair, ...logName(version), next: HINTS[note] },
        note === 'tagsBehind' ? 'tags stayed behind' : 'locks stayed behind',
      )
    }
  }
}

function wanted(pair: PairToSample, version: OpenVersion): boolean {
  return (
    version.kind === 'object' &&
    pair.evidence === 'auto' &&
    pair.match === 'version' &&
    inSample(version.id, pair.attributesSample)
  )
}
