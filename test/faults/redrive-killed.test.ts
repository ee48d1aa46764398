import { ListJobsCommand } from '@aws-sdk/client-s3-control'
import { expect, test } from 'vitest'
import { startLandfall } from '../support/landfall-process.ts'
import { ACCOUNT } from '../support/local-aws.ts'
import { DOCUMENTS, eventually, redriveEstate } from '../support/redrive-estate.ts'

const VERSIONS = 500

test('kill -9 while a re-drive is under way: the next process goes on with the same job, and all of it lands, once', async () => {
  const { world, put, run, ids } = await redriveEstate({ recheck: '10m', late: '1m', fail: '10m' })
  await world.setFaults({ replication: { fail: [{ share: 1, reasons: ['DstVersionNotFound'] }] } })
  const { app } = await run({}, { only: new Set(['intake', 'verify']) })
  const written = await Promise.all(Array.from({ length: VERSIONS }, (_, n) => put(`documents/${n}.pdf`)))
  await eventually(async () => expect((await world.ledger.snapshot(DOCUMENTS)).open.failed).toBe(VERSIONS))
  await app.stop()

  // The job is long enough in its preparation for a process to die and another one to come.
  await world.setFaults({ replication: {}, jobs: { prepareMs: 6_000 } })
  const first = await startLandfall(world)
  await eventually(async () => {
    expect(await world.ledger.jobs(DOCUMENTS)).toMatchObject([{ state: 'created', versions: VERSIONS }])
  })
  first.kill('SIGKILL')
  expect((await first.ended).signal).toBe('SIGKILL')

  await startLandfall(world)
  await eventually(async () => {
    const { closed, open, notes } = await world.ledger.snapshot(DOCUMENTS)
    expect([closed.landed, open.failed, notes.redriven, notes.redriveFailed]).toEqual([VERSIONS, 0, VERSIONS, 0])
    expect(await world.ledger.jobs(DOCUMENTS)).toEqual([])
  })
  const { Jobs = [] } = await world.clients.source.s3control.send(new ListJobsCommand({ AccountId: ACCOUNT }))
  expect(Jobs).toHaveLength(1)
  expect(await ids('destination')).toEqual(new Set(written.map(({ versionId }) => versionId)))
})
