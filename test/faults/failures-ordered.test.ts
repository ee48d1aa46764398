/** What a person does about failures, from the first list to the landing, with the commands alone. */
import { expect, test } from 'vitest'
import { jsonOf, runCommand } from '../support/run-command.ts'
import { DOCUMENTS, eventually, redriveEstate } from '../support/redrive-estate.ts'

test('failed, explained, mended, ordered, landed; and given up', { timeout: 120_000 }, async () => {
  const estate = await redriveEstate()
  const { world, pair } = estate
  // Landfall drives nothing by itself here.
  await estate.run({ automatic: false })
  const env = { ...world.env, LANDFALL_CONFIG: world.configFile, LANDFALL_OPERATOR: 'ann@desk' }
  const landfall = (...args: string[]) => runCommand(args, env)
  const reasons = ['DstPutObjectNotPermitted']
  await world.setFaults({ replication: { fail: [{ share: 1, reasons, bucket: pair.source.bucket }] } })
  for (const key of ['keep/1', 'keep/2', 'tmp/3']) await estate.put(key)
  await eventually(async () => expect((await world.ledger.snapshot(DOCUMENTS)).open.failed).toBe(3))

  const { groups } = jsonOf(await landfall('failures', 'list', '--json')) as { groups: { next: string }[] }
  expect(groups).toMatchObject([{ pair: DOCUMENTS, versions: 3 }])
  const object = `s3://${pair.source.bucket}/keep/1`
  const failed = await landfall('explain', object)
  expect(failed.code).toBe(3)
  expect(failed.stdout).toContain('replication status FAILED')

  await world.clearFaults()
  const ordered = await landfall('failures', 'redrive', '--prefix', 'keep/', '--yes')
  expect(ordered.stdout).toContain('2 versions ordered by ann@desk')
  await eventually(async () => expect((await world.ledger.snapshot(DOCUMENTS)).closed.landed).toBe(2))
  expect(await landfall('explain', object)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('  next    Nothing.\n'),
  })

  const given = await landfall('failures', 'discard', '--prefix', 'tmp/', '--because', 'a test upload', '--yes')
  expect(given.stdout).toContain('1 version discarded by ann@desk: a test upload')
  expect(await world.ledger.snapshot(DOCUMENTS)).toMatchObject({ open: { failed: 0 }, closed: { discarded: 1 } })
  const { acts } = jsonOf(await landfall('failures', 'log', '--json')) as { acts: { who: string }[] }
  expect(acts.filter(({ who }) => who === 'ann@desk')).toMatchObject([
    { what: 'discard', count: 1, reason: 'a test upload' },
    { what: 'redrive', count: 2, selection: { prefix: 'keep/' } },
  ])
})
