/**
 * Whatever happened at a key on both sides, and whatever happens while Landfall writes there: no copy deletes anything,
 * makes an old version current or undoes a delete marker. Against the sandbox' S3, by the SDK.
 */
import type { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { StoredVersion } from '../../../sandbox/s3/store/version.ts'
import { type Sandbox, startSandbox } from '../../../sandbox/server.ts'
import type { CopyOutcome, Side } from '../../../src/ports.ts'
import { type CopyWorld, MAIN, makeCopyWorld, toDrive } from '../../support/copy-world.ts'
import { pointSdkAt } from '../../support/fake-aws.ts'
import { fc, runs } from '../../support/fc.ts'

/** What other people do at the key. `replicate`: S3 brings the n-th version of the source, if it has not yet. */
type Act =
  | { readonly kind: 'put'; readonly side: Side; readonly body: string }
  | { readonly kind: 'mark'; readonly side: Side }
  | { readonly kind: 'replicate'; readonly n: number }

interface Drive {
  readonly kind: 'copy' | 'retrigger'
  readonly n: number
  /** What others do before the bytes go, after the look; and in the very moment of the write. */
  readonly early: Act | undefined
  readonly instant: Act | undefined
}

const side = fc.oneof(
  { weight: 9, arbitrary: fc.constant<Side>('source') },
  { weight: 1, arbitrary: fc.constant<Side>('destination') },
)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('put' as const), side, body: fc.constantFrom('a', 'b', 'cc') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('mark' as const), side: fc.constantFrom<Side>('source', 'destination') }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('replicate' as const), n: fc.nat(5) }) },
)
const drive: fc.Arbitrary<Drive> = fc.record({
  kind: fc.constantFrom('copy' as const, 'retrigger' as const),
  // 0 is the current version, which is what most re-drives are about.
  n: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(3) }),
  early: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: act }),
  instant: fc.option(act, { nil: undefined, freq: 2 }),
})
const chapter = fc.tuple(fc.array(act, { minLength: 1, maxLength: 3 }), drive).map(([acts, drive]) => [...acts, drive])
const history = fc.array(chapter, { minLength: 1, maxLength: 4 }).map((chapters) => chapters.flat())

const WRITES: ReadonlySet<string> = new Set(['CopyObjectCommand', 'PutObjectCommand', 'CompleteMultipartUploadCommand'])

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ seed: 1 })
  pointSdkAt(sandbox.url, MAIN)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await sandbox.close()
})

/** Runs `before` right before the next write of this client leaves. */
function atTheInstant(client: S3Client, before: () => Promise<unknown>): void {
  let done = false
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (!done && WRITES.has(String(context['commandName']))) {
        done = true
        await before()
      }
      return next(args)
    },
    { step: 'initialize', name: 'instant', override: true },
  )
}

function makeKey(world: CopyWorld, key: string) {
  const { s3 } = sandbox.world
  const bucket = (of: Side): string => world.pair[of].bucket
  const all = async (of: Side): Promise<readonly StoredVersion[]> =>
    (await world.versionIds(of, key)).map((id) => s3.version(bucket(of), key, id)!)

  return {
    all,
    async act(one: Act): Promise<void> {
      if (one.kind === 'put') await world.put(one.side, key, one.body)
      else if (one.kind === 'mark') await world.mark(one.side, key)
      else {
        const version = (await all('source')).toReversed()[one.n]
        if (version !== undefined) s3.putReplica(bucket('destination'), version, 'AWS:replication:s3-replication')
      }
    },
  }
}

function isDrive(step: Act | Drive): step is Drive {
  return step.kind === 'copy' || step.kind === 'retrigger'
}

function content(version: StoredVersion | undefined): string {
  if (version === undefined) return 'nothing'
  return version.deleteMarker ? 'a marker' : version.body.toString()
}

