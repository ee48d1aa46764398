/** docs/disaster-recovery.md, word for word: its commands with the sources' region down, in the page's order. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  GetBucketLifecycleConfigurationCommand,
  ListObjectsV2Command,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CatalogWorld, startCatalogWorld } from '../support/catalog-world.ts'
import { findCommand } from '../support/commands.ts'
import { startRedis } from '../support/estate-world.ts'
import { startLandfall } from '../support/landfall-process.ts'
import { ACCOUNT } from '../support/local-aws.ts'
import { hasPostgres, makeDatabase, MARKETPLACE, type TestDatabase } from '../support/postgres.ts'
import type { Ran } from '../support/run-command.ts'

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'disaster-recovery.md'), 'utf8')
/** Lines of the page's shell blocks, by the number of their section. */
const STEPS = new Map(
  [...PAGE.matchAll(/^## (\d)\. ([^]*?)(?=^## )/gm)].map(([, step, text]) => [
    Number(step),
    [...text!.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block]) => block!.trimEnd().split('\n')),
  ]),
)
const RULE = { ID: 'seven-days', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 7 } } as const

const aws = findCommand('aws')

describe.skipIf(!hasPostgres)('eu-west-1 is gone', () => {
  let database: TestDatabase
  let fresh: TestDatabase
  let world: CatalogWorld
  const undo: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    database = await makeDatabase(MARKETPLACE)
    undo.push(async () => database.drop())
    fresh = await makeDatabase()
    undo.push(async () => fresh.drop())
    const redis = await startRedis()
    undo.push(async () => redis.stop())
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: tmpdir(),
      REDIS_URL: redis.url,
      DATABASE_URL: database.url,
      NEW_DATABASE_URL: fresh.url,
    }
    world = await startCatalogWorld({ database: { env: 'DATABASE_URL' } }, env)
    undo.push(async () => world.close())
    const { key } = (await world.json('run', 'production')) as { readonly key: string }
    await world.landed(key)
    await world.json('verify', 'production')
    await vi.waitFor(async () => expect(await keys(world.replica)).toContain(`${key}.verified.json`))
    await world.aws.s3('eu-west-2').send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket: world.replica,
        LifecycleConfiguration: { Rules: [RULE] },
      }),
    )
  }, 60_000)
  afterAll(async () => {
    for (const step of undo.toReversed()) await step()
  })

  async function keys(bucket: string): Promise<readonly (string | undefined)[]> {
    const { Contents } = await world.aws.s3('eu-west-2').send(new ListObjectsV2Command({ Bucket: bucket }))
    return (Contents ?? []).map(({ Key }) => Key)
  }

  /** The page's line, in the words of this world. */
  const ours = (line: string): string =>
    line
      .replace(/ +#.*$/, '')
      .replaceAll('documents-production', 'dumps')
      .replaceAll('digitalmarketplace-cross-region-database-backups', world.replica)

  async function landfall(line: string): Promise<Ran> {
    const [words] = ours(line).split(' > ')
    return world.landfall(...words!.trim().split(/\s+/).slice(1))
  }

  async function shell(line: string): Promise<void> {
    const command = ours(line).replace(/^aws /, `"${aws}" --endpoint-url ${world.aws.sandbox.url} `)
    const env = { ...process.env, AWS_ACCESS_KEY_ID: ACCOUNT, AWS_SECRET_ACCESS_KEY: 'any', AWS_PAGER: '' }
    await promisify(execFile)('sh', ['-c', command], { cwd: world.folder, env })
  }

  test('every command of the page does what it says', { timeout: 120_000 }, async ({ skip }) => {
    const running = await startLandfall(
      {
        configFile: join(world.folder, 'landfall.yaml'),
        env: {
          ...world.more,
          AWS_ENDPOINT_URL: world.aws.sandbox.url,
          AWS_ACCESS_KEY_ID: ACCOUNT,
          AWS_SECRET_ACCESS_KEY: 'any',
        },
      },
      ['--only', 'report'],
    )
    await vi.waitFor(async () => expect(await keys(world.snapshots)).not.toEqual([]), { timeout: 30_000 })
    running.kill('SIGKILL')
    await running.ended
    await world.aws.faults({ regionsDown: ['eu-west-1'] })

    for (const line of STEPS.get(1)!) {
      const ran = await landfall(line)
      expect(ran, line).toMatchObject({ code: 0 })
      expect(ran.stdout, line).toMatch(/would be lost|"atRisk"|Nothing/)
    }
    const [list, drill, restore] = STEPS.get(4)!
    expect(await landfall(list!)).toMatchObject({ code: 0, stdout: expect.stringContaining('verified') as string })
    expect(await landfall(drill!)).toMatchObject({ code: 0 })
    expect(await landfall(restore!)).toMatchObject({ code: 0 })
    const rows = 'SELECT (SELECT count(*) FROM suppliers), (SELECT count(*) FROM events)'
    expect(await fresh.sql(rows)).toBe(await database.sql(rows))
    for (const line of STEPS.get(5)!) expect(await landfall(line), line).toMatchObject({ code: 0 })

    if (aws === undefined) skip('there is no `aws` on this machine: steps 3 and 6 were not run')
    for (const line of STEPS.get(3)!) await shell(line)
    const rules = new GetBucketLifecycleConfigurationCommand({ Bucket: world.replica })
    await expect(world.aws.s3('eu-west-2').send(rules)).rejects.toThrow()
    await world.aws.faults({ regionsDown: [] })
    for (const line of STEPS.get(6)!) await shell(line)
    const back = await world.aws.s3('eu-west-2').send(rules)
    expect(back.Rules).toMatchObject([{ ID: 'seven-days', Expiration: { Days: 7 } }])
  })
})
