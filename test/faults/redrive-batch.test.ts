/** Ten thousand failed versions by S3 Batch Replication: one job, every one lands, and no side has a new version id. */
import { DescribeJobCommand, ListJobsCommand } from '@aws-sdk/client-s3-control'
import { expect, test } from 'vitest'
import { ACCOUNT } from '../support/local-aws.ts'
import { DOCUMENTS, eventually, redriveEstate, type Written } from '../support/redrive-estate.ts'

const VERSIONS = 10_000
const AT_ONCE = 32
/** Each key has so many versions: an older one must not come to lie over a newer one. */
const VERSIONS_PER_KEY = 4

test(
  '10,000 failed versions re-drive by batch, with no new version id on either side',
  { timeout: 300_000 },
  async () => {
    const { world, put, run, ids } = await redriveEstate({ fail: '10m', late: '1m', recheck: '10m' })
    await world.setFaults({ replication: { fail: [{ share: 1, reasons: ['DstVersionNotFound'] }] } })
    const { app } = await run({}, { only: new Set(['intake', 'verify']) })
    const written: Written[] = []
    let next = 0
    const write = async (): Promise<void> => {
      while (next < VERSIONS) {
        const n = next++
        // One after the other within a key, so that their order is known.
        if (n % VERSIONS_PER_KEY !== 0) continue
        for (let version = 0; version < VERSIONS_PER_KEY; version += 1) {
          written.push(await put(`documents/${n}.pdf`, `${n}-${version}`))
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, write))
    await eventually(async () => {
      expect((await world.ledger.snapshot(DOCUMENTS)).open).toEqual({
        waiting: 0,
        late: 0,
        mismatched: 0,
        failed: VERSIONS,
      })
    })
    await app.stop()

    await world.clearFaults()
    const before = await ids('source')
    await run({}, { only: new Set(['intake', 'verify', 'redrive']) })
    await eventually(async () => {
      const { closed, open, notes } = await world.ledger.snapshot(DOCUMENTS)
      expect([closed.landed, open.failed, notes.redriven, notes.redriveFailed]).toEqual([VERSIONS, 0, VERSIONS, 0])
    })

    const { s3control } = world.clients.source
    const { Jobs = [] } = await s3control.send(new ListJobsCommand({ AccountId: ACCOUNT }))
    expect(Jobs).toHaveLength(1)
    const { Job } = await s3control.send(new DescribeJobCommand({ AccountId: ACCOUNT, JobId: Jobs[0]!.JobId }))
    expect(Job).toMatchObject({
      Status: 'Complete',
      ProgressSummary: { TotalNumberOfTasks: VERSIONS, NumberOfTasksFailed: 0 },
    })

    const all = new Set(written.map(({ versionId }) => versionId))
    expect(all.size).toBe(VERSIONS)
    expect(before).toEqual(all)
    expect(await ids('source')).toEqual(all)
    expect(await ids('destination')).toEqual(all)
  },
)