test.each(['one', 'two'] as const)('%s account(s)', { timeout: 120_000 }, async (accounts) => {
  const world = await makeCopyWorld({ accounts })
  const seen = new Map<string, number>()
  let keys = 0
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const key = `history/${keys++}`
      const at = makeKey(world, key)
      for (const step of steps) {
        if (!isDrive(step)) {
          await at.act(step)
          continue
        }
        const before = { source: await at.all('source'), destination: await at.all('destination') }
        const version = before.source[step.n]
        if (version === undefined || version.deleteMarker) continue
        const { instant, early } = step
        let raced = early === undefined
        const copier = world.copierWith({
          pace: async () => {
            if (!raced) await at.act(early!)
            raced = true
          },
        })
        const to = step.kind === 'copy' ? 'destination' : 'source'
        atTheInstant(world.bulk(to), async () => instant !== undefined && at.act(instant))
        const outcome = await copier[step.kind](world.pair.name, toDrive(key, version.versionId))
        atTheInstant(world.bulk(to), async () => {})
        const after = { source: await at.all('source'), destination: await at.all('destination') }
        const told = outcome.kind === 'copied' && outcome.overtaken !== undefined ? 'overtaken' : outcome.kind
        seen.set(`${step.kind} ${told}`, (seen.get(`${step.kind} ${told}`) ?? 0) + 1)
        check(step, version, outcome, before, after)
      }
    }),
    runs(100),
  )
  world.close()
  // Each of these came about, or the property says nothing.
  for (const told of ['copy copied', 'copy stopped', 'retrigger copied', 'retrigger stopped']) {
    expect(seen.get(told) ?? 0, told).toBeGreaterThan(0)
  }
})

type Sides = Readonly<Record<Side, readonly StoredVersion[]>>

function check(
  { kind, instant }: Drive,
  version: StoredVersion,
  outcome: CopyOutcome,
  before: Sides,
  after: Sides,
): void {
  for (const of of ['source', 'destination'] as const) {
    const left = new Set(after[of].map(({ versionId }) => versionId))
    expect(before[of].filter(({ versionId }) => !left.has(versionId))).toEqual([])
  }
  const [there, mark] =
    kind === 'copy'
      ? (['destination', 'landfall-source-version'] as const)
      : (['source', 'landfall-retriggered'] as const)
  const made = after[there].filter((one) => one.metadata?.[mark] !== undefined && !before[there].includes(one))
  if (outcome.kind === 'stopped') {
    expect(made).toEqual([])
    return
  }
  const at = after[there].findIndex((one) => one.versionId === outcome.replicaId)
  expect(content(after[there][at])).toBe(content(version))
  if (outcome.overtaken !== undefined) {
    // Only what came in the very moment may: what came before was seen.
    expect(instant).toBeDefined()
    // A newer version is copied on top; a deletion, and the same bytes under the copy in place, can only be told of.
    const markers = after.destination.filter((one) => one.deleteMarker && !before.destination.includes(one))
    if (kind === 'copy') expect([after.source[0]!, ...markers].map(content)).toContain('a marker')
    return
  }
  expect(content(after.source[0])).not.toBe('a marker')
  if (kind === 'retrigger') {
    expect(
      after.source
        .filter((one) => !one.deleteMarker)
        .slice(0, 2)
        .map(({ versionId }) => versionId),
    ).toEqual([outcome.replicaId, version.versionId])
    return
  }
  expect(content(after.destination[0])).toBe(content(after.source[0]))
  // What the copy covers was there before, or is of the source, or an own copy: nobody else's write is hidden by it, but
  // one of the very bytes that were seen, which the condition, an ETag, can't tell from them.
  const known = new Set([...before.destination, ...after.source].map(({ versionId }) => versionId))
  const hidden = after.destination
    .slice(at + 1)
    .filter((one) => !known.has(one.versionId) && one.metadata?.[mark] === undefined)
    .filter((one) => one.etag !== before.destination[0]?.etag)
  expect(hidden).toEqual([])
}
