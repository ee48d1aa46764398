/** `landfall dump list | show | fetch | prune | ship` as a person runs them, against the sandbox. No Redis is up: none is needed. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CatalogWorld, startCatalogWorld } from '../../support/catalog-world.ts'

const DAY = 86_400_000
/** A minute ago, in whole minutes, as names have it. */
const NOW = Math.floor(Date.now() / 60_000) * 60_000 - 60_000

interface Listed {
  readonly total: number
  readonly dumps: readonly (Readonly<Record<string, unknown>> & { readonly key: string })[]
}

let world: CatalogWorld
beforeEach(async () => {
  world = await startCatalogWorld()
})
afterEach(async () => world.close())

async function versionsIn(bucket: string): Promise<string[]> {
  const page = await world.aws.s3('eu-west-1').send(new ListObjectVersionsCommand({ Bucket: bucket }))
  return [...(page.Versions ?? []).map(({ Key }) => Key!), ...(page.DeleteMarkers ?? []).map(({ Key }) => `-${Key}`)]
}

describe('list and show', () => {
  test('states, replicas, markers, drills, files of others; and nothing that is no dump of this stage', async () => {
    const good = await world.dump(NOW)
    await world.dump(NOW - DAY, { state: 'failed' })
    const hidden = await world.dump(NOW - 2 * DAY)
    await world.hide(world.bucket, hidden.key)
    await world.put(world.bucket, 'production-202001020304.sql.gz.gpg', 'made by others')
    await world.put(world.bucket, 'staging-202001020304.sql.gz.gpg', 'of another stage')
    await world.put(world.bucket, 'notes.txt', 'no dump')
    await world.landed('production-202001020304.sql.gz.gpg')
    const drill = {
      format: 1,
      dump: 'production',
      key: good.key,
      versionId: good.versionId,
      from: { bucket: world.replica, region: 'eu-west-2' },
      startedAt: new Date(NOW).toISOString(),
      endedAt: new Date(NOW + 1000).toISOString(),
      verdict: 'restored',
      restoreSeconds: 12,
      server: '17.2',
      checks: [],
      landfallVersion: '0.1.0',
    }
    await world.put(world.snapshots, 'landfall/drills/production/1.json', JSON.stringify(drill), 'eu-west-2')

    const { total, dumps } = (await world.json('list', 'production')) as Listed
    expect(total).toBe(4)
    expect(dumps.map(({ state, madeBy }) => [state, madeBy])).toEqual([
      ['verified', 'landfall'],
      ['failed', 'landfall'],
      ['verified', 'landfall'],
      ['unverified', 'others'],
    ])
    expect(dumps[0]).toMatchObject({
      key: good.key,
      drill: { verdict: 'restored' },
      replica: { versionId: good.versionId },
    })
    expect(dumps[2]).toMatchObject({ key: hidden.key, here: { hidden: true } })

    const { stdout } = await world.run('list', 'production')
    expect(stdout).toContain('hidden by a delete marker')
    expect(stdout).toMatch(/\d{4}-W\d\d .*D/)
    const shown = await world.run('show', 'production')
    expect(shown.stdout).toContain(`key       ${good.key}\n`)
    expect(shown.stdout).toContain('rows      3 in 1 table, counted by stream\n')
    expect(shown.stdout).toContain('drilled   restored at')
  })

  test('with eu-west-1 gone the replica is read alone; without --from the way out is named', async () => {
    const { key } = await world.dump(NOW)
    await world.landed(`${key}.verified.json`)
    await world.landed(`${key}.manifest.json`)
    await world.aws.faults({ regionsDown: ['eu-west-1'] })
    const failed = await world.run('list', 'production')
    expect(failed.code).toBe(4)
    expect(failed.stderr).toContain('--from eu-west-2')
    const { dumps } = (await world.json('list', 'production', '--from', 'eu-west-2')) as Listed
    expect(dumps).toMatchObject([{ key, state: 'verified', here: null, replica: { hidden: false } }])
    const file = join(world.folder, 'got')
    const got = await world.json('fetch', 'production', '--from', 'eu-west-2', '--to', file)
    expect(got).toMatchObject({ key, proved: 'sha256', path: file })
    expect(await readFile(file, 'utf8')).toBe(`dump of ${NOW}`)
  }, 20_000)

  test('names that are not there', async () => {
    expect(await world.run('list', 'nightly')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there are: production') as string,
    })
    expect(await world.run('show', 'production')).toMatchObject({ code: 6 })
    expect(await world.run('list', 'production', '--from', 'us-east-1')).toMatchObject({ code: 2 })
    expect(await world.run('list', 'production')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No dump') as string,
    })
  })

  test('a document that is damaged is told of, and counts as absent', async () => {
    const { key } = await world.dump(NOW, { state: 'unverified' })
    await world.put(world.bucket, `${key}.verified.json`, '{"verdict": "verified"}')
    const { dumps } = (await world.json('list', 'production')) as Listed
    expect(dumps[0]).toMatchObject({ state: 'unverified', faults: [expect.stringContaining('no such document')] })
  })

  test('a record of another version proves nothing', async () => {
    const { key } = await world.dump(NOW)
    await world.put(world.bucket, key, 'written over')
    const { dumps } = (await world.json('list', 'production')) as Listed
    expect(dumps.map(({ state, here }) => [state, (here as { superseded: boolean }).superseded])).toEqual([
      ['unverified', false],
      ['verified', true],
    ])
  })
})

