/** Replication is broken in every way of the failure table, and each ends as the table says, with its hint. */
import { expect, test } from 'vitest'
import { type Failure, FAILURES } from '../../src/domain/failures.ts'
import { DOCUMENTS, eventually, redriveEstate, type Written } from '../support/redrive-estate.ts'
import type { LogLine } from '../support/log.ts'

const OF_S3 = [...FAILURES].filter(([, { by }]) => by === 's3').map(([reason]) => reason)
const NEW = 'ReasonOfNextYear'
const classOf = (reason: string): Failure['class'] | 'new' => FAILURES.get(reason)?.class ?? 'new'
const SET_UP = OF_S3.filter((reason) => classOf(reason) === 'setup')
/** What becomes of the others while the cause stands: attempts, and no more. */
const TRIES: Readonly<Record<string, number>> = {
  DstVersionNotFound: 3,
  SrcKeyNotFound: 1,
  SrcObjectNotFound: 1,
  SrcVersionNotFound: 1,
  [NEW]: 1,
  DstObjectHardDeleted: 0,
  SrcObjectNotEligible: 0,
  SrcReplicationNotPending: 0,
}
/** Not even a person's order drives these: batch cannot mend the first, and the second is no matter of replication. */
const STAYS = ['DstObjectHardDeleted', 'SrcObjectNotEligible']

const alarms = (lines: readonly LogLine[]): object[] =>
  lines.flatMap(({ message, ids }) => (message === 'an incident holds re-drives' ? [ids] : []))

test("every reason of S3's: set-up failures are held, probed and drained once mended; the others are tried as often as they may be", async () => {
  const estate = await redriveEstate()
  const { world, pair, put } = estate
  const reasons = [...OF_S3, NEW]
  expect(reasons.filter((reason) => classOf(reason) !== 'setup').toSorted()).toEqual(Object.keys(TRIES).toSorted())
  const fail = reasons.map((reason) => ({
    share: 1,
    reasons: [reason],
    prefix: `${reason}/`,
    bucket: pair.source.bucket,
  }))
  await world.setFaults({ replication: { fail } })
  const written = new Map<string, Written[]>()
  for (const reason of reasons)
    written.set(reason, await Promise.all(['1', '2', '3'].map((n) => put(`${reason}/${n}`))))
  const { lines } = await estate.run()

  await eventually(async () => {
    const incidents = await world.ledger.incidents(DOCUMENTS)
    expect(incidents.map(({ reason }) => reason).toSorted()).toEqual(SET_UP.toSorted())
    for (const { reason, probes } of incidents) expect([reason, probes > 1]).toEqual([reason, true])
    for (const [reason, tries] of Object.entries(TRIES)) {
      for (const one of written.get(reason)!) {
        const found = await estate.find(one)
        expect([reason, found?.version.state, found?.tried?.attempts ?? 0]).toEqual([reason, 'failed', tries])
        expect(found!.tried?.token).toBeUndefined()
      }
    }
  })
  // One of each cause was driven, the other two were left alone.
  for (const reason of SET_UP) {
    const found = await Promise.all(written.get(reason)!.map((one) => estate.find(one)))
    for (const one of found) expect(one).toMatchObject({ version: { state: 'failed', reason } })
    expect([reason, found.filter((one) => one!.tried !== undefined).length]).toEqual([reason, 1])
  }
  expect(alarms(lines)).toHaveLength(SET_UP.length)
  for (const reason of SET_UP) {
    expect(alarms(lines)).toContainEqual(expect.objectContaining({ reason, next: FAILURES.get(reason)!.hint }))
  }

  await world.clearFaults()
  await eventually(async () => {
    expect((await world.ledger.snapshot(DOCUMENTS)).closed.landed).toBe(3 * SET_UP.length)
    expect(await world.ledger.incidents(DOCUMENTS)).toEqual([])
  })
  expect(alarms(lines)).toHaveLength(SET_UP.length)

  // What is left waits for a person, and stays at risk: it never gets better by being given up.
  const left = Object.keys(TRIES).flatMap((reason) => written.get(reason)!)
  expect((await world.ledger.snapshot(DOCUMENTS)).open.failed).toBe(left.length)
  await world.ledger.want(DOCUMENTS, { by: 'ada@desk', ids: left.map(({ id }) => id) })
  await eventually(async () => {
    const { open, closed } = await world.ledger.snapshot(DOCUMENTS)
    expect([open.failed, closed.landed]).toEqual([3 * STAYS.length, 3 * (reasons.length - STAYS.length)])
  })
  for (const one of STAYS.flatMap((reason) => written.get(reason)!)) {
    expect((await estate.find(one))!.tried).toBeUndefined()
  }

  // No new version id on either side.
  const all = [...written.values()].flat().map(({ versionId }) => versionId)
  const stays = new Set(STAYS.flatMap((reason) => written.get(reason)!.map(({ versionId }) => versionId)))
  expect(await estate.ids('source')).toEqual(new Set(all))
  expect(await estate.ids('destination')).toEqual(new Set(all.filter((id) => !stays.has(id))))
})
