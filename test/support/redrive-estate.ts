/** Landfall at work on re-drives in a world of the fault tests, with times short enough for a test. */
import { ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { onTestFinished, vi } from 'vitest'
import { type App, type AppOptions, startApp } from '../../src/app.ts'
import type { Estate, Pair } from '../../src/config/estate.ts'
import type { Parked } from '../../src/domain/repair/words.ts'
import { versionId63, type VersionId63 } from '../../src/domain/version.ts'
import { BATCH } from './estate-file.ts'
import { type EstateWorld, startWorld, type WorldOptions } from './estate-world.ts'
import { type LogLine, recordingLog } from './log.ts'

export const DOCUMENTS = 'documents'
export const PATIENCE = { interval: 200, timeout: 150_000 }

export interface Written {
  readonly id: VersionId63
  readonly key: string
  readonly versionId: string
}

export interface RedriveEstate {
  readonly world: EstateWorld
  readonly pair: Pair
  /** `landfall run` in this process. `redrive` overrides the pairs'. */
  readonly run: (
    redrive?: Partial<Pair['redrive']>,
    options?: Partial<AppOptions>,
  ) => Promise<{ readonly app: App; readonly lines: readonly LogLine[] }>
  readonly put: (key: string, body?: string) => Promise<Written>
  readonly find: (written: Written) => Promise<Parked | undefined>
  /** Ids of all versions and markers on one side. */
  readonly ids: (side: 'source' | 'destination') => Promise<ReadonlySet<string>>
}

/** `late` is 2 s, `fail` 20 s unless said otherwise. */
export async function redriveEstate(
  pair: Readonly<Record<string, unknown>> = {},
  options: WorldOptions = {},
): Promise<RedriveEstate> {
  const world = await startWorld({
    ...options,
    pair: {
      late: '2s',
      fail: '20s',
      recheck: '2s',
      attributesSample: 0,
      redrive: {
        batch: BATCH,
        every: '1s',
        probe: { min: '1s', max: '4s' },
        hourly: { versions: 1_000_000, dollars: 100_000 },
      },
      ...pair,
    },
  })
  onTestFinished(() => world.stop())
  const documents = world.estate.pairs.find(({ name }) => name === DOCUMENTS)!
  const s3 = { source: world.clients.source.s3, destination: world.clients.destination.s3 }

  return {
    world,
    pair: documents,
    async run(redrive = {}, more = {}) {
      const log = recordingLog()
      const estate: Estate = {
        ...world.estate,
        pairs: world.estate.pairs.map((one) => ({ ...one, redrive: { ...one.redrive, ...redrive } })),
      }
      const app = await startApp({ estate, pathStyle: true, log, ...more })
      onTestFinished(() => app.stop())
      return { app, lines: log.lines }
    },
    async put(key, body = key) {
      const { VersionId } = await s3.source.send(
        new PutObjectCommand({ Bucket: documents.source.bucket, Key: key, Body: body }),
      )
      return { id: versionId63({ key, versionId: VersionId! }), key, versionId: VersionId! }
    },
    find: async ({ id }) => (await world.ledger.find(DOCUMENTS, [id]))[0],
    async ids(side) {
      const ids = new Set<string>()
      let marker: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {}
      for (;;) {
        const page = await s3[side].send(
          new ListObjectVersionsCommand({ Bucket: documents[side].bucket, EncodingType: 'url', ...marker }),
        )
        for (const { VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) ids.add(VersionId!)
        if (page.IsTruncated !== true) return ids
        marker = { KeyMarker: decodeURIComponent(page.NextKeyMarker!), VersionIdMarker: page.NextVersionIdMarker }
      }
    },
  }
}

export async function eventually(check: () => Promise<void>): Promise<void> {
  await vi.waitFor(check, PATIENCE)
}
