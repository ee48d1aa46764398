/** A pair on a sandbox of its own, filled version by version with what an audit has to tell apart. */
import { PutBucketLifecycleConfigurationCommand, type LifecycleRule } from '@aws-sdk/client-s3'
import { StoredVersion, type VersionDraft } from '../../sandbox/s3/store/version.ts'
import { makeAws } from '../../src/aws/clients.ts'
import { makeObjectStore } from '../../src/aws/object-store.ts'
import { makeSameBytes } from '../../src/aws/same-bytes.ts'
import { makeVersionLister } from '../../src/aws/version-pages.ts'
import { pointAtSandbox } from '../../src/config/environment.ts'
import type { Pair } from '../../src/config/estate.ts'
import type { Finding } from '../../src/domain/audit/finding.ts'
import { openFileSpill } from '../../src/files/spill.ts'
import { systemClock, systemPause, systemRandom } from '../../src/system.ts'
import { type AuditNeeds, type AuditSink, makeAudit } from '../../src/workers/audit/engine.ts'
import { type AuditState, newState } from '../../src/workers/audit/state.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from './local-aws.ts'
import { recordingLog } from './log.ts'
import { smallEstate, smallPair } from './small-estate.ts'

export type Side = 'source' | 'destination'
export const DAY = 86_400_000

export interface AuditWorld {
  readonly local: LocalAws
  readonly pair: Pair
  readonly buckets: Readonly<Record<Side, string>>
  readonly needs: Omit<AuditNeeds, 'known' | 'discarded' | 'reconcile'>
  /** Without `body`: a delete marker. Later calls are newer. */
  readonly put: (
    side: Side,
    draft: Partial<VersionDraft> & { readonly key: string; readonly versionId: string },
  ) => void
  /** The same version on both sides. */
  readonly both: (draft: Partial<VersionDraft> & { readonly key: string; readonly versionId: string }) => void
  lifecycle(side: Side, rules: readonly LifecycleRule[]): Promise<void>
  requests(): ReadonlyMap<string, number>
  close(): Promise<void>
}

/** As S3 makes them: 32 characters. */
export function versionIdOf(short: string): string {
  return short.padEnd(32, 'x')
}

export interface Collected extends AuditSink {
  readonly findings: Finding[]
  readonly states: AuditState[]
}

export async function startAuditWorld(name: string, overrides: Partial<Pair> = {}): Promise<AuditWorld> {
  const local = await startLocalAws()
  const buckets = await local.pair(name)
  const pair = smallPair(name, overrides)
  const estate = smallEstate({ pairs: [pair] })
  pointAtSandbox(local.sandbox.url, ACCOUNT)
  const log = recordingLog()
  const aws = makeAws({ estate, log, pathStyle: true })
  let sequence = 0

  const put: AuditWorld['put'] = (side, draft) => {
    sequence += 1
    const version = StoredVersion.make({
      body: undefined,
      lastModified: Date.now() - 30 * DAY,
      sequencer: sequence.toString(16).padStart(16, '0'),
      ...(draft.body !== undefined && { replication: side === 'source' ? 'COMPLETED' : 'REPLICA' }),
      ...draft,
      versionId: versionIdOf(draft.versionId),
    })
    const isNew = local.sandbox.world.s3.putReplica(buckets[side], version, 'AWS:AROA:s3-replication')
    if (!isNew) throw new Error(`${draft.key} ${draft.versionId} is there already`)
  }

  return {
    local,
    pair,
    buckets,
    needs: {
      lister: makeVersionLister({ estate, aws, clock: systemClock }),
      objects: makeObjectStore({ estate, aws, clock: systemClock, log }),
      sameBytes: makeSameBytes({ estate, aws }),
      openSpill: () => openFileSpill(),
      clock: systemClock,
      random: systemRandom,
      pause: systemPause,
    },
    put,
    both(draft) {
      put('source', draft)
      sequence -= 1
      put('destination', draft)
    },
    async lifecycle(side, rules) {
      const region = side === 'source' ? 'eu-west-1' : 'eu-west-2'
      const LifecycleConfiguration = { Rules: [...rules] }
      await local
        .s3(region)
        .send(new PutBucketLifecycleConfigurationCommand({ Bucket: buckets[side], LifecycleConfiguration }))
    },
    requests: () => aws.requests().get('s3') ?? new Map<string, number>(),
    async close() {
      aws.close()
      await local.close()
    },
  }
}

export function collect(): Collected {
  const findings: Finding[] = []
  const states: AuditState[] = []
  return {
    findings,
    states,
    async write(more) {
      findings.push(...more)
    },
    async checkpoint(state) {
      states.push(state)
    },
  }
}

/** Runs an audit to its end. */
export async function auditOf(
  world: AuditWorld,
  options: Partial<Pick<AuditState, 'deep' | 'repair'>> & Partial<AuditNeeds> = {},
) {
  const { deep = 0, repair = false, ...more } = options
  const sink = collect()
  const state = newState({ pair: world.pair.name, startedAt: Date.now(), seed: 1, deep, repair })
  const result = await makeAudit({ ...world.needs, ...more })({ pair: world.pair, state, sink })
  if (result.kind !== 'done') throw new Error('the audit did not end')
  return { summary: result.summary, findings: sink.findings, states: sink.states }
}
