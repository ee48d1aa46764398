import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findCommand, makeWorkplace, type Workplace } from '../../support/commands.ts'
import { ACCOUNT, type LocalAws, startLocalAws } from '../../support/local-aws.ts'

const COMMAND = findCommand('rclone')

describe.skipIf(COMMAND === undefined)('the real `rclone` command', { timeout: 120_000 }, () => {
  let local: LocalAws
  let work: Workplace

  beforeAll(async () => {
    local = await startLocalAws('rclone')
    work = await makeWorkplace()
    await mkdir(join(work.folder, 'tree/deep'), { recursive: true })
    await writeFile(join(work.folder, 'tree/one é.txt'), 'one')
    await writeFile(join(work.folder, 'tree/deep/two & + %.txt'), 'two')
    await writeFile(join(work.folder, 'tree/large.bin'), randomBytes(12 * 1024 * 1024))
  })

  afterAll(async () => {
    await work.remove()
    await local.close()
  })

  const rclone = (...args: string[]) => {
    const remote = (name: string, region: string) => ({
      [`RCLONE_CONFIG_${name}_TYPE`]: 's3',
      [`RCLONE_CONFIG_${name}_PROVIDER`]: 'Minio',
      [`RCLONE_CONFIG_${name}_ENDPOINT`]: local.sandbox.url,
      [`RCLONE_CONFIG_${name}_REGION`]: region,
      [`RCLONE_CONFIG_${name}_LOCATION_CONSTRAINT`]: region,
      [`RCLONE_CONFIG_${name}_FORCE_PATH_STYLE`]: 'true',
      [`RCLONE_CONFIG_${name}_ACCESS_KEY_ID`]: ACCOUNT,
      [`RCLONE_CONFIG_${name}_SECRET_ACCESS_KEY`]: 'secret',
    })
    const flags = ['--retries', '1', '--low-level-retries', '1', '--s3-upload-cutoff', '8M', '--s3-chunk-size', '5M']
    return work.run(COMMAND!, [...flags, ...args], { ...remote('HERE', 'eu-west-1'), ...remote('THERE', 'eu-west-2') })
  }
  const lines = (text: string) => text.trimEnd().split('\n').sort()
  const TREE = ['deep/two & + %.txt', 'large.bin', 'one é.txt']

  it('copies a tree in (in parts where large), lists, checks, and copies it out again', async () => {
    await rclone('mkdir', 'here:tree')
    await rclone('copy', 'tree', 'here:tree/in')
    expect(lines(await rclone('lsf', '-R', '--files-only', 'here:tree/in'))).toEqual(TREE)
    await rclone('check', 'tree', 'here:tree/in')
    await rclone('check', '--download', 'tree', 'here:tree/in')
    await rclone('copy', 'here:tree/in', 'out')
    expect(await readFile(join(work.folder, 'out/deep/two & + %.txt'), 'utf8')).toBe('two')
    await rclone('copy', 'here:tree/in', 'here:tree/copied')
    await rclone('check', 'here:tree/in', 'here:tree/copied')
    expect(await rclone('ls', 'here:tree/copied')).toMatch(/12582912 large.bin/)
    await rclone('purge', 'here:tree/copied')
    expect(await rclone('lsf', '-R', 'here:tree/copied').catch(() => '')).toBe('')
  })

  it('finds source and destination of a pair alike', async () => {
    const { source, destination } = await local.pair('pair')
    await rclone('copy', 'tree', `here:${source}`)
    await expect
      .poll(
        async () =>
          ((await local.control('replication')) as { replication: Record<string, { completed: number }> }).replication[
            source
          ]?.completed,
      )
      .toBe(3)
    await rclone('check', `here:${source}`, `there:${destination}`)
  })

  it('lists old versions, and reads them by the time in their names', async () => {
    await local.bucket('versions')
    for (const content of ['first', 'second']) {
      await writeFile(join(work.folder, 'v.txt'), content)
      await rclone('copyto', 'v.txt', 'here:versions/v.txt')
      // rclone names a version by its second.
      const second = Math.floor(Date.now() / 1000)
      await expect.poll(() => Math.floor(Date.now() / 1000), { timeout: 2000 }).not.toBe(second)
    }
    await rclone('deletefile', 'here:versions/v.txt')
    expect(await rclone('lsf', 'here:versions')).toBe('')
    const names = lines(await rclone('lsf', '--s3-versions', 'here:versions'))
    expect(names).toHaveLength(2)
    for (const name of names) expect(name).toMatch(/^v-v\d{4}-\d{2}-\d{2}-\d{6}-\d{3}\.txt$/)
    const contents = await Promise.all(names.map((name) => rclone('cat', '--s3-versions', `here:versions/${name}`)))
    expect(contents).toEqual(['first', 'second'])
  })

  it('streams what it does not know the size of', async () => {
    await rclone('mkdir', 'here:streamed')
    await work.run(
      '/bin/sh',
      ['-c', 'head -c 6000000 /dev/zero | "$0" "$@"', COMMAND!, 'rcat', 'here:streamed/zeros'],
      {
        RCLONE_CONFIG_HERE_TYPE: 's3',
        RCLONE_CONFIG_HERE_PROVIDER: 'Minio',
        RCLONE_CONFIG_HERE_ENDPOINT: local.sandbox.url,
        RCLONE_CONFIG_HERE_ACCESS_KEY_ID: ACCOUNT,
        RCLONE_CONFIG_HERE_SECRET_ACCESS_KEY: 'secret',
      },
    )
    expect(await rclone('ls', 'here:streamed')).toMatch(/6000000 zeros/)
  })
})