describe('fetch', () => {
  test('takes up what an earlier run brought, and leaves nothing beside the file', async () => {
    const body = Buffer.alloc(3_000_000, 'landfall')
    const { key, versionId } = await world.dump(NOW, { body })
    const folder = join(world.folder, 'out')
    await mkdir(folder)
    const tag = createHash('sha256').update(versionId).digest('hex').slice(0, 12)
    await writeFile(join(folder, `.${key}.${tag}.part`), body.subarray(0, 1_000_000))
    const got = await world.json('fetch', 'production', '--to', folder)
    expect(got).toMatchObject({ bytes: body.length, proved: 'sha256', resumedAt: 1_000_000 })
    expect(await readdir(folder)).toEqual([key])
    expect(await readFile(join(folder, key))).toEqual(body)
    // There already: left as it is.
    expect(await world.run('fetch', 'production', '--to', folder)).toMatchObject({ code: 2 })
  })

  test('bytes that differ never get the name, and the next run begins anew', async () => {
    const body = Buffer.alloc(2000, 'x')
    const { key, versionId } = await world.dump(NOW, { body })
    const tag = createHash('sha256').update(versionId).digest('hex').slice(0, 12)
    const path = join(world.folder, 'dump.gz')
    await writeFile(join(world.folder, `.dump.gz.${tag}.part`), Buffer.alloc(1000, 'y'))
    const ran = await world.run('fetch', 'production', '--key', key, '--to', path)
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('DUMP_DIFFERS') as string })
    expect((await readdir(world.folder)).filter((name) => name.includes('dump.gz'))).toEqual([])
    expect(await world.json('fetch', 'production', '--key', key, '--to', path)).toMatchObject({ resumedAt: 0 })
  })

  test('a file of others is compared by what S3 has', async () => {
    const key = 'production-202001020304.sql.gz.gpg'
    await world.put(world.bucket, key, 'made by others')
    const got = (await world.json('fetch', 'production', '--key', key, '--to', join(world.folder, 'f'))) as {
      proved: string
    }
    expect(['checksum', 'etag']).toContain(got.proved)
  })
})

describe('prune', () => {
  test('says first, deletes by --yes: dump, manifest and record, by their version ids; the replica stays', async () => {
    const dumps: { key: string; versionId: string }[] = []
    for (let night = 0; night < 5; night += 1) dumps.push(await world.dump(NOW - night * DAY))
    const keys = dumps.map(({ key }) => key)
    const hidden = await world.dump(NOW - 9 * DAY)
    await world.hide(world.bucket, hidden.key)
    const before = await versionsIn(world.bucket)
    const { stdout } = await world.run('prune', 'production')
    expect(stdout).toContain('3 dumps')
    expect(stdout).toContain('would go, 3 stay. --yes does it.')
    expect(stdout).toMatch(/keep +the last verified, last 1, daily /)
    expect(await versionsIn(world.bucket)).toEqual(before)

    await world.landed(`${keys[4]}.verified.json`)
    const done = await world.run('prune', 'production', '--yes')
    expect(done.code).toBe(0)
    expect(done.stdout).toContain('3 dumps')
    // Redis is away: what was done is said all the same.
    expect(done.stderr).toContain('not recorded')
    const left = await versionsIn(world.bucket)
    for (const { key, versionId } of [dumps[3]!, dumps[4]!, hidden]) {
      expect(left.filter((one) => one.startsWith(key))).toEqual([])
      expect(await world.aws.head(world.replica, key, versionId)).toBeDefined()
    }
    for (const key of keys.slice(0, 3)) expect(left.filter((one) => one.startsWith(key))).toHaveLength(3)
    expect(await world.json('prune', 'production', '--yes')).toMatchObject({ pruned: [], done: { versions: 0 } })
  }, 20_000)

  test('nothing goes where the newest is stale, or nothing is verified', async () => {
    for (let night = 3; night < 9; night += 1) await world.dump(NOW - night * DAY)
    expect(await world.json('prune', 'production', '--yes')).toMatchObject({
      refused: 'the newest dump is stale',
      pruned: [],
    })
    await world.dump(NOW, { state: 'unverified' })
    expect(await world.json('prune', 'production', '--yes')).toMatchObject({
      refused: 'the newest verified dump is stale',
      pruned: [],
    })
  })

  test('what S3 refuses is kept and told of', async () => {
    for (let night = 0; night < 5; night += 1) await world.dump(NOW - night * DAY)
    await world.aws.faults({ access: [{ bucket: world.bucket, deny: ['s3:DeleteObjectVersion'] }] })
    const ran = await world.run('prune', 'production', '--yes')
    expect(ran.code).toBe(5)
    expect(ran.stdout).toContain('kept by S3:')
  })

  test('as lifecycle rules: nothing that is kept would go', async () => {
    expect(await world.json('prune', 'production', '--as-lifecycle')).toMatchObject({
      Rules: [
        {
          Filter: { Prefix: 'production-' },
          Expiration: { Days: 4 },
          NoncurrentVersionExpiration: { NoncurrentDays: 4 },
        },
        { Expiration: { ExpiredObjectDeleteMarker: true } },
      ],
    })
  })
})

describe('ship', () => {
  const KEY = 'in/production-202611240200.sql.gz.gpg'

  test('carries what the destination lacks, once; the original stays', async () => {
    await world.put('staging', KEY, 'made by others')
    await world.put('staging', 'elsewhere/x', 'not in the folder')
    expect(await world.json('ship', 'staging')).toEqual({
      shipment: 'staging',
      dumps: [
        {
          from: KEY,
          outcome: expect.objectContaining({ kind: 'shipped', key: KEY.slice(3), by: 'copy', bytes: 14 }) as unknown,
        },
      ],
    })
    expect(await world.json('ship', 'staging')).toEqual({ shipment: 'staging', dumps: [] })
    expect(await world.json('ship', 'staging', '--key', KEY)).toMatchObject({ dumps: [{ outcome: { kind: 'there' } }] })
    expect(await versionsIn('staging')).toHaveLength(2)
    expect(await versionsIn(world.bucket)).toEqual([KEY.slice(3)])
    // Expired at the destination, and still at the source: not shipped again each time.
    await world.hide(world.bucket, KEY.slice(3))
    expect(await world.json('ship', 'staging')).toEqual({ shipment: 'staging', dumps: [] })
  })

  test('another dump of the same name is never written over', async () => {
    await world.put('staging', KEY, 'one')
    await world.put(world.bucket, KEY.slice(3), 'another')
    const ran = await world.run('ship', 'staging')
    expect(ran.code).toBe(2)
    expect(ran.stdout).toContain('NOT shipped')
    expect(ran.stdout).toContain('SHIP_TAKEN')
    expect(await versionsIn(world.bucket)).toHaveLength(1)
  })

  test('a key that is not there', async () => {
    expect(await world.run('ship', 'staging', '--key', 'in/none')).toMatchObject({ code: 6 })
    expect(await world.run('ship', 'nowhere')).toMatchObject({ code: 2 })
  })
})
